"""How groups of learners are doing on average, without saying how anyone is.

Only learners with the account of an active member are counted, into averages too: whoever makes up learners without
accounts could otherwise hide one real person among them. Nothing is given of fewer than five people. Nor is it where
what is left of a larger group, whose average is given too, would be one to four people: the two averages would tell
theirs. The same holds for every figure by itself, by the number of people that it is of. Averages are rounded to steps
of 5 %. What can still be told is in docs/learning/progress.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Avg, Count, Q, QuerySet

from learning.models import ItemState, Learner, Mastery, PlanItem, PlanState, Skill

FEWEST_PEOPLE = 5
STEP = 0.05
TOO_FEW = (
    f"Fewer than {FEWEST_PEOPLE} people with an account are in this group, or would be left of a larger one without it."
)


@dataclass(frozen=True, slots=True)
class SkillAverage:
    """The mean mastery of a skill among those of whom anything is known of it; None where that is withheld."""

    id: UUID
    name: str
    people: int | None
    mean: float | None

    def as_json(self) -> dict[str, Any]:
        return {"id": str(self.id), "name": self.name, "people": self.people, "mean": self.mean}


@dataclass(frozen=True, kw_only=True)
class Aggregate:
    """A group's averages. ``withheld`` says why there are none; single figures are None where they are withheld.

    ``percent`` is the mean share of done items of those who follow or finished a plan, ``with_plan`` their number.
    Mastery is as of the last evidence of each.
    """

    withheld: str = ""
    people: int | None = None
    with_plan: int | None = None
    percent: int | None = None
    skills: tuple[SkillAverage, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "withheld": self.withheld or None,
            "people": self.people,
            "with_plan": self.with_plan,
            "percent": self.percent,
            "skills": [skill.as_json() for skill in self.skills],
        }


def aggregate(organization_id: UUID, *, team_id: UUID | None = None, role_id: UUID | None = None) -> Aggregate:
    """The averages of the organisation's learners, of those of one team or role, or of one role within a team."""
    groups = _groups(organization_id, team_id, role_id)
    people = [group.count() for group in groups]
    if not _may_be_told(people):
        return Aggregate(withheld=TOO_FEW)
    shares = [_shares(group) for group in groups]
    with_plan = [len(found) for found in shares]
    tell_plans = _may_be_told(with_plan)
    mean = sum(shares[0]) / len(shares[0]) if shares[0] else 0.0
    return Aggregate(
        people=people[0],
        with_plan=with_plan[0] if tell_plans else None,
        percent=round(100 * _rounded(mean)) if tell_plans else None,
        skills=_skills(organization_id, groups),
    )


def _groups(organization_id: UUID, team_id: UUID | None, role_id: UUID | None) -> list[QuerySet[Learner]]:
    """The group that is asked for, and behind it every larger one of which averages are given as well."""
    everyone: QuerySet[Learner] = Learner.objects.for_organization(organization_id).filter(
        user__is_active=True, user__memberships__organization=organization_id
    )
    of_team = everyone.filter(teams=team_id) if team_id else everyone
    of_role = everyone.filter(role=role_id) if role_id else everyone
    asked = of_team.filter(role=role_id) if role_id else of_team
    return [asked, of_team, of_role, everyone] if team_id and role_id else [asked, everyone]


def _may_be_told(counts: Sequence[int]) -> bool:
    """Of how many people a figure is in the group, and in each larger one."""
    asked, *larger = counts
    return asked >= FEWEST_PEOPLE and all(count == asked or count - asked >= FEWEST_PEOPLE for count in larger)


def _shares(group: QuerySet[Learner]) -> list[float]:
    """Of each learner with a plan, the share of its items that is done: of the active one, else the last finished."""
    items = PlanItem.objects.filter(plan__learner__in=group.values("pk")).exclude(state=ItemState.SKIPPED).order_by()
    rows = (
        items.filter(plan__state__in=[PlanState.ACTIVE, PlanState.FINISHED])
        .values("plan__learner", "plan__state", "plan__version")
        .annotate(total=Count("pk"), done=Count("pk", filter=Q(state=ItemState.DONE)))
    )
    latest: dict[UUID, tuple[tuple[bool, int], float]] = {}
    for row in rows:
        rank = row["plan__state"] == PlanState.ACTIVE, row["plan__version"]
        if row["plan__learner"] not in latest or rank > latest[row["plan__learner"]][0]:
            latest[row["plan__learner"]] = rank, row["done"] / row["total"]
    return [share for _, share in latest.values()]


def _skills(organization_id: UUID, groups: Sequence[QuerySet[Learner]]) -> tuple[SkillAverage, ...]:
    found = [_means(organization_id, group) for group in groups]
    names = dict(Skill.objects.for_organization(organization_id).filter(pk__in=found[0]).values_list("pk", "name"))
    averages = []
    for skill_id, name in sorted(names.items(), key=lambda item: (item[1], item[0])):
        told = _may_be_told([means.get(skill_id, (0, 0.0))[0] for means in found])
        people, mean = found[0][skill_id]
        averages.append(SkillAverage(skill_id, name, people if told else None, _rounded(mean) if told else None))
    return tuple(averages)


def _means(organization_id: UUID, group: QuerySet[Learner]) -> dict[UUID, tuple[int, float]]:
    rows = Mastery.objects.for_organization(organization_id).filter(learner__in=group.values("pk")).order_by()
    return {
        row["skill"]: (row["people"], row["mean"])
        for row in rows.values("skill").annotate(people=Count("learner", distinct=True), mean=Avg("mean"))
    }


def _rounded(share: float) -> float:
    return round(round(share / STEP) * STEP, 2)
