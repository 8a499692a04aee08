"""New people: with an organisation of their own, or in the one that invited them."""

from __future__ import annotations

import secrets

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.utils.text import slugify

from audit.services import record
from aurora_site.accounts.models import Membership, Organization, Role, User
from aurora_site.accounts.models.user import normalized_email
from aurora_site.accounts.services.invitations import invitation_accept
from aurora_site.core.http.errors import Conflict

SLUG_LENGTH = 60


def register(
    *, email: str, password: str, name: str = "", organization_name: str = "", invitation_token: str = ""
) -> Membership:
    """Make a user and the membership they start with: admin of a new organisation, or what the invitation says.

    Raises Conflict (EMAIL_TAKEN), NotFound for an invitation that isn't open, Forbidden for one to another address.
    """
    email = normalized_email(email)
    # Hashing takes a quarter of a second: before the transaction, so that no connection waits for it.
    user = User(email=email, name=name or email.partition("@")[0], password=make_password(password))
    with transaction.atomic():
        _insert(user)
        if invitation_token:
            return invitation_accept(token=invitation_token, user=user)
        organization = organization_create(name=organization_name or f"{user.name}'s organisation", admin=user)
        return Membership.objects.for_organization(organization).select_related("organization", "user").get(user=user)


def _insert(user: User) -> None:
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError as error:
        text = "This e-mail address has an account already; sign in instead."
        raise Conflict(text, code="EMAIL_TAKEN", fields={"email": [text]}) from error
    record(event="accounts.registered", actor_id=user.pk, subject=("user", user.pk), personal={"email": user.email})


@transaction.atomic
def organization_create(*, name: str, admin: User, slug: str = "") -> Organization:
    """Make an organisation with its first admin, whose default it becomes if they have none."""
    slug = slug or f"{slugify(name)[:SLUG_LENGTH] or 'organisation'}-{secrets.token_hex(4)}"
    organization = Organization.objects.create(name=name[:120], slug=slug)
    Membership.objects.create(organization=organization, user=admin, role=Role.ADMIN)
    User.objects.filter(pk=admin.pk, default_organization=None).update(default_organization=organization)
    admin.refresh_from_db(fields=["default_organization"])
    record(
        event="accounts.organization_created",
        organization_id=organization.pk,
        actor_id=admin.pk,
        subject=("organization", organization.pk),
        personal={"name": organization.name, "slug": organization.slug},
    )
    return organization
