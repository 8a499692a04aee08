"""How dates, times, lists and titles are written in the agents' texts. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from urllib.parse import urlsplit

# What formats text inside of a line; an underscore inside of a word doesn't.
_SPECIAL = re.compile(r"([\\`*<]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|~(?=~))")


def title_text(title: str) -> str:
    """A title as text: untrusted, so that it can neither format anything nor pass for a citation marker."""
    flat = " ".join(title.split()).replace("[", "(").replace("]", ")")
    return _SPECIAL.sub(r"\\\1", flat)


def link_text(title: str, url: str) -> str:
    """A title that leads to its address where that is one of the web."""
    shown = title_text(title)
    target = url_text(url)
    return f"[{shown}]({target})" if target else shown


def url_text(url: str) -> str:
    """An address as it stands in a text; empty for one that isn't of the web."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return ""
    return re.sub(r"[\s()<>\"'\\`*\[\]]", lambda match: f"%{ord(match.group()):02X}", url)


def day_text(day: date) -> str:
    """A date in words: 23 November 2026."""
    return f"{day.day} {day:%B %Y}"


def weekday_text(day: date) -> str:
    """A date with its weekday: Monday 23 November."""
    return f"{day:%A} {day.day} {day:%B}"


def span_text(first: date, last: date) -> str:
    """From one date to another: 23 November to 6 December."""
    return day_text(first) if first == last else f"{first.day} {first:%B} to {last.day} {last:%B}"


def time_text(minutes: int) -> str:
    """Minutes as people say them: 45 minutes, 2 hours, 7.5 hours."""
    if minutes < 60:
        return counted(minutes, "minute")
    return hours_text(minutes / 60)


def hours_text(hours: float) -> str:
    """Hours with one decimal at most."""
    shown = f"{hours:.1f}".removesuffix(".0")
    return f"{shown} hour" if shown == "1" else f"{shown} hours"


def percent_text(level: float) -> str:
    """A level from 0 to 1 in per cent, as everywhere: 75 %."""
    return f"{round(100 * level)} %"


def counted(count: int, noun: str) -> str:
    """A count with its noun, in the plural where that is meant."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def listed(parts: Iterable[str], word: str = "and") -> str:
    """Parts as a list in a sentence: "a, b and c"."""
    items = list(parts)
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {word} {items[-1]}"
