"""What a person may want of the learning agents, as rules or a model read it from a message. Plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from learning.agents.when import Span

Kind = Literal[
    "make", "show", "explain", "change", "settle", "assess", "roles", "gaps", "others", "progress", "unclear"
]
Outcome = Literal["done", "skipped", "planned"]
Topic = Literal[
    "overview", "completed", "pending", "overdue", "next_actions", "forecast", "on_track", "time", "streak", "mastery"
]


@dataclass(frozen=True)
class ItemName:
    """An item of the plan by what it may be called: its id, its title, its resource's title, whether it is open still;
    ``settled_at`` is in ISO 8601 in UTC, empty for what is open."""

    id: str
    title: str
    resource: str = ""
    open: bool = True
    day: date | None = None
    settled_at: str = ""


@dataclass(frozen=True)
class Known:
    """What the rules know names by: the organisation's roles and skills, the items of the person's plan, and the day."""

    today: date
    roles: Sequence[str] = ()
    skills: Sequence[str] = ()
    items: Sequence[ItemName] = ()


@dataclass(frozen=True, kw_only=True)
class Wish:
    """``role`` is as the organisation calls it; ``unknown`` what was called something that isn't there, or by names that
    several things bear (``choices``). ``more_days`` lengthens the plan there is; ``problem`` says what can't be done as
    it was said. ``missed`` tells that time was lost and the rest is to be planned anew."""

    kind: Kind
    role: str = ""
    unknown: str = ""
    choices: tuple[str, ...] = ()
    days: int | None = None
    more_days: int | None = None
    weekly_hours: float | None = None
    starts_on: date | None = None
    week: int | None = None
    day: date | None = None
    dropped: tuple[str, ...] = ()
    away: Span | None = None
    missed: bool = False
    outcome: Outcome | None = None
    items: tuple[str, ...] = ()
    subject: str = ""
    levels: Mapping[str, float] = field(default_factory=dict)
    topic: Topic = "overview"
    problem: str = ""
