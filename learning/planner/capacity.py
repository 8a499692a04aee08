"""How many minutes there are: of each day that is left, of each week, in all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from learning.planner.rules import SHORTEST_SESSION
from learning.planner.types import DAYS_PER_WEEK, Calendar, KeptItem, PlanRequest


@dataclass(frozen=True, slots=True)
class Day:
    """``minutes`` is what the day alone still allows, ``share`` what is left of it when its week's bound is spread."""

    date: date
    week: int
    minutes: int
    share: int


@dataclass(frozen=True, slots=True)
class Capacity:
    """The days from today on, and what each week may still take (None: as much as its days)."""

    days: tuple[Day, ...]
    weeks: dict[int, int]

    @property
    def minutes(self) -> int:
        return sum(day.share for day in self.days)


def capacity_of(request: PlanRequest, *, more_days: int = 0) -> Capacity:
    """What is left of the calendar from today on, less what was done in it already."""
    calendar = replace(request.calendar, days=request.calendar.days + more_days)
    spent = [item for item in request.kept if item.state == "done"]
    first = max(0, (request.today - calendar.starts_on).days)
    dates = [calendar.starts_on + timedelta(days=number) for number in range(first, calendar.days)]
    used: dict[date, int] = {}
    for item in spent:
        used[item.date] = used.get(item.date, 0) + item.minutes
    minutes = [max(0, calendar.minutes_on(day) - used.get(day, 0)) for day in dates]
    weeks: dict[int, list[int]] = {}
    for number, day in enumerate(dates):
        weeks.setdefault(week_of(calendar, day), []).append(number)
    shares = [0] * len(dates)
    left: dict[int, int] = {}
    for week, numbers in weeks.items():
        left[week] = _left_of_week(calendar, week, spent, sum(minutes[number] for number in numbers))
        for number, share in zip(numbers, _spread([minutes[number] for number in numbers], left[week]), strict=True):
            shares[number] = share
    return Capacity(
        days=tuple(
            Day(date=day, week=week_of(calendar, day), minutes=minutes[number], share=shares[number])
            for number, day in enumerate(dates)
        ),
        weeks=left,
    )


def week_of(calendar: Calendar, day: date) -> int:
    """Weeks are counted from the start of the plan."""
    return (day - calendar.starts_on).days // DAYS_PER_WEEK


def _left_of_week(calendar: Calendar, week: int, spent: Sequence[KeptItem], most: int) -> int:
    if calendar.weekly_minutes is None:
        return most
    used = sum(item.minutes for item in spent if week_of(calendar, item.date) == week)
    return max(0, min(most, calendar.weekly_minutes - used))


def _spread(minutes: list[int], left: int) -> list[int]:
    """A week's minutes over its days in proportion, on fewer days rather than in sessions that are too short."""
    if left >= sum(minutes):
        return minutes
    chosen = [number for number, most in enumerate(minutes) if most]
    while len(chosen) > 1 and left < len(chosen) * SHORTEST_SESSION and _fits(minutes, chosen[:-1], left):
        chosen.pop()
    total = sum(minutes[number] for number in chosen)
    shares = [0] * len(minutes)
    for number in chosen:
        shares[number] = minutes[number] * left // total // 5 * 5
    rest = left - sum(shares)
    for number in chosen:
        more = min(rest, minutes[number] - shares[number])
        shares[number] += more
        rest -= more
    return shares


def _fits(minutes: list[int], chosen: list[int], left: int) -> bool:
    return sum(minutes[number] for number in chosen) >= left


def typical_week(calendar: Calendar) -> int:
    """The minutes of a week without blackout dates."""
    total = sum(calendar.minutes_per_weekday)
    return total if calendar.weekly_minutes is None else min(total, calendar.weekly_minutes)
