"""Reads of accounts: memberships, members, teams, invitations, keys, and the JSON they are shown as."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet
from django.utils import timezone

from aurora_site.accounts import tokens
from aurora_site.accounts.caller import Identity
from aurora_site.accounts.models import (
    ApiKey,
    Invitation,
    Membership,
    Organization,
    PasswordReset,
    Role,
    Team,
    TeamMembership,
    User,
)
from aurora_site.core.http.errors import NotFound

DEFAULT_ORGANIZATION_SLUG = "aurora"
LINK_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def memberships_of(user: User) -> QuerySet[Membership]:
    """The user's own memberships, oldest first, with their organisations."""
    return Membership.objects.select_related("organization", "user").filter(user=user).order_by("created_at", "pk")


def membership_default(user: User) -> Membership | None:
    """The membership in the user's default organisation, else the oldest."""
    memberships = list(memberships_of(user))
    chosen = [each for each in memberships if each.organization_id == user.default_organization_id]
    return next(iter(chosen or memberships), None)


def organization_default() -> Organization | None:
    """The installation's own organisation, which also holds the demo; None before the first start."""
    return Organization.objects.filter(slug=DEFAULT_ORGANIZATION_SLUG).first()


def organization_named(name: str) -> Organization | None:
    """The organisation with this id or slug, else the one with this name if there is just one."""
    try:
        found = Organization.objects.filter(pk=UUID(name))
    except ValueError:
        found = Organization.objects.filter(slug=name) or Organization.objects.filter(name=name)
    rows = list(found[:2])
    return rows[0] if len(rows) == 1 else None


def members_of(organization_id: object) -> QuerySet[Membership]:
    return Membership.objects.for_organization(organization_id).select_related("user").order_by("created_at", "pk")


def teams_of(organization_id: object) -> QuerySet[Team]:
    return Team.objects.for_organization(organization_id).annotate(size=Count("team_memberships"))


def api_keys_visible_to(identity: Identity) -> QuerySet[ApiKey]:
    """One's own keys in the organisation; an admin sees everyone's."""
    keys = ApiKey.objects.for_organization(identity.organization_id)
    return keys if identity.has_role(Role.ADMIN) else keys.filter(user=identity.user)


def invitations_of(organization_id: object) -> QuerySet[Invitation]:
    return Invitation.objects.for_organization(organization_id)


def invitation_or_none(token: str) -> Invitation | None:
    """The open invitation behind a mailed link, if any."""
    if not LINK_TOKEN.fullmatch(token):
        return None
    invitations = Invitation.objects.select_related("organization", "invited_by")
    invitation = invitations.filter(token_hash=tokens.secret_hash(token)).first()
    return invitation if invitation and invitation.state == "open" else None


def invitation_by_token(token: str) -> Invitation:
    """The open invitation behind a mailed link. Raises NotFound."""
    invitation = invitation_or_none(token)
    if invitation is None:
        raise NotFound("This invitation is no longer open.", code="INVITATION_INVALID")
    return invitation


def password_resets_open(token: str) -> QuerySet[PasswordReset]:
    """The password reset behind a mailed link, if it still counts: at most one row."""
    if not LINK_TOKEN.fullmatch(token):
        return PasswordReset.objects.none()
    rows = PasswordReset.objects.filter(token_hash=tokens.secret_hash(token), user__is_active=True)
    return rows.filter(used_at=None, expires_at__gt=timezone.now())


def password_reset_is_open(token: str) -> bool:
    return password_resets_open(token).exists()


def team_members(team: Team) -> QuerySet[TeamMembership]:
    return TeamMembership.objects.filter(team=team).select_related("user")


def account_as_json(user: User, membership: Membership | None) -> dict[str, Any]:
    """A signed-in user, with the fields of the incident API."""
    return {
        "id": user.pk,
        "email": user.email,
        "name": user.name,
        "role": membership.role if membership else None,
        "orgId": str(membership.organization_id) if membership else None,
        "orgName": membership.organization.name if membership else None,
        "mustChangePassword": user.must_change_password,
    }


def identity_as_json(identity: Identity) -> dict[str, Any]:
    """The caller as the API tells them, with the organisations they may choose."""
    organization = identity.organization
    return {
        **account_as_json(identity.user, None),
        "role": identity.role.value if identity.role else None,
        "orgId": str(organization.pk) if organization else None,
        "orgName": organization.name if organization else None,
        "isDemo": identity.is_demo,
        "isOperator": identity.user.is_staff,
        "signedInBy": identity.kind,
        "organizations": [organization_as_json(each) for each in memberships_of(identity.user)],
    }


def organization_as_json(membership: Membership) -> dict[str, Any]:
    organization = membership.organization
    default = membership.user.default_organization_id == organization.pk
    return {
        "id": str(organization.pk),
        "name": organization.name,
        "slug": organization.slug,
        "role": membership.role,
        "is_default": default,
    }


def member_as_json(membership: Membership) -> dict[str, Any]:
    return {
        "user_id": membership.user_id,
        "email": membership.user.email,
        "name": membership.user.name,
        "role": membership.role,
        "joined_at": membership.created_at.isoformat(),
    }


def team_as_json(team: Team) -> dict[str, Any]:
    """A team from ``teams_of``, which counts its members."""
    return {"id": str(team.pk), "name": team.name, "member_count": getattr(team, "size", 0)}


def team_member_as_json(row: TeamMembership) -> dict[str, Any]:
    return {"user_id": row.user_id, "name": row.user.name, "is_lead": row.is_lead}


def invitation_as_json(invitation: Invitation) -> dict[str, Any]:
    return {
        "id": str(invitation.pk),
        "email": invitation.email,
        "role": invitation.role,
        "state": invitation.state,
        "created_at": invitation.created_at.isoformat(),
        "expires_at": invitation.expires_at.isoformat(),
    }


def invitation_preview(invitation: Invitation) -> dict[str, Any]:
    """What whoever holds the link may know."""
    return {
        "email": invitation.email,
        "role": invitation.role,
        "organization": invitation.organization.name,
        "invited_by": invitation.invited_by.get_full_name() if invitation.invited_by else None,
        "expires_at": invitation.expires_at.isoformat(),
        "has_account": User.objects.filter(email=invitation.email).exists(),
    }


def api_key_as_json(key: ApiKey) -> dict[str, Any]:
    expired = key.expires_at is not None and key.expires_at <= timezone.now()
    return {
        "id": str(key.pk),
        "name": key.name,
        "prefix": key.prefix,
        "scopes": key.scopes,
        "user_id": key.user_id,
        "state": "revoked" if key.revoked_at else "expired" if expired else "live",
        "created_at": key.created_at.isoformat(),
        "expires_at": key.expires_at.isoformat() if key.expires_at else None,
        "last_used_at": key.last_used_at.isoformat() if key.last_used_at else None,
    }
