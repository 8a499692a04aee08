"""What the planner reads and gives: plain data, ids as text, dates as dates, time in minutes, mastery from 0 to 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Literal

ItemKind = Literal["study", "review", "project", "check"]
ItemState = Literal["planned", "done", "skipped"]
DAYS_PER_WEEK = 7


@dataclass(frozen=True, slots=True)
class SkillNode:
    """A skill and the ids of those that come before it."""

    id: str
    name: str
    prerequisites: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ResourceOption:
    """Something to learn from. ``level`` is 0 for beginners, 1, or 2 for the advanced; ``gains`` the mastery it brings."""

    id: str
    title: str
    minutes: int
    gains: Mapping[str, float]
    level: int = 0
    rating: float | None = None
    kind: str = "course"


@dataclass(frozen=True, slots=True)
class Belief:
    """What is known of the mastery of a skill: mean and variance."""

    mean: float
    variance: float = 0.05


@dataclass(frozen=True, slots=True)
class Calendar:
    """When there is time. ``minutes_per_weekday`` is Monday first; ``weekly_minutes`` bounds each week counted from the
    start, where given."""

    starts_on: date
    days: int
    minutes_per_weekday: tuple[int, ...]
    weekly_minutes: int | None = None
    blackout: frozenset[date] = frozenset()

    def minutes_on(self, day: date) -> int:
        """What the day alone allows; 0 outside of the plan. The week's bound is not in it."""
        if not self.starts_on <= day < self.starts_on + timedelta(days=self.days) or day in self.blackout:
            return 0
        return self.minutes_per_weekday[day.weekday()]


@dataclass(frozen=True, slots=True)
class ReviewDue:
    """A skill that is to be looked at again on or after a date."""

    skill: str
    due_on: date
    minutes: int = 10


@dataclass(frozen=True, slots=True)
class KeptItem:
    """An item of the version before. Done and skipped ones stay as they are; planned ones stay where they can."""

    uid: str
    date: date
    minutes: int
    kind: ItemKind
    title: str
    state: ItemState = "planned"
    resource: str | None = None
    skills: tuple[str, ...] = ()
    gains: Mapping[str, float] = field(default_factory=dict)
    part: int = 1
    parts: int = 1


@dataclass(frozen=True, kw_only=True)
class PlanRequest:
    """All that a plan is computed from. Nothing planned lies before ``today``.

    ``targets`` are the skills of the role and the level it asks of each; ``dropped`` those that the learner gave up.
    ``completed`` are resources that are finished already. ``kept`` is the version before, empty for a first plan.
    """

    skills: Mapping[str, SkillNode]
    resources: Sequence[ResourceOption]
    targets: Mapping[str, float]
    mastery: Mapping[str, Belief]
    calendar: Calendar
    today: date
    reviews: Sequence[ReviewDue] = ()
    completed: frozenset[str] = frozenset()
    dropped: frozenset[str] = frozenset()
    kept: Sequence[KeptItem] = ()


@dataclass(frozen=True, kw_only=True)
class PlannedItem:
    """An item of the plan. ``uid`` is that of the kept item it goes on from; None for a new one. ``position`` orders its
    day from 0. ``basis`` is what ``reason`` rests on, as JSON; ``milestone`` the index of the one it leads to.

    ``gains`` of the parts of a resource add up to what the resource brings. Settled items of the version before are
    given back as they were: their ``reason`` and ``basis`` are empty and stay what they are.
    """

    date: date
    position: int
    minutes: int
    kind: ItemKind
    title: str
    reason: str
    skills: tuple[str, ...]
    uid: str | None = None
    state: ItemState = "planned"
    resource: str | None = None
    gains: Mapping[str, float] = field(default_factory=dict)
    basis: Mapping[str, Any] = field(default_factory=dict)
    part: int = 1
    parts: int = 1
    milestone: int | None = None


@dataclass(frozen=True, kw_only=True)
class PlannedMilestone:
    title: str
    due_on: date
    skills: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Whether the goal fits the time. ``extend_days`` or dropping ``drop`` (skill ids) would make it fit; ``text`` says so.

    ``code`` is ``feasible``, ``too_little_time``, ``no_resources`` (nothing teaches what is missing) or ``reached``.
    """

    feasible: bool
    code: str
    text: str
    needed_minutes: int
    available_minutes: int
    needed_weekly_hours: float
    weekly_hours: float
    extend_days: int | None = None
    drop: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "feasible": self.feasible,
            "code": self.code,
            "text": self.text,
            "needed_minutes": self.needed_minutes,
            "available_minutes": self.available_minutes,
            "needed_weekly_hours": self.needed_weekly_hours,
            "weekly_hours": self.weekly_hours,
            "extend_days": self.extend_days,
            "drop": list(self.drop),
        }


@dataclass(frozen=True, kw_only=True)
class PlanOutcome:
    """The plan. ``gap`` is the mastery missing at first, summed over target skills; ``gain`` what of it the plan closes;
    ``unreached`` says of each skill how much it doesn't."""

    items: Sequence[PlannedItem]
    milestones: Sequence[PlannedMilestone]
    verdict: Verdict
    gap: float
    gain: float
    unreached: Mapping[str, float] = field(default_factory=dict)
