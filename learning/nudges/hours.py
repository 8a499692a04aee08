"""The hours in which a learner wants to be reminded, in their time zone.

A moment is turned into local time, never the other way round where that matters: so a day on which the clocks change has
its hours once, whatever they are.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

EVENING_SHARE = 1 / 3


class Hours(Protocol):
    """From when to when, and where. A learner has these."""

    time_zone: str
    nudge_from: time
    nudge_until: time


def local(now: datetime, hours: Hours) -> datetime:
    """The moment by the learner's clock."""
    return now.astimezone(ZoneInfo(hours.time_zone))


def is_open(now: datetime, hours: Hours) -> bool:
    """Whether reminders may come now."""
    return hours.nudge_from <= local(now, hours).time() < hours.nudge_until


def is_evening(now: datetime, hours: Hours) -> bool:
    """Whether the last third of the hours has come."""
    begins, ends = _minutes(hours.nudge_from), _minutes(hours.nudge_until)
    return is_open(now, hours) and _minutes(local(now, hours).time()) >= ends - (ends - begins) * EVENING_SHARE


def opens_at(now: datetime, hours: Hours) -> datetime:
    """When reminders may come next: now, or at the next beginning of the hours; in UTC."""
    if is_open(now, hours):
        return now
    here = local(now, hours)
    day = here.date() if here.time() < hours.nudge_from else here.date() + timedelta(days=1)
    return datetime.combine(day, hours.nudge_from, tzinfo=ZoneInfo(hours.time_zone)).astimezone(UTC)


def _minutes(clock: time) -> int:
    return clock.hour * 60 + clock.minute
