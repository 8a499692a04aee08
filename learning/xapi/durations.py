"""Durations as ISO 8601 writes them. Pure."""

from __future__ import annotations

import re

# ISO 8601-1:2019, 5.5.2.2 and 5.5.2.3: weeks alone, or parts from years to seconds of which only the last has a fraction.
_NUMBER = r"\d+(?:[.,]\d+)?"
_PART = r"(?:(?P<{name}>" + _NUMBER + r"){sign})?"
_DURATION = re.compile(
    r"P(?:(?P<weeks>" + _NUMBER + r")W|"
    + "".join(_PART.format(name=name, sign=sign) for name, sign in (("years", "Y"), ("months", "M"), ("days", "D")))
    + r"(?:T"
    + "".join(_PART.format(name=name, sign=sign) for name, sign in (("hours", "H"), ("minutes", "M"), ("seconds", "S")))
    + r")?)",
    re.ASCII,
)  # fmt: skip
LONGEST = 100
# Years and months have no length of their own: those of an average calendar year are near enough for time spent.
_SECONDS = {
    "years": 365.25 * 86_400, "months": 365.25 / 12 * 86_400, "weeks": 7 * 86_400, "days": 86_400,
    "hours": 3600, "minutes": 60, "seconds": 1,
}  # fmt: skip


def seconds_of(text: str) -> float | None:
    """The length of a duration such as ``PT3H30M`` or ``P2W`` in seconds; None for what isn't one."""
    match = _DURATION.fullmatch(text) if len(text) <= LONGEST else None
    if match is None:
        return None
    parts = {name: number for name, number in match.groupdict().items() if number is not None}
    if not parts or text.endswith("T"):
        return None
    fractions = [name for name, number in parts.items() if not number.isdigit()]
    if any(name != list(parts)[-1] for name in fractions):
        return None
    return sum(float(number.replace(",", ".")) * _SECONDS[name] for name, number in parts.items())


def minutes_of(text: str) -> int | None:
    """A duration in whole minutes, at least one; None for none, or what isn't a duration."""
    seconds = seconds_of(text)
    return max(1, round(seconds / 60)) if seconds else None


def written(minutes: int) -> str:
    """Minutes as a duration: 90 is ``PT1H30M``."""
    hours, rest = divmod(minutes, 60)
    return "PT" + (f"{hours}H" if hours else "") + (f"{rest}M" if rest or not hours else "")
