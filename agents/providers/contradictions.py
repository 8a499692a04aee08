"""Whether two sentences give different values for the same thing. Pure, and careful: in doubt they don't.

Sentences count as being about the same thing when they share most of their words. What they state are numbers with a
unit, amounts of money, percentages, times of day, dates, and whether something is so. Sentences contradict each other when
for a kind of value that both state they have none in common, or when one denies what the other affirms.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from aurora_site.core.text.terms import stem, terms

# Share of the shorter sentence's words, and of both sentences' words, that must be common.
SAME_OF_SHORTER = 0.6
SAME_OF_BOTH = 0.36
# A denial differs in little else.
DENIED_OF_BOTH = 0.5
# Sentences with fewer words in common are about the same thing only if they have no others.
FEWEST = 3

_NUMBER_WORDS = {
    word: value
    for value, word in enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
         "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"]
    )
} | {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "ninety": 90, "hundred": 100}  # fmt: skip
_MONTHS = ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
           "december"]  # fmt: skip
_MONTH = "|".join(_MONTHS)
_NUMBER = rf"(?:\d+(?:[.,]\d+)*|\b(?:{'|'.join(_NUMBER_WORDS)})\b)"
_VALUE = re.compile(
    rf"(?P<iso>\b\d{{4}}-\d\d-\d\d\b)"
    rf"|(?P<day>\b\d{{1,2}})(?:st|nd|rd|th)? (?P<month>{_MONTH})\b|\b(?P<month2>{_MONTH}) (?P<day2>\d{{1,2}})\b"
    rf"|(?P<clock>\b\d{{1,2}}:\d\d\b)"
    rf"|(?P<currency>[£$€¥]) ?(?P<money>\d+(?:[.,]\d+)*)"
    rf"|(?<![\d.,])(?P<number>{_NUMBER})(?P<gap> ?|-)(?P<unit>%|[^\W\d_]+)(?: (?P<noun>[^\W\d_]+))?",
    re.IGNORECASE,
)
# What may stand between a number and what it counts.
_QUALIFIERS = frozenset(["working", "calendar", "consecutive", "full", "paid", "business", "whole", "unpaid", "extra"])
_SECONDS = {
    "ms": 0.001, "millisecond": 0.001, "s": 1, "sec": 1, "second": 1, "min": 60, "minute": 60, "h": 3600, "hour": 3600,
    "day": 86_400, "week": 604_800,
}  # fmt: skip
_MONTH_UNITS = {"month": 1, "quarter": 3, "year": 12}
_BYTES = {"kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40}
# Numbers before these say nothing of their own.
_NO_UNITS = frozenset(
    ["of", "to", "and", "or", "in", "at", "for", "the", "a", "is", "are", "on", "by", "as", "with", "per"]
)
_DENIES = re.compile(
    r"\b(?:not|never|no|nobody|none|cannot|without|forbidden|prohibited|disallowed|unsupported|impossible)\b|n['’]t\b",
    re.I,
)
_DENIAL_WORDS = frozenset(
    stem(word) for word in ("not", "never", "no", "nobody", "none", "cannot", "without", "forbidden", "prohibited",
                            "disallowed", "unsupported", "impossible", "allowed", "permitted", "supported", "possible")
)  # fmt: skip


@dataclass(frozen=True)
class Value:
    """An amount in its base unit, and what kind of thing it is: ``seconds``, ``£``, ``%``, ``day``, ``clock``, ``date``."""

    kind: str
    amount: float


def contradict(one: str, other: str, *, decides: bool = False) -> bool:
    """Whether two sentences give different values for the same thing; with ``decides`` also whether one denies it."""
    first, second = _subject(one), _subject(other)
    if _names(first) != _names(second):
        return False
    common = len(first & second)
    if (common < FEWEST and first != second) or not common or common < SAME_OF_SHORTER * min(len(first), len(second)):
        return False
    share = common / len(first | second)
    if share >= SAME_OF_BOTH and _differ(values(one), values(other)):
        return True
    denied = bool(_DENIES.search(one)) != bool(_DENIES.search(other))
    return decides and denied and common >= FEWEST and share >= DENIED_OF_BOTH


@lru_cache(maxsize=4096)
def values(text: str) -> frozenset[Value]:
    """What a sentence states in numbers, dates and times."""
    return frozenset(value for match in _VALUE.finditer(text) for value in _read(match))


def _differ(one: frozenset[Value], other: frozenset[Value]) -> bool:
    """Whether both state a kind of value, and nothing of it alike."""
    first, second = _by_kind(one), _by_kind(other)
    shared = first.keys() & second.keys()
    return any(first[kind].isdisjoint(second[kind]) for kind in shared)


def _by_kind(found: frozenset[Value]) -> dict[str, set[float]]:
    amounts: dict[str, set[float]] = defaultdict(set)
    for value in found:
        amounts[value.kind].add(value.amount)
    return amounts


def _subject(text: str) -> frozenset[str]:
    """The words of a sentence without its values, their units, and what affirms or denies."""
    found = {term.text for term in terms(_VALUE.sub(_without_amount, text))}
    return frozenset(found - _DENIAL_WORDS)


def _without_amount(match: re.Match[str]) -> str:
    """What is left of a value: the word after its unit, unless it is part of it."""
    is_unit = not match["number"] or match["unit"].lower() in _QUALIFIERS
    return " " if is_unit else f" {match['noun'] or ''} "


def _names(subject: frozenset[str]) -> frozenset[str]:
    """The words of a subject that name one thing of several, such as ``sev1``: where they differ, so do the things."""
    return frozenset(word for word in subject if any(character.isdigit() for character in word))


def _read(match: re.Match[str]) -> Iterator[Value]:
    parts = match.groupdict()
    if parts["iso"]:
        year, month, day = (int(part) for part in parts["iso"].split("-"))
        yield Value("date", month * 100 + day)
        yield Value("year", year)
    elif month_name := parts["month"] or parts["month2"]:
        month = _MONTHS.index(month_name.lower()) + 1
        yield Value("date", month * 100 + int(parts["day"] or parts["day2"]))
    elif parts["clock"]:
        hours, minutes = parts["clock"].split(":")
        yield Value("clock", int(hours) * 60 + int(minutes))
    elif parts["money"]:
        yield Value(parts["currency"], _amount(parts["money"]))
    elif value := _counted(parts):
        yield value


def _counted(parts: dict[str, str | None]) -> Value | None:
    """A number with its unit; None for one that counts nothing."""
    unit = (parts["unit"] or "").lower()
    if unit in _QUALIFIERS and parts["noun"]:
        unit = f"{unit} {parts['noun'].lower()}"
    if unit in _NO_UNITS:
        return None
    amount = _amount(parts["number"] or "0")
    name = (
        unit if unit == "%" else unit[:-1] if unit.endswith("s") and unit[:-1] in {*_SECONDS, *_MONTH_UNITS} else unit
    )
    for kind, factors in (("seconds", _SECONDS), ("months", _MONTH_UNITS), ("bytes", _BYTES)):
        if name in factors:
            return Value(kind, amount * factors[name])
    return Value(" ".join(stem(word) for word in name.split()), amount)


def _amount(text: str) -> float:
    word = text.lower()
    if word in _NUMBER_WORDS:
        return float(_NUMBER_WORDS[word])
    # A comma or point before three digits parts thousands, else decimals.
    plain = re.sub(r"[.,](?=\d{3}(?:\D|$))", "", text).replace(",", ".")
    return float(plain) if plain.count(".") <= 1 else 0.0
