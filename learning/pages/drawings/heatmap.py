"""Draws the days on which somebody learned as a calendar: a column for each week, Monday first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

CELL, GAP, HEAD = 13, 3, 16
# The minutes from which a day is drawn in the next stronger shade.
STEPS = (1, 30, 60, 120)


@dataclass(frozen=True)
class Day:
    """A day's square. ``level`` runs from 0 (nothing) to ``len(STEPS)``."""

    on: date
    minutes: int
    level: int
    x: int
    y: int
    is_frozen: bool = False
    size: int = CELL


@dataclass(frozen=True)
class Heatmap:
    days: Sequence[Day]
    months: Sequence[tuple[int, str]]
    weeks: Sequence[tuple[date, int, int]]
    width: int
    height: int


def heatmap(
    minutes: Mapping[date, int], *, until: date, weeks: int = 26, frozen: frozenset[date] = frozenset()
) -> Heatmap:
    """Draw the last ``weeks`` weeks up to ``until``. ``frozen`` are days that a freeze bridged in the streak.

    ``Heatmap.weeks`` says the same as rows: the Monday, the days with learning, the minutes.
    """
    first = until - timedelta(days=until.weekday() + 7 * (weeks - 1))
    shown = [first + timedelta(days=number) for number in range((until - first).days + 1)]
    days = [
        Day(
            on=day,
            minutes=minutes.get(day, 0),
            level=sum(minutes.get(day, 0) >= step for step in STEPS),
            x=(day - first).days // 7 * (CELL + GAP),
            y=HEAD + day.weekday() * (CELL + GAP),
            is_frozen=day in frozen,
        )
        for day in shown
    ]
    return Heatmap(
        days=days,
        months=[(day.x, f"{day.on:%b}") for day in days if day.on.day <= 7 and day.on.weekday() == 0],
        weeks=_weeks(days),
        width=weeks * (CELL + GAP) - GAP,
        height=HEAD + 7 * (CELL + GAP) - GAP,
    )


def _weeks(days: Sequence[Day]) -> list[tuple[date, int, int]]:
    mondays = [day for day in days if day.on.weekday() == 0]
    rows = []
    for monday in reversed(mondays):
        week = [day for day in days if 0 <= (day.on - monday.on).days < 7 and day.minutes]
        rows.append((monday.on, len(week), sum(day.minutes for day in week)))
    return rows
