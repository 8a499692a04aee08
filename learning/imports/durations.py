"""How long things take, as people write it. Pure."""

from __future__ import annotations

import re

from learning.xapi.durations import minutes_of

_UNITS = {
    "minutes": r"m|mins?|minutes?",
    "hours": r"h|hrs?|hours?|std|stunden?",
    "days": r"d|days?",
    "weeks": r"w|wks?|weeks?",
}  # fmt: skip
# A day of learning is a working day, a week has five of them.
_MINUTES = {"minutes": 1, "hours": 60, "days": 8 * 60, "weeks": 5 * 8 * 60}
_UNIT = "|".join(f"(?P<{name}>{words})" for name, words in _UNITS.items())
_PART = re.compile(r"(?P<number>\d{1,6}(?:[.,]\d{1,3})?)\s*(?:" + _UNIT + r")(?![a-z])", re.IGNORECASE | re.ASCII)
_CLOCK = re.compile(r"(?P<hours>\d{1,4}):(?P<minutes>[0-5]\d)(?::[0-5]\d)?", re.ASCII)
LONGEST = 60


def minutes_from(text: str) -> int | None:
    """Minutes of ``45``, ``3h 30m``, ``1.5 hours``, ``2 days`` (of eight hours), ``1 week`` (of five such days), ``3:30``, or
    a duration of ISO 8601 such as ``PT3H30M``; None for anything else, and for nothing at all."""
    told = text.strip()
    if not told or len(told) > LONGEST:
        return None
    if told.isascii() and told.isdigit():
        return int(told) or None
    if told[0] in "Pp":
        return minutes_of(told.upper())
    if clock := _CLOCK.fullmatch(told):
        return int(clock["hours"]) * 60 + int(clock["minutes"]) or None
    return _sum_of_parts(told)


def _sum_of_parts(told: str) -> int | None:
    total, end = 0.0, 0
    for part in _PART.finditer(told):
        if told[end : part.start()].strip(" ,").lower() not in ("", "and", "und"):
            return None
        unit = next(name for name in _UNITS if part[name])
        total += float(part["number"].replace(",", ".")) * _MINUTES[unit]
        end = part.end()
    # A part of a minute is a minute.
    return max(1, round(total)) if end and not told[end:].strip(" .") and total else None
