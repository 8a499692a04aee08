"""What learners master, from their evidence: faded to the moment that is asked for. One query each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from learning.mastery import Observation, band, belief_at
from learning.models import Evidence, Learner
from learning.planner.types import Belief

HISTORY_DAYS = 180
HISTORY_POINTS = 40


@dataclass(frozen=True, slots=True)
class MasteryPoint:
    """A skill's mastery at a time; it lies between ``low`` and ``high`` with a probability of about 80 %."""

    at: datetime
    mean: float
    low: float
    high: float

    def as_json(self) -> dict[str, object]:
        return {
            "at": self.at.isoformat(),
            "mean": round(self.mean, 4),
            "low": round(self.low, 4),
            "high": round(self.high, 4),
        }


def observations_of(learner: Learner, skill_ids: Collection[UUID] | None = None) -> dict[UUID, list[Observation]]:
    """What was seen of a learner, by skill; of all skills unless some are named."""
    return observations_of_all(learner.organization_id, [learner.pk], skill_ids).get(learner.pk, {})


def observations_of_all(
    organization_id: UUID, learner_ids: Collection[UUID], skill_ids: Collection[UUID] | None = None
) -> dict[UUID, dict[UUID, list[Observation]]]:
    """What was seen of each of several learners, by learner and skill."""
    rows: QuerySet[Evidence] = Evidence.objects.for_organization(organization_id).filter(learner__in=learner_ids)
    if skill_ids is not None:
        rows = rows.filter(skill__in=skill_ids)
    found: defaultdict[UUID, defaultdict[UUID, list[Observation]]] = defaultdict(lambda: defaultdict(list))
    fields = rows.order_by().values_list("learner_id", "skill_id", "observed_at", "kind", "value", "identity")
    for learner_id, skill_id, at, kind, value, identity in fields.iterator():
        found[learner_id][skill_id].append(Observation(at=at, kind=kind, value=value, identity=identity or ""))
    return {learner_id: dict(skills) for learner_id, skills in found.items()}


def mastery_now(learner: Learner, at: datetime | None = None) -> dict[UUID, Belief]:
    """The belief on every skill of which anything was seen until ``at`` (now unless given), faded to then."""
    return beliefs(observations_of(learner), at or timezone.now())


def mastery_of_skills(learner: Learner, skill_ids: Collection[UUID], at: datetime | None = None) -> dict[UUID, Belief]:
    """As ``mastery_now``, of some skills."""
    return beliefs(observations_of(learner, skill_ids), at or timezone.now())


def mastery_of_learners(
    organization_id: UUID, learner_ids: Collection[UUID], at: datetime | None = None
) -> dict[UUID, dict[UUID, Belief]]:
    """As ``mastery_now``, of several learners at once, by learner."""
    seen = observations_of_all(organization_id, learner_ids)
    moment = at or timezone.now()
    return {learner_id: beliefs(skills, moment) for learner_id, skills in seen.items()}


def mastery_history(
    learner: Learner,
    skill_ids: Collection[UUID] | None = None,
    *,
    days: int = HISTORY_DAYS,
    at: datetime | None = None,
) -> dict[UUID, list[MasteryPoint]]:
    """How each skill's mastery went during the last days: at most ``HISTORY_POINTS`` even steps, the last one now.

    A skill's points begin with what was first seen of it.
    """
    until = at or timezone.now()
    step = timedelta(days=days) / (HISTORY_POINTS - 1)
    moments = [until - step * number for number in reversed(range(HISTORY_POINTS))]
    seen = observations_of(learner, skill_ids)
    histories = {skill_id: list(_points(observations, moments)) for skill_id, observations in seen.items()}
    return {skill_id: points for skill_id, points in histories.items() if points}


def beliefs(seen: Mapping[UUID, Iterable[Observation]], at: datetime) -> dict[UUID, Belief]:
    """The belief on each skill, where there is one."""
    found = {skill_id: belief_at(observations, at) for skill_id, observations in seen.items()}
    return {skill_id: belief for skill_id, belief in found.items() if belief is not None}


def _points(observations: list[Observation], moments: Iterable[datetime]) -> Iterable[MasteryPoint]:
    for moment in moments:
        if belief := belief_at(observations, moment):
            low, high = band(belief)
            yield MasteryPoint(moment, belief.mean, low, high)
