"""Inviting people into an organisation, and their answer."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from audit.services import record
from aurora_site.accounts import tokens
from aurora_site.accounts.models import Invitation, Membership, Organization, Role, User
from aurora_site.accounts.models.user import normalized_email
from aurora_site.accounts.selectors import invitation_by_token
from aurora_site.accounts.services.mail import mail_enqueue
from aurora_site.accounts.tasks import send_invitation
from aurora_site.core.http.errors import Conflict, Forbidden, NotFound

INVITATION_LIFETIME = timedelta(days=7)
PURPOSE = "invitation"


@transaction.atomic
def invitation_create(*, organization: Organization, email: str, role: str, invited_by: User) -> tuple[Invitation, str]:
    """Invite an address; earlier open invitations of it are revoked. Returns the invitation and its token.

    Raises Conflict when the address belongs to a member.
    """
    email = normalized_email(email)
    if Membership.objects.for_organization(organization).filter(user__email=email).exists():
        raise Conflict("This person is a member already.", code="ALREADY_MEMBER")
    now = timezone.now()
    earlier = Invitation.objects.for_organization(organization).filter(email=email, accepted_at=None, revoked_at=None)
    earlier.update(revoked_at=now)
    invitation_id = uuid.uuid4()
    token = tokens.link_token(PURPOSE, invitation_id)
    invitation = Invitation.objects.create(
        id=invitation_id,
        organization=organization,
        email=email,
        role=role,
        invited_by=invited_by,
        token_hash=tokens.secret_hash(token),
        expires_at=now + INVITATION_LIFETIME,
    )
    record(
        event="accounts.invited",
        organization_id=organization.pk,
        actor_id=invited_by.pk,
        subject=("invitation", invitation.pk),
        data={"role": role},
        personal={"email": email},
    )
    mail_enqueue(send_invitation, invitation.pk)
    return invitation, token


@transaction.atomic
def invitation_revoke(*, organization: Organization, invitation_id: uuid.UUID, actor: User) -> None:
    """Raises NotFound unless the invitation is the organisation's and open."""
    rows = Invitation.objects.for_organization(organization)
    open_one = rows.filter(pk=invitation_id, accepted_at=None, revoked_at=None)
    if not open_one.update(revoked_at=timezone.now()):
        raise NotFound("There is no such open invitation.")
    record(
        event="accounts.invitation_revoked",
        organization_id=organization.pk,
        actor_id=actor.pk,
        subject=("invitation", invitation_id),
    )


@transaction.atomic
def invitation_accept(*, token: str, user: User) -> Membership:
    """Make the invited person a member; someone who is one already keeps the higher role.

    Raises NotFound for an invitation that isn't open, Forbidden when it was sent to another address.
    """
    invitation = invitation_by_token(token)
    if invitation.email != user.email:
        raise Forbidden("This invitation was sent to another e-mail address.", code="INVITATION_MISMATCH")
    claimed = Invitation.objects.for_organization(invitation.organization_id).filter(
        pk=invitation.pk, accepted_at=None, revoked_at=None
    )
    if not claimed.update(accepted_at=timezone.now()):
        raise NotFound("This invitation is no longer open.", code="INVITATION_INVALID")
    membership, created = Membership.objects.get_or_create(
        organization=invitation.organization, user=user, defaults={"role": invitation.role}
    )
    if not created and Role(membership.role).rank < Role(invitation.role).rank:
        membership.role = invitation.role
        membership.save(update_fields=["role"])
    User.objects.filter(pk=user.pk, default_organization=None).update(default_organization=invitation.organization)
    user.refresh_from_db(fields=["default_organization"])
    record(
        event="accounts.invitation_accepted",
        organization_id=invitation.organization_id,
        actor_id=user.pk,
        subject=("invitation", invitation.pk),
        data={"role": membership.role},
    )
    return membership
