"""What was done beside what had been planned, in the planned minutes of items, by weeks from Monday on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

# Within a tenth of the plan is on track.
TOLERANCE = 0.1
Standing = Literal["unknown", "ahead", "on_track", "behind"]


@dataclass(frozen=True, slots=True)
class Week:
    """A week, from Monday: the minutes planned for all of its days, and those done."""

    starts_on: date
    planned: int
    done: int

    def as_json(self) -> dict[str, Any]:
        return {"starts_on": self.starts_on.isoformat(), "planned": self.planned, "done": self.done}


@dataclass(frozen=True, slots=True)
class Pace:
    """``ratio`` is done over due: minutes done so far over those planned for the days before today; None where there
    were none."""

    ratio: float | None
    done: int
    due: int
    weeks: tuple[Week, ...]

    @property
    def standing(self) -> Standing:
        """Whether the learner keeps up."""
        if self.ratio is None:
            return "unknown"
        if self.ratio > 1 + TOLERANCE:
            return "ahead"
        return "behind" if self.ratio < 1 - TOLERANCE else "on_track"

    def as_json(self) -> dict[str, Any]:
        return {
            "ratio": None if self.ratio is None else round(self.ratio, 3),
            "standing": self.standing,
            "done": self.done,
            "due": self.due,
            "weeks": [week.as_json() for week in self.weeks],
        }


def pace_of(planned: Mapping[date, int], done: Mapping[date, int], today: date) -> Pace:
    """The pace on ``today``, of the minutes planned for each day and those done on each."""
    due = sum(minutes for day, minutes in planned.items() if day < today)
    finished = sum(done.values())
    return Pace(finished / due if due else None, finished, due, _weeks(planned, done))


def _weeks(planned: Mapping[date, int], done: Mapping[date, int]) -> tuple[Week, ...]:
    mondays = {day - timedelta(days=day.weekday()) for day in [*planned, *done]}
    if not mondays:
        return ()
    monday, last, weeks = min(mondays), max(mondays), []
    while monday <= last:
        days = [monday + timedelta(days=number) for number in range(7)]
        weeks.append(Week(monday, sum(planned.get(day, 0) for day in days), sum(done.get(day, 0) for day in days)))
        monday += timedelta(days=7)
    return tuple(weeks)
