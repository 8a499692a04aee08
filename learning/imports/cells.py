"""Reads the cells of one row; what can't be used is refused by line and field. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from django.utils.text import slugify

from learning.imports.durations import minutes_from
from learning.imports.refusals import Refusals
from learning.imports.tables import Row

MOST_LINKS = 500
MOST_MINUTES = 100_000
_SURROGATE = re.compile("[\ud800-\udfff]")
_DAY_FIRST = re.compile(r"\d{1,2}[./]\d{1,2}[./]\d{4}", re.ASCII)


@dataclass(frozen=True)
class Cells:
    """One row's cells. A method gives None for a cell that is empty, missing, or was refused."""

    row: Row
    refusals: Refusals

    def refuse(self, name: str, reason: str) -> None:
        self.refusals.add(self.row.line, name, reason)

    def has(self, name: str) -> bool:
        return name in self.row.cells

    def text(self, name: str, longest: int, *, required: bool = False, lines: bool = False) -> str | None:
        """A text without blanks around it."""
        value = self.row.cells.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = str(value)
        if value is not None and not isinstance(value, str):
            self.refuse(name, "Give text.")
            return None
        told = (value or "").strip()
        if required and not told:
            self.refuse(name, "This is missing.")
        elif len(told) > longest:
            self.refuse(name, f"Give at most {longest:,} characters; these are {len(told):,}.")
        elif "\x00" in told or _SURROGATE.search(told):
            self.refuse(name, "Null characters and unpaired surrogates are not allowed.")
        elif not lines and not told.isprintable():
            self.refuse(name, "Give one line of text.")
        else:
            return told or None
        return None

    def key(self, name: str, *, instead: str = "") -> str | None:
        """A key of lower-case letters, digits, hyphens and underscores; made from ``instead`` where it is empty."""
        told = self.text(name, 100)
        if told is None:
            return slugify(instead, allow_unicode=True)[:100] or None
        if slugify(told, allow_unicode=True) != told.lower():
            self.refuse(name, f"Give letters, digits, hyphens and underscores, such as {slugify(told) or 'a-key'}.")
            return None
        return told.lower()

    def number(self, name: str, low: float, high: float, *, above: bool = False) -> float | None:
        """A number from ``low`` (or above it) to ``high``; a percentage is a hundredth."""
        told = self.text(name, 40)
        if told is None:
            return None
        value = number_from(told)
        if value is None or not low <= value <= high or (above and value == low):
            bounds = f"above {low:g}, at most {high:g}" if above else f"from {low:g} to {high:g}"
            self.refuse(name, f"Give a number {bounds}" + (", or a percentage such as 85%." if high == 1 else "."))
            return None
        return value

    def minutes(self, name: str) -> int | None:
        told = self.text(name, 60)
        if told is None:
            return None
        value = minutes_from(told)
        if value is None or value > MOST_MINUTES:
            self.refuse(name, f"Give minutes from 1 to {MOST_MINUTES:,}, or a duration such as 3h 30m or PT3H30M.")
            return None
        return value

    def choice(self, name: str, allowed: Collection[str], synonyms: Mapping[str, str] | None = None) -> str | None:
        """One of some words, in any case."""
        told = self.text(name, 100)
        if told is None:
            return None
        plain = told.lower().replace(" ", "_").replace("-", "_")
        plain = (synonyms or {}).get(plain, plain)
        if plain not in allowed:
            self.refuse(name, f"Give one of {', '.join(allowed)}.")
            return None
        return plain

    def truth(self, name: str) -> bool | None:
        if isinstance(self.row.cells.get(name), bool):
            return bool(self.row.cells[name])
        told = self.choice(name, ("true", "false"), {"yes": "true", "1": "true", "no": "false", "0": "false"})
        return None if told is None else told == "true"

    def moment(self, name: str) -> datetime | None:
        """A date, at its noon (UTC), or a time of ISO 8601; one without a zone is taken to be UTC."""
        told = self.text(name, 40)
        if told is None:
            return None
        try:
            if len(told) == 10:
                return datetime.combine(date.fromisoformat(told), time(12), UTC)
            moment = datetime.fromisoformat(told)
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except (ValueError, OverflowError):
            hint = " Day and month can be confused otherwise." if _DAY_FIRST.fullmatch(told) else ""
            self.refuse(name, f"Give a date as YYYY-MM-DD, or a time such as 2026-01-05T09:30:00Z.{hint}")
            return None

    def parts(self, name: str) -> list[str]:
        """The parts of a list: of JSON, or of a text between ``|``."""
        value = self.row.cells.get(name)
        if isinstance(value, list) and all(isinstance(part, str) for part in value):
            told = [part.strip() for part in value]
        else:
            told = [part.strip() for part in (self.text(name, 10_000, lines=True) or "").split("|")]
        found = [part for part in told if part]
        if len(found) > MOST_LINKS:
            self.refuse(name, f"Give at most {MOST_LINKS}.")
            return []
        return found

    def shares(self, name: str) -> dict[str, float]:
        """Numbers above 0, at most 1, by key: an object of JSON, or ``key:0.3|key:0.5``."""
        found: dict[str, float] = {}
        for key, told in self._pairs(name):
            value = number_from(told)
            if value is None or not 0 < value <= 1:
                self.refuse(name, f"Give {key[:100]} a number above 0, at most 1, as in {key[:100]}:0.3.")
            elif key in found:
                self.refuse(name, f"{key[:100]} is there twice.")
            else:
                found[key] = value
        return found

    def _pairs(self, name: str) -> Iterator[tuple[str, str]]:
        value = self.row.cells.get(name)
        if isinstance(value, dict):
            yield from ((str(key).strip().lower(), str(told)) for key, told in list(value.items())[: MOST_LINKS + 1])
            return
        for part in self.parts(name):
            key, _, told = part.rpartition(":")
            yield (key or told).strip().lower(), told if key else ""


def number_from(told: str) -> float | None:
    """A number such as ``0.85``, ``0,85`` or ``85%``; None for what isn't one, infinity included."""
    plain = told.strip().removesuffix("%").strip().replace(",", ".")
    try:
        value = float(plain) if plain.isascii() and "_" not in plain else math.nan
    except ValueError:
        return None
    if not math.isfinite(value):
        return None
    return value / 100 if told.strip().endswith("%") else value


def known_columns(*names: str, **synonyms: Any) -> dict[str, str]:
    """Every name a column may have, with its own: ``known_columns("minutes", minutes=("duration",))``."""
    found = {name: name for name in names}
    for own, others in synonyms.items():
        found.update(dict.fromkeys(others, own))
    return found
