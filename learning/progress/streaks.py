"""Days of study in a row. Days are dates in the learner's own time zone, which the caller works out."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

DAYS_PER_FREEZE = 7
MOST_FREEZES = 2
LONGEST_LOOK_BACK = timedelta(days=3 * 366)


@dataclass(frozen=True, slots=True)
class Streak:
    """``days`` is how many days of study the running streak holds, ``freezes`` how many missed days it can still stand.

    It is at risk on a day of study on which nothing was done yet. ``frozen`` are the missed days that a freeze paid for.
    """

    days: int
    longest: int
    freezes: int
    studied_today: bool
    at_risk: bool
    frozen: tuple[date, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "days": self.days,
            "longest": self.longest,
            "freezes": self.freezes,
            "studied_today": self.studied_today,
            "at_risk": self.at_risk,
            "frozen": [day.isoformat() for day in self.frozen],
        }


def streak_of(study_days: Collection[date], is_free: Callable[[date], bool], today: date) -> Streak:
    """The streak on ``today``, of the days on which something was done.

    A day that ``is_free`` (no time is set aside for it) neither adds nor breaks; studying on one adds. Every seventh
    day of study earns a freeze, of which two are kept at most; a missed day uses one, without one the streak ends.
    Today isn't missed before it is over. What lies more than three years back isn't looked at.
    """
    studied = {day for day in study_days if today - LONGEST_LOOK_BACK <= day <= today}
    days = longest = freezes = earned = 0
    frozen: list[date] = []
    day = min(studied, default=today)
    while day <= today:
        if day in studied:
            days, earned = days + 1, earned + 1
            longest = max(longest, days)
            if earned % DAYS_PER_FREEZE == 0:
                freezes = min(MOST_FREEZES, freezes + 1)
        elif day != today and days and not is_free(day):
            if freezes:
                freezes -= 1
                frozen.append(day)
            else:
                days, frozen = 0, []
        day += timedelta(days=1)
    done = today in studied
    return Streak(days, longest, freezes, done, bool(days) and not done and not is_free(today), tuple(frozen))


def local_day(at: datetime, zone: tzinfo) -> date:
    """The date of a moment where the learner is."""
    return at.astimezone(zone).date()
