"""What a plan is computed from, read in a constant number of queries however much there is."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import cast
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q

from learning.graph import closure
from learning.models import (
    Completion,
    Learner,
    PlanItem,
    ResourceLevel,
    ResourceSkill,
    ReviewCard,
    RoleSkill,
    Skill,
)
from learning.planner.types import (
    Belief,
    Calendar,
    ItemKind,
    ItemState,
    KeptItem,
    PlanRequest,
    ResourceOption,
    ReviewDue,
    SkillNode,
)
from learning.selectors.catalogue import prerequisite_graph
from learning.selectors.mastery import mastery_now
from learning.selectors.plans import today_of

LEVELS = {level: number for number, level in enumerate(ResourceLevel.values)}
# Beliefs are as exact as they matter; a digest over more would tell equal plans apart.
DIGITS = 4


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What was asked for; all else that a plan rests on is the learner's and the catalogue's.

    ``weekly_minutes`` bounds every week counted from the start, None leaves that to the learner's weekdays; ``dropped``
    are the ids of skills that the learner gave up.
    """

    role_id: UUID
    starts_on: date
    days: int
    weekly_minutes: int | None = None
    dropped: tuple[str, ...] = ()

    @property
    def ends_before(self) -> date:
        return self.starts_on + timedelta(days=self.days)


def plan_request(learner: Learner, terms: Terms, kept: Sequence[PlanItem] = ()) -> PlanRequest:
    """All that the plan of a learner on these terms is computed from; ``kept`` is the version before."""
    organization_id, today = learner.organization_id, today_of(learner)
    graph = {str(skill): set(map(str, before)) for skill, before in prerequisite_graph(organization_id).items()}
    levels = RoleSkill.objects.filter(role_id=terms.role_id).values_list("skill_id", "level")
    targets = {str(skill): level for skill, level in levels}
    return PlanRequest(
        skills=_skills(organization_id, graph),
        resources=_resources(organization_id, closure(graph, targets), kept),
        targets=targets,
        mastery=_mastery(learner, today),
        calendar=_calendar(learner, terms),
        today=today,
        reviews=_reviews(learner, terms.ends_before),
        completed=frozenset(map(str, _completed(learner))),
        dropped=frozenset(terms.dropped),
        kept=[_kept(item) for item in kept],
    )


def request_digest(request: PlanRequest) -> str:
    """Tells requests apart that may lead to different plans.

    Of the version before only what is settled counts: what is planned in it is itself computed from the rest.
    """
    settled = sorted((item.uid, item.state) for item in request.kept if item.state != "planned")
    calendar = request.calendar
    parts = [
        [(node.id, node.name, sorted(node.prerequisites)) for node in request.skills.values()],
        [
            (one.id, one.title, one.minutes, sorted(one.gains.items()), one.level, one.rating, one.kind)
            for one in request.resources
        ],
        sorted(request.targets.items()),
        sorted((skill, belief.mean, belief.variance) for skill, belief in request.mastery.items()),
        [calendar.starts_on.isoformat(), calendar.days, calendar.minutes_per_weekday, calendar.weekly_minutes],
        sorted(day.isoformat() for day in calendar.blackout),
        request.today.isoformat(),
        [(review.skill, review.due_on.isoformat(), review.minutes) for review in request.reviews],
        sorted(request.completed),
        sorted(request.dropped),
        settled,
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _skills(organization_id: UUID, graph: dict[str, set[str]]) -> dict[str, SkillNode]:
    rows = Skill.objects.for_organization(organization_id).order_by("pk").values_list("pk", "name")
    return {str(pk): SkillNode(str(pk), name, frozenset(graph.get(str(pk), ()))) for pk, name in rows}


def _resources(organization_id: UUID, skills: Iterable[str], kept: Sequence[PlanItem]) -> list[ResourceOption]:
    """What teaches any of the skills and is offered, or is in the version before."""
    teaching = ResourceSkill.objects.filter(skill_id__in=list(skills)).values("resource_id")
    held = {item.resource_id for item in kept if item.resource_id}
    usable = Q(resource__offered=True, resource_id__in=teaching) | Q(resource_id__in=held)
    rows = ResourceSkill.objects.filter(usable, resource__organization_id=organization_id)
    names = ("title", "minutes", "level", "rating", "kind")
    gains: defaultdict[UUID, dict[str, float]] = defaultdict(dict)
    facts: dict[UUID, tuple] = {}
    ordered = rows.order_by("resource_id", "skill_id")
    for resource, skill, gain, *rest in ordered.values_list(
        "resource_id", "skill_id", "gain", *(f"resource__{name}" for name in names)
    ):
        gains[resource][str(skill)] = gain
        facts[resource] = tuple(rest)
    return [
        ResourceOption(str(pk), title, minutes, gains[pk], LEVELS[level], rating, kind)
        for pk, (title, minutes, level, rating, kind) in facts.items()
    ]


def _mastery(learner: Learner, today: date) -> dict[str, Belief]:
    """As it will be when the learner's day ends: what fades by the second would make every request another one."""
    at = datetime.combine(today + timedelta(days=1), time(), ZoneInfo(learner.time_zone)).astimezone(UTC)
    return {
        str(skill): Belief(round(belief.mean, DIGITS), round(belief.variance, DIGITS))
        for skill, belief in mastery_now(learner, at=at).items()
    }


def _calendar(learner: Learner, terms: Terms) -> Calendar:
    return Calendar(
        starts_on=terms.starts_on,
        days=terms.days,
        minutes_per_weekday=tuple(learner.minutes_per_weekday),
        weekly_minutes=terms.weekly_minutes,
        blackout=frozenset(date.fromisoformat(day) for day in learner.blackout_dates),
    )


def _reviews(learner: Learner, ends_before: date) -> list[ReviewDue]:
    cards = ReviewCard.objects.for_organization(learner.organization_id).filter(learner=learner)
    due = [(str(skill), today_of(learner, at)) for skill, at in cards.values_list("skill_id", "due_at")]
    return [ReviewDue(skill, day) for skill, day in sorted(due) if day < ends_before]


def _completed(learner: Learner) -> Iterable[UUID]:
    completions = Completion.objects.for_organization(learner.organization_id).filter(learner=learner)
    return completions.values_list("resource_id", flat=True)


def _kept(item: PlanItem) -> KeptItem:
    return KeptItem(
        uid=str(item.uid),
        date=item.date,
        minutes=item.minutes,
        kind=cast(ItemKind, item.kind),
        title=item.title,
        state=cast(ItemState, item.state),
        resource=str(item.resource_id) if item.resource_id else None,
        skills=tuple(str(skill.pk) for skill in item.skills.all()),
        gains=item.gains,
        part=item.part,
        parts=item.parts,
    )
