"""Times as vendors write them: RFC 3339, or a number since 1970."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

# Before it nobody sent alerts to Aurora; "never" of several vendors is the year 1.
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
# Clocks run ahead; what claims to be further in the future than this says nothing.
MAX_AHEAD = timedelta(days=1)
# Numbers below each are seconds, milliseconds, microseconds; larger ones nanoseconds. All are in the year 5138.
_UNITS = ((1e11, 1), (1e14, 1e3), (1e17, 1e6))


def moment(value: Any, received_at: datetime) -> datetime | None:
    """The time that a value says, in UTC (also where no zone is given); None where it says none that can be."""
    found = _number_of(value)
    told = value if isinstance(value, datetime) else _from_text(value) if found is None else _from_number(found)
    if told is None or not EARLIEST <= told <= received_at + MAX_AHEAD:
        return None
    return told


def _number_of(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        # Comparing is safe for whole numbers of any size, turning them into floating-point ones isn't.
        return float(value) if -1e20 < value < 1e20 else math.inf
    if isinstance(value, str) and len(value) <= 40:
        try:
            return float(value) if value.strip()[:1].isdecimal() else None
        except ValueError:
            return None
    return None


def _from_number(value: float) -> datetime | None:
    if not math.isfinite(value):
        return None
    divisor = next((unit for below, unit in _UNITS if value < below), 1e9)
    try:
        return datetime.fromtimestamp(value / divisor, tz=UTC)
    except (OverflowError, OSError, ValueError):
        return None


def _from_text(value: Any) -> datetime | None:
    if not isinstance(value, str) or len(value) > 64:
        return None
    try:
        told = datetime.fromisoformat(value.strip())
        return (told if told.tzinfo else told.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
