"""Checks of single values, shared by models, admin and API. Each raises Django's ValidationError."""

from __future__ import annotations

import zoneinfo
from datetime import date
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError

DAYS_PER_WEEK = 7
MINUTES_PER_DAY = 24 * 60
MAXIMUM_BLACKOUT_DATES = 366
# What the database holds beside places: the server's own zone, the rules of POSIX, "not set up yet", leap seconds counted.
NO_PLACES = frozenset({"localtime", "posixrules", "Factory"})


def default_minutes_per_weekday() -> list[int]:
    """An hour on Monday to Friday."""
    return [60, 60, 60, 60, 60, 0, 0]


def validate_minutes_per_weekday(value: Any) -> None:
    """Seven whole numbers of minutes, Monday first, each from 0 to 1440."""
    if not isinstance(value, list) or len(value) != DAYS_PER_WEEK:
        raise ValidationError("Give seven numbers of minutes, Monday first.")
    for minutes in value:
        if type(minutes) is not int or not 0 <= minutes <= MINUTES_PER_DAY:
            raise ValidationError(f"Each day's minutes are a whole number from 0 to {MINUTES_PER_DAY}.")


def validate_blackout_dates(value: Any) -> None:
    """A list of distinct dates as ISO 8601 text, such as ``["2026-12-24"]``."""
    if not isinstance(value, list) or len(value) > MAXIMUM_BLACKOUT_DATES:
        raise ValidationError(f"Give a list of at most {MAXIMUM_BLACKOUT_DATES} dates.")
    for item in value:
        try:
            canonical = date.fromisoformat(item).isoformat()
        except (TypeError, ValueError):
            raise ValidationError("Each date is written as YYYY-MM-DD.") from None
        if canonical != item:
            raise ValidationError("Each date is written as YYYY-MM-DD.")
    if len(set(value)) != len(value):
        raise ValidationError("A date is listed twice.")


@cache
def time_zones() -> frozenset[str]:
    """The names of the IANA time zone database that learners may choose."""
    names = zoneinfo.available_timezones() - NO_PLACES
    return frozenset(name for name in names if not name.startswith(("posix/", "right/")))


def validate_time_zone(value: str) -> None:
    """A name of the IANA time zone database, such as ``Europe/Berlin``."""
    if value not in time_zones():
        raise ValidationError("Give an IANA time zone such as Europe/Berlin.")


def validate_fraction(value: float) -> None:
    """A number from 0 to 1; refuses "not a number", which a pair of bounds would let through."""
    if not 0 <= value <= 1:
        raise ValidationError("Give a number from 0 to 1.")
