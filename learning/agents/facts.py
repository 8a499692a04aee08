"""What the learning agents speak of, as plain data: a plan, its weeks, whose it is, what there is to plan towards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from learning.agents.wishes import ItemName, Known

DAYS_A_WEEK = 7


@dataclass(frozen=True, kw_only=True)
class ItemFact:
    """An item of a plan; ``level`` is that of its resource, ``milestone`` the title of the one that it leads to."""

    id: str
    date: date
    minutes: int
    kind: str
    title: str
    reason: str = ""
    state: str = "planned"
    skills: Sequence[str] = ()
    resource: str = ""
    url: str = ""
    level: str = ""
    milestone: str = ""
    settled_at: str = ""
    part: int = 1
    parts: int = 1

    @property
    def name(self) -> str:
        """The title, with the part that it is of a longer resource."""
        return f"{self.title}, part {self.part} of {self.parts}" if self.parts > 1 else self.title

    @property
    def open(self) -> bool:
        return self.state == "planned"


@dataclass(frozen=True, kw_only=True)
class MilestoneFact:
    title: str
    due_on: date
    skills: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Week:
    """Seven days of a plan, counted from its start; the last may be shorter."""

    number: int
    first: date
    last: date
    items: Sequence[ItemFact]
    milestones: Sequence[MilestoneFact]

    @property
    def minutes(self) -> int:
        return sum(item.minutes for item in self.items)

    @cached_property
    def skills(self) -> list[str]:
        """The skills of its items, those with most minutes first."""
        minutes: dict[str, int] = {}
        for item in self.items:
            for skill in item.skills:
                minutes[skill] = minutes.get(skill, 0) + item.minutes
        return sorted(minutes, key=lambda skill: -minutes[skill])


@dataclass(frozen=True, kw_only=True)
class PlanFact:
    """A version of a plan, its items in order. ``verdict`` is as the planner gives it; ``gap`` and ``gain`` are in levels
    of mastery, summed over skills."""

    id: str
    version: int
    role: str
    starts_on: date
    days: int
    weekly_minutes: int
    verdict: Mapping[str, Any] = field(default_factory=dict)
    gap: float = 0.0
    gain: float = 0.0
    dropped: Sequence[str] = ()
    items: Sequence[ItemFact] = ()
    milestones: Sequence[MilestoneFact] = ()

    @property
    def ends_on(self) -> date:
        return self.starts_on + timedelta(days=self.days - 1)

    @cached_property
    def weeks(self) -> list[Week]:
        """All weeks of the plan."""
        return [self._week(number) for number in range(1, -(-self.days // DAYS_A_WEEK) + 1)]

    def week_of(self, day: date) -> Week | None:
        """The week that a day lies in; None outside of the plan."""
        return next((week for week in self.weeks if week.first <= day <= week.last), None)

    def _week(self, number: int) -> Week:
        first = self.starts_on + timedelta(days=(number - 1) * DAYS_A_WEEK)
        last = min(first + timedelta(days=DAYS_A_WEEK - 1), self.ends_on)
        return Week(
            number=number,
            first=first,
            last=last,
            items=[item for item in self.items if first <= item.date <= last],
            milestones=[milestone for milestone in self.milestones if first <= milestone.due_on <= last],
        )


@dataclass(frozen=True, kw_only=True)
class RoleFact:
    """A role, and the level that it asks of each skill."""

    id: str
    name: str
    skills: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class LearnerFact:
    """The person who asks, as a learner; ``role`` is what they work towards, ``weekly_minutes`` what their week allows."""

    id: str
    name: str
    role: str = ""
    weekly_minutes: int = 0
    assessed: bool = False


@dataclass(frozen=True, kw_only=True)
class Scene:
    """All that is known when the navigator answers. ``plan_json`` is the plan as REST gives it; ``skill_ids`` are by name."""

    today: date
    learner: LearnerFact | None = None
    plan: PlanFact | None = None
    plan_json: Mapping[str, Any] | None = None
    roles: Sequence[RoleFact] = ()
    skill_ids: Mapping[str, str] = field(default_factory=dict)
    mastery: Mapping[str, float] = field(default_factory=dict)

    def role_named(self, name: str) -> RoleFact | None:
        return next((role for role in self.roles if role.name == name), None)

    def item(self, item_id: str) -> ItemFact | None:
        """The plan's item of that id."""
        return next((item for item in self.plan.items if item.id == item_id), None) if self.plan else None

    @cached_property
    def known(self) -> Known:
        """The names that messages may use."""
        items = self.plan.items if self.plan else ()
        return Known(
            today=self.today,
            roles=[role.name for role in self.roles],
            skills=list(self.skill_ids),
            items=[
                ItemName(item.id, item.title, item.resource, item.open, item.date, item.settled_at) for item in items
            ],
        )
