"""Which organisation, and so which role, a caller acts in."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from django.db.models import Case, F, QuerySet, Value, When

from aurora_site.accounts.caller import Identity, IdentityRefused
from aurora_site.accounts.models import Membership, Role


def in_organization(identity: Identity, wanted: str) -> Identity:
    """The identity in the organisation asked for, else in the one it already has, else in the user's default."""
    if identity.organization and not wanted:
        return identity
    memberships = Membership.objects.select_related("organization").filter(user_id=identity.user_id)
    membership = _wanted(identity, memberships, wanted) if wanted else _default(memberships)
    if membership is None:
        return identity
    role = Role.VIEWER if identity.is_demo else Role(membership.role)
    return replace(identity, organization=membership.organization, role=role)


def _wanted(identity: Identity, memberships: QuerySet[Membership], wanted: str) -> Membership:
    try:
        membership = memberships.filter(organization_id=UUID(wanted)).first()
    except ValueError:
        membership = None
    if membership is None:
        text = "X-Org-ID names no organisation that you are a member of."
        raise IdentityRefused(text, identity=identity, code="NOT_A_MEMBER")
    return membership


def _default(memberships: QuerySet[Membership]) -> Membership | None:
    chosen = Case(When(organization_id=F("user__default_organization_id"), then=Value(0)), default=Value(1))
    return memberships.order_by(chosen, "created_at", "pk").first()
