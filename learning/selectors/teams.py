"""Teams: who knows of them, who leads them, and how they are doing for those who may see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from aurora_site.accounts.identity import Identity
from aurora_site.accounts.models import Role
from learning.models import Learner, Team
from learning.progress.advice import last_of
from learning.selectors.aggregates import Aggregate, aggregate
from learning.selectors.progress import Progress, progress_of_all

MOST_MEMBERS_SHOWN = 200


@dataclass(frozen=True)
class TeamProgress:
    """How a team is doing. ``members`` is None for those who see only the ``aggregate``, else the first by name of
    ``total``."""

    team: Team
    members: tuple[Progress, ...] | None
    aggregate: Aggregate
    total: int = 0

    def as_json(self) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "team": {"id": str(self.team.pk), "name": self.team.name},
            "aggregate": self.aggregate.as_json(),
        }
        if self.members is not None:
            shown |= {"members": [member_json(member) for member in self.members], "total": self.total}
        return shown


def teams_known_to(identity: Identity) -> QuerySet[Team]:
    """Teams that the caller may know of: editors, who make them, all; others those that they lead or belong to."""
    teams = Team.objects.for_organization(identity.organization_id)
    if not identity.has_role(Role.EDITOR):
        own = Q(pk__in=teams.filter(learners__user_id=identity.user_id).values("pk"))
        teams = teams.filter(own | Q(pk__in=_led(identity).values("pk")))
    return teams.prefetch_related("learners", "leads__user")


def leads_team(identity: Identity, team: Team) -> bool:
    """Whether the caller may see how each member of the team is doing: its leads, and admins."""
    return identity.has_role(Role.ADMIN) or any(lead.user_id == identity.user_id for lead in team.leads.all())


def may_change_members(identity: Identity, team: Team | None = None) -> bool:
    """Whether the caller may take learners in and out: admins; editors, except of teams that they lead themselves, as
    they would choose whose progress they see."""
    if identity.has_role(Role.ADMIN):
        return True
    return identity.has_role(Role.EDITOR) and (team is None or not leads_team(identity, team))


def may_name_leads(identity: Identity) -> bool:
    """Whether the caller may say who leads, and so sees others' progress: admins alone."""
    return identity.has_role(Role.ADMIN)


def team_progress(identity: Identity, team: Team, at: datetime | None = None) -> TeamProgress:
    """How a team is doing: each member for its leads and admins, the aggregate alone for others who know of it."""
    averages = aggregate(team.organization_id, team_id=team.pk)
    if not leads_team(identity, team):
        return TeamProgress(team, None, averages)
    learners = Learner.objects.for_organization(team.organization_id).filter(teams=team)
    members = tuple(progress_of_all(team.organization_id, list(learners[:MOST_MEMBERS_SHOWN]), at))
    return TeamProgress(team, members, averages, total=learners.count())


def member_json(progress: Progress) -> dict[str, Any]:
    """A member of a team in one line."""
    plan = progress.plan
    return {
        "learner": {"id": str(progress.learner.pk), "name": progress.learner.name},
        "plan": str(plan.pk) if plan else None,
        "ends_on": last_of(plan.days, plan.starts_on).isoformat() if plan else None,
        "completed": progress.completed,
        "total": progress.total,
        "percent": progress.percent,
        "pace": {"ratio": progress.pace.as_json()["ratio"], "standing": progress.pace.standing},
        "overdue": len(progress.overdue),
        "streak": progress.streak.days,
        "forecast": progress.forecast.as_json(),
        "mastery": progress.mastery.as_json(),
        "at_risk": progress.at_risk,
    }


def _led(identity: Identity) -> QuerySet[Team]:
    return Team.objects.for_organization(identity.organization_id).filter(leads__user_id=identity.user_id)
