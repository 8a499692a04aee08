"""Times and spans in few words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.utils import timezone

MINUTE, HOUR, DAY = 60, 3600, 86_400


def span(length: timedelta) -> str:
    """How long: "under a minute", "12 min", "3 h 5 min", "2 d 4 h"."""
    seconds = max(0, int(length.total_seconds()))
    if seconds < MINUTE:
        return "under a minute"
    if seconds < HOUR:
        return f"{seconds // MINUTE} min"
    if seconds < DAY:
        return _two(seconds, HOUR, "h", MINUTE, "min")
    return _two(seconds, DAY, "d", HOUR, "h")


def _two(seconds: int, large: int, large_word: str, small: int, small_word: str) -> str:
    whole, rest = divmod(seconds, large)
    part = rest // small
    return f"{whole} {large_word}" + (f" {part} {small_word}" if part else "")


def since(at: datetime, now: datetime | None = None) -> str:
    """How long ago, or in how long: "just now", "12 min ago", "in 3 h"."""
    passed = (now or timezone.now()) - at
    if abs(passed) < timedelta(seconds=MINUTE):
        return "just now"
    return f"{span(passed)} ago" if passed > timedelta() else f"in {span(-passed)}"


def exact(at: datetime) -> str:
    """The time to the second, in UTC: "6 Jan 2026, 09:00:00 UTC"."""
    return f"{at.astimezone(UTC):%-d %b %Y, %H:%M:%S} UTC"
