"""Teams and who is in them."""

from __future__ import annotations

from uuid import UUID

from django.db import IntegrityError, transaction

from audit.services import record
from aurora_site.accounts.models import Membership, Organization, Team, TeamMembership, User
from aurora_site.core.http.errors import Conflict, NotFound


@transaction.atomic
def team_create(*, organization: Organization, name: str, actor: User) -> Team:
    """Raises Conflict (TEAM_NAME_TAKEN)."""
    try:
        with transaction.atomic():
            team = Team.objects.create(organization=organization, name=name)
    except IntegrityError as error:
        text = "The organisation has a team of this name."
        raise Conflict(text, code="TEAM_NAME_TAKEN", fields={"name": [text]}) from error
    _record("accounts.team_created", team, actor, {"name": name})
    return team


@transaction.atomic
def team_delete(*, organization: Organization, team_id: UUID, actor: User) -> None:
    """Raises NotFound."""
    team = _team(organization, team_id)
    _record("accounts.team_deleted", team, actor, {"name": team.name})
    team.delete()


@transaction.atomic
def team_member_put(
    *, organization: Organization, team_id: UUID, user_id: str, is_lead: bool, actor: User
) -> TeamMembership:
    """Put a member of the organisation into a team, as lead or not; repeating it changes nothing. Raises NotFound."""
    team = _team(organization, team_id)
    if not Membership.objects.for_organization(organization).filter(user_id=user_id).exists():
        raise NotFound("There is no such member in the organisation.")
    row, _ = TeamMembership.objects.update_or_create(team=team, user_id=user_id, defaults={"is_lead": is_lead})
    _record("accounts.team_member_added", team, actor, {"user_id": user_id, "is_lead": is_lead})
    return row


@transaction.atomic
def team_member_remove(*, organization: Organization, team_id: UUID, user_id: str, actor: User) -> None:
    """Raises NotFound."""
    team = _team(organization, team_id)
    removed, _ = TeamMembership.objects.filter(team=team, user_id=user_id).delete()
    if not removed:
        raise NotFound("There is no such member in the team.")
    _record("accounts.team_member_removed", team, actor, {"user_id": user_id})


def _team(organization: Organization, team_id: UUID) -> Team:
    team = Team.objects.for_organization(organization).filter(pk=team_id).first()
    if team is None:
        raise NotFound("There is no such team.")
    return team


def _record(event: str, team: Team, actor: User, data: dict[str, object]) -> None:
    record(event=event, organization_id=team.organization_id, actor_id=actor.pk, subject=("team", team.pk), data=data)
