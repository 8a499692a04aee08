"""Reads the numbers and dates that a text holds. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from learning.agents.words import LARGE, MONTHS, NUMBERS, ORDINALS, UNITS

_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_ISO = re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b")
_DAY_FIRST = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?(?: of)? ({_MONTH})\b\.?,?(?: (\d{{4}})\b)?", re.IGNORECASE)
_MONTH_FIRST = re.compile(
    rf"\b({_MONTH})\b\.? (\d{{1,2}})(?:st|nd|rd|th)?\b(?!\s*[h%:])(?:,? (\d{{4}})\b)?", re.IGNORECASE
)
_NUMBER = re.compile(r"(?<![\w.,])(\d+(?:,\d{3})+|\d+)(\.\d+)?(st|nd|rd|th)?[ -]?(%|[A-Za-z]+)?")
_SPELT = "|".join([*NUMBERS, *LARGE])
_SPELT_NUMBER = re.compile(rf"\b(?:{_SPELT})(?:(?:[ -]| and )(?:{_SPELT}))*\b(?:[ -]([A-Za-z]+))?", re.IGNORECASE)
_SPELT_ORDINAL = re.compile(rf"\b({'|'.join(ORDINALS)})[ -]([A-Za-z]+)", re.IGNORECASE)
_SPELT_WORD = re.compile(rf"\b(?:{_SPELT})\b", re.IGNORECASE)


@dataclass(frozen=True)
class Day:
    """A date that a text names; ``year`` is None where it leaves it open."""

    month: int
    day: int
    year: int | None = None

    def is_date(self, other: date) -> bool:
        return (self.month, self.day) == (other.month, other.day) and self.year in (None, other.year)


@dataclass(frozen=True)
class Amount:
    """A number and what it is a number of: a unit in the singular, empty where none of the known ones follows."""

    value: float
    unit: str = ""


def take_dates(text: str) -> tuple[list[Day], str]:
    """The dates that a text names, and the text without them."""
    found: list[Day] = []

    def note(year: str | None, month: str, day: str) -> str:
        number = int(month) if month.isdigit() else MONTHS[month.lower()]
        found.append(Day(number, int(day), int(year) if year else None))
        return " ; "

    text = _ISO.sub(lambda match: note(match[1], match[2], match[3]), text)
    text = _DAY_FIRST.sub(lambda match: note(match[3], match[2], match[1]), text)
    text = _MONTH_FIRST.sub(lambda match: note(match[3], match[1], match[2]), text)
    return found, text


def amounts_in(text: str) -> list[Amount]:
    """The numbers of a text without dates, in numerals and spelt out. "One" counts only before a unit."""
    return [*_numerals(text), *_spelt(text), *_ordinals(text)]


def _numerals(text: str) -> Iterator[Amount]:
    for match in _NUMBER.finditer(text):
        value = float(match[1].replace(",", "") + (match[2] or ""))
        yield Amount(value, UNITS.get((match[4] or "").lower(), ""))


def _spelt(text: str) -> Iterator[Amount]:
    for match in _SPELT_NUMBER.finditer(text):
        words = [word.lower() for word in _SPELT_WORD.findall(match.group())]
        unit = UNITS.get((match[1] or "").lower(), "")
        if words != ["one"] or unit:
            yield Amount(_value(words), unit)


def _ordinals(text: str) -> Iterator[Amount]:
    for match in _SPELT_ORDINAL.finditer(text):
        unit = UNITS.get(match[2].lower(), "")
        if unit:
            yield Amount(ORDINALS[match[1].lower()], unit)


def _value(words: list[str]) -> float:
    """What number words come to: "one hundred twenty five" is 125."""
    total = current = 0
    for word in words:
        if word not in LARGE:
            current += NUMBERS[word]
        elif LARGE[word] >= 1000:
            total, current = total + max(current, 1) * LARGE[word], 0
        else:
            current = max(current, 1) * LARGE[word]
    return float(total + current)
