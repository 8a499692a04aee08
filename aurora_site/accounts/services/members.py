"""Changing and removing members. An organisation never loses its last admin."""

from __future__ import annotations

from django.db import transaction

from audit.services import record
from aurora_site.accounts.models import Membership, Organization, Role, Team, TeamMembership, User
from aurora_site.accounts.services.api_keys import api_keys_revoke
from aurora_site.accounts.services.sign_ins import sign_ins_end
from aurora_site.core.http.errors import Conflict, NotFound


@transaction.atomic
def member_role_change(*, organization: Organization, user_id: str, role: str, actor: User) -> Membership:
    """Give a member another role. A lower one ends their sign-ins and revokes their keys for the organisation.

    Raises NotFound, and Conflict (LAST_ADMIN).
    """
    membership = _locked(organization, user_id)
    before = Role(membership.role)
    if before == role:
        return membership
    if before == Role.ADMIN:
        _require_another_admin(organization, membership)
    membership.role = role
    membership.save(update_fields=["role"])
    record(
        event="accounts.role_changed",
        organization_id=organization.pk,
        actor_id=actor.pk,
        subject=("user", user_id),
        data={"from": before.value, "to": role},
    )
    if Role(role).rank < before.rank:
        _shut_out(organization, membership.user, reason="role_changed", actor=actor)
    return membership


@transaction.atomic
def member_remove(*, organization: Organization, user_id: str, actor: User) -> None:
    """Take a member out of an organisation and its teams; ends their sign-ins and revokes their keys for it.

    Raises NotFound, and Conflict (LAST_ADMIN).
    """
    membership = _locked(organization, user_id)
    if membership.role == Role.ADMIN:
        _require_another_admin(organization, membership)
    TeamMembership.objects.filter(team__in=Team.objects.for_organization(organization), user_id=user_id).delete()
    membership.delete()
    User.objects.filter(pk=user_id, default_organization=organization).update(default_organization=None)
    record(
        event="accounts.member_removed",
        organization_id=organization.pk,
        actor_id=actor.pk,
        subject=("user", user_id),
    )
    _shut_out(organization, membership.user, reason="member_removed", actor=actor)


@transaction.atomic
def user_deactivate(*, user: User, actor: User) -> None:
    """Off-boarding: switch an account off, end its sign-ins and revoke its keys everywhere."""
    if not User.objects.filter(pk=user.pk, is_active=True).update(is_active=False):
        return
    user.is_active = False
    record(
        event="accounts.user_deactivated",
        organization_id=user.default_organization_id,
        actor_id=actor.pk,
        subject=("user", user.pk),
    )
    sign_ins_end(user=user, reason="deactivated", actor_id=actor.pk)
    for membership in Membership.objects.select_related("organization").filter(user=user):
        api_keys_revoke(organization=membership.organization, user=user, actor=actor)


def _locked(organization: Organization, user_id: str) -> Membership:
    """The membership, with the organisation's row locked: two admins can't remove each other at once."""
    Organization.objects.select_for_update().get(pk=organization.pk)
    memberships = Membership.objects.for_organization(organization).select_related("user")
    membership = memberships.filter(user_id=user_id).first()
    if membership is None:
        raise NotFound("There is no such member.")
    return membership


def _require_another_admin(organization: Organization, membership: Membership) -> None:
    admins = Membership.objects.for_organization(organization).filter(role=Role.ADMIN, user__is_active=True)
    if not admins.exclude(pk=membership.pk).exists():
        raise Conflict("An organisation needs at least one admin; name another first.", code="LAST_ADMIN")


def _shut_out(organization: Organization, user: User, *, reason: str, actor: User) -> None:
    sign_ins_end(user=user, reason=reason, actor_id=actor.pk)
    api_keys_revoke(organization=organization, user=user, actor=actor)
