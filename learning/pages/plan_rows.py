"""A plan as its page shows it: weeks, days, items. Pure: rows in, rows out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from learning.models import ItemKind, ItemState, Milestone, Plan, PlanItem
from learning.planner.types import DAYS_PER_WEEK
from learning.selectors.progress import is_finished_elsewhere, percent_done

KIND_WORDS = {
    ItemKind.STUDY: "Study",
    ItemKind.REVIEW: "Review",
    ItemKind.PROJECT: "Project",
    ItemKind.CHECK: "Check",
}
RATINGS = ((1, "Forgotten"), (2, "Hard"), (3, "Good"), (4, "Easy"))


@dataclass(frozen=True)
class ItemRow:
    """An item, and how it stands today. ``basis`` says what its reason rests on, as names and values;
    ``is_elsewhere`` is one whose resource was finished outside of the plan."""

    item: PlanItem
    words: str
    is_open: bool
    is_overdue: bool
    is_today: bool
    basis: Sequence[tuple[str, str]] = ()
    is_elsewhere: bool = False

    @property
    def asks_rating(self) -> bool:
        return self.item.kind == ItemKind.REVIEW

    @property
    def ratings(self) -> Sequence[tuple[int, str]]:
        """How well a review was remembered: what FSRS calls again, hard, good and easy."""
        return RATINGS

    @property
    def asks_score(self) -> bool:
        return self.item.kind == ItemKind.CHECK


@dataclass(frozen=True)
class DayRow:
    on: date
    items: Sequence[ItemRow]
    is_today: bool


@dataclass(frozen=True)
class WeekRow:
    """A week counted from the start of the plan, with what is planned and done in it."""

    number: int
    begins: date
    ends: date
    days: Sequence[DayRow]
    milestones: Sequence[Milestone]
    minutes: int
    done_minutes: int
    open_items: int
    is_now: bool
    has_overdue: bool


@dataclass(frozen=True)
class PlanRows:
    """The whole plan. ``overdue`` are open items of days that have passed; ``total`` and ``minutes`` are without what was
    skipped, as in progress."""

    weeks: Sequence[WeekRow]
    overdue: Sequence[ItemRow] = field(default_factory=list)
    today: Sequence[ItemRow] = field(default_factory=list)
    done: int = 0
    total: int = 0
    minutes: int = 0
    done_minutes: int = 0

    @property
    def percent(self) -> int:
        """Whole percent of the items that are done, as in progress."""
        return percent_done(self.done, self.total)


def plan_rows(
    plan: Plan, today: date, names: Mapping[str, str] | None = None, finished: Set[UUID] = frozenset()
) -> PlanRows:
    """The plan's items by week and day. ``names`` are those of the skills that a basis may speak of, by id; ``finished``
    the resources that are."""
    items = [item_row(item, today, names or {}, finished) for item in plan.items.all()]
    counted = [row for row in items if row.item.state != ItemState.SKIPPED]
    done = [row for row in counted if row.item.state == ItemState.DONE]
    return PlanRows(
        weeks=_weeks(plan, items, today),
        overdue=[row for row in items if row.is_overdue],
        today=[row for row in items if row.is_today and not row.is_elsewhere],
        done=len(done),
        total=len(counted),
        minutes=sum(row.item.minutes for row in counted),
        done_minutes=sum(row.item.minutes for row in done),
    )


def item_row(item: PlanItem, today: date, names: Mapping[str, str], finished: Set[UUID] = frozenset()) -> ItemRow:
    is_open = item.state == ItemState.PLANNED
    return ItemRow(
        item=item,
        words=KIND_WORDS.get(ItemKind(item.kind), item.kind),
        is_open=is_open,
        is_overdue=is_open and item.date < today,
        is_today=item.date == today,
        basis=basis_words(item.basis, names),
        is_elsewhere=is_finished_elsewhere(item, finished),
    )


def basis_words(basis: Any, names: Mapping[str, str]) -> list[tuple[str, str]]:
    """What an item rests on, as plain names and values; ids of skills become their names."""
    if not isinstance(basis, Mapping):
        return []
    return [(str(key).replace("_", " "), _words(value, names)) for key, value in basis.items()]


def _words(value: Any, names: Mapping[str, str]) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "–"}[value]
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    if isinstance(value, Mapping):
        return ", ".join(f"{names.get(str(key), str(key))}: {_words(each, names)}" for key, each in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_words(each, names) for each in value) or "–"
    return names.get(str(value), str(value))


def _weeks(plan: Plan, items: Iterable[ItemRow], today: date) -> list[WeekRow]:
    def week_of(day: date) -> int:
        return max((day - plan.starts_on).days, 0) // DAYS_PER_WEEK

    by_week = {number: list(rows) for number, rows in groupby(items, key=lambda row: week_of(row.item.date))}
    last = (plan.days - 1) // DAYS_PER_WEEK
    milestones = list(plan.milestones.all())
    return [
        _week(
            plan,
            number,
            by_week.get(number, []),
            [each for each in milestones if week_of(each.due_on) == number],
            today,
        )
        for number in range(max([last, *by_week]) + 1)
    ]


def _week(plan: Plan, number: int, rows: Sequence[ItemRow], milestones: Sequence[Milestone], today: date) -> WeekRow:
    begins = plan.starts_on + timedelta(days=DAYS_PER_WEEK * number)
    ends = min(begins + timedelta(days=DAYS_PER_WEEK - 1), plan.starts_on + timedelta(days=plan.days - 1))
    days = [DayRow(day, list(found), day == today) for day, found in groupby(rows, key=lambda row: row.item.date)]
    return WeekRow(
        number=number + 1,
        begins=begins,
        ends=max(begins, ends),
        days=days,
        milestones=milestones,
        minutes=sum(row.item.minutes for row in rows),
        done_minutes=sum(row.item.minutes for row in rows if row.item.state == ItemState.DONE),
        open_items=sum(row.is_open for row in rows),
        is_now=begins <= today <= max(begins, ends),
        has_overdue=any(row.is_overdue for row in rows),
    )
