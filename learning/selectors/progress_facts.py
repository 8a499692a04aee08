"""The rows that progress is worked out from: of any number of learners by the same number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from learning.mastery import PRACTICE, Observation
from learning.models import Completion, ItemState, Learner, Plan, PlanItem, PlanState, ReviewCard, RoleSkill
from learning.progress.streaks import local_day
from learning.selectors.mastery import observations_of_all


@dataclass
class Facts:
    """What is stored of one learner. ``versions`` are the plan and those it replaced that a day began with, oldest first,
    each with the dates and minutes of its items by uid; ``items`` those of the plan itself; ``finished`` the resources
    that are."""

    learner: Learner
    plan: Plan | None = None
    items: list[PlanItem] = field(default_factory=list)
    versions: list[tuple[datetime, dict[UUID, tuple[date, int]]]] = field(default_factory=list)
    worked_at: list[datetime] = field(default_factory=list)
    finished: set[UUID] = field(default_factory=set)
    seen: Mapping[UUID, list[Observation]] = field(default_factory=dict)
    targets: Mapping[UUID, float] = field(default_factory=dict)
    reviews: list[datetime] = field(default_factory=list)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.learner.time_zone)

    @property
    def role_id(self) -> UUID | None:
        """What is worked towards: the role of the active plan, which may be another than the learner's own; else that."""
        planned = self.plan.role_id if self.plan is not None and self.plan.state == PlanState.ACTIVE else None
        return planned or self.learner.role_id

    @property
    def blackout(self) -> frozenset[date]:
        return frozenset(date.fromisoformat(day) for day in self.learner.blackout_dates)

    @property
    def study_days(self) -> set[date]:
        """The days, where the learner is, on which something was done."""
        seen = [item.at for found in self.seen.values() for item in found if item.kind in PRACTICE]
        return {local_day(moment, self.zone) for moment in [*self.worked_at, *seen]}


def facts_of(organization_id: UUID, learners: Sequence[Learner]) -> list[Facts]:
    """The facts of each of the organisation's learners given, in their order."""
    found = {learner.pk: Facts(learner) for learner in learners}
    _add_plans(organization_id, found)
    _add_work(organization_id, found)
    for learner_id, seen in observations_of_all(organization_id, list(found)).items():
        found[learner_id].seen = seen
    cards = ReviewCard.objects.for_organization(organization_id).filter(learner__in=found)
    for learner_id, due_at in cards.values_list("learner_id", "due_at"):
        found[learner_id].reviews.append(due_at)
    targets = _targets_of(facts.role_id for facts in found.values())
    for facts in found.values():
        role_id = facts.role_id
        facts.targets = targets.get(role_id, {}) if role_id else {}
    return list(found.values())


def _add_plans(organization_id: UUID, found: Mapping[UUID, Facts]) -> None:
    """Each learner's plan, running or finished, and the versions that it came from."""
    plans = Plan.objects.for_organization(organization_id).filter(learner__in=found).exclude(state=PlanState.DRAFT)
    by_learner: defaultdict[UUID, list[Plan]] = defaultdict(list)
    for plan in plans.order_by("version"):
        by_learner[plan.learner_id].append(plan)
    chains = {
        learner_id: _begun_with(_chain(versions), found[learner_id].zone) for learner_id, versions in by_learner.items()
    }
    items = _items_of([plan for chain in chains.values() for plan in chain[:-1]])
    for learner_id, chain in chains.items():
        facts = found[learner_id]
        facts.plan = chain[-1] if chain else None
        facts.versions = [(plan.created_at, items.get(plan.pk, {})) for plan in chain]
    current = {facts.plan.pk: facts for facts in found.values() if facts.plan}
    for item in PlanItem.objects.filter(plan__in=current).select_related("resource"):
        current[item.plan_id].items.append(item)
    for facts in current.values():
        facts.versions[-1][1].update({item.uid: (item.date, item.minutes) for item in facts.items})


def _chain(versions: Sequence[Plan]) -> list[Plan]:
    """The active plan, else the last one that was finished, behind the versions of it, which began on the same day."""
    ends = [plan for plan in versions if plan.state == PlanState.ACTIVE]
    ends = ends or [plan for plan in versions if plan.state == PlanState.FINISHED]
    if not ends:
        return []
    by_id: dict[UUID | None, Plan] = {plan.pk: plan for plan in versions}
    chain = [ends[-1]]
    while chain[-1].previous_id in by_id and by_id[chain[-1].previous_id].starts_on == chain[-1].starts_on:
        chain.append(by_id[chain[-1].previous_id])
    return chain[::-1]


def _begun_with(chain: Sequence[Plan], zone: ZoneInfo) -> list[Plan]:
    """The first version, and the last of each day: those between were replaced before a day began with them, and a plan
    may be replanned any number of times in a day."""
    days = [local_day(plan.created_at, zone) for plan in chain]
    return [
        plan for number, plan in enumerate(chain) if number in (0, len(chain) - 1) or days[number] < days[number + 1]
    ]


def _items_of(plans: Iterable[Plan]) -> dict[UUID, dict[UUID, tuple[date, int]]]:
    items: defaultdict[UUID, dict[UUID, tuple[date, int]]] = defaultdict(dict)
    rows = PlanItem.objects.filter(plan__in=[plan.pk for plan in plans]).order_by()
    for plan_id, uid, day, minutes in rows.values_list("plan_id", "uid", "date", "minutes"):
        items[plan_id][uid] = day, minutes
    return items


def _add_work(organization_id: UUID, found: Mapping[UUID, Facts]) -> None:
    """When items were done and resources finished."""
    settled = PlanItem.objects.filter(
        plan__organization=organization_id, plan__learner__in=found, state=ItemState.DONE
    ).order_by()
    for learner_id, at in settled.values_list("plan__learner_id", "settled_at").distinct():
        if at is not None:
            found[learner_id].worked_at.append(at)
    done = Completion.objects.for_organization(organization_id).filter(learner__in=found).order_by()
    for learner_id, resource_id, at in done.values_list("learner_id", "resource_id", "completed_at"):
        found[learner_id].worked_at.append(at)
        found[learner_id].finished.add(resource_id)


def _targets_of(role_ids: Iterable[Any]) -> dict[UUID, dict[UUID, float]]:
    targets: defaultdict[UUID, dict[UUID, float]] = defaultdict(dict)
    rows = RoleSkill.objects.filter(role__in={role_id for role_id in role_ids if role_id})
    for role_id, skill_id, level in rows.values_list("role_id", "skill_id", "level"):
        targets[role_id][skill_id] = level
    return targets
