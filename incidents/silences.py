"""Which alerts a silence matches, and when it holds. Pure, but for the rows that it is given."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from incidents.errors import UnfitSilence
from incidents.models import Repeat, Silence

OPERATORS = ("=", "!=", "=~", "!~")
MOST_MATCHERS = 20
LONGEST_NAME, LONGEST_VALUE = 200, 200
# How much of a value a pattern sees, and how many parts of it may be matched in several ways.
LONGEST_TEXT, MOST_CHOICES = 255, 3
PERIODS = {Repeat.DAILY: timedelta(days=1), Repeat.WEEKLY: timedelta(weeks=1)}

# A group that is repeated may take exponential time; x*, [a-z]+ and .* don't.
_REPEATED_GROUP = re.compile(r"\)\s*[*+{]")
_BACKWARDS = re.compile(r"\\[1-9]|\(\?(?!:)")
# What a match can take in more than one way, so that their numbers multiply: repeats, what may be missing, and groups.
_CHOICE = re.compile(r"[*+]|\{\d*,\d*\}|(?<!\()\?|\(")
# A backslash with the sign that it makes plain; a reference to a group stays.
_ESCAPED = re.compile(r"\\[^1-9]", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class SilencedFacts:
    """What a silence looks at; ``service`` and ``service_id`` are empty while unknown."""

    title: str
    severity: str
    source: str
    service: str = ""
    service_id: UUID | None = None
    labels: Mapping[str, str] = field(default_factory=dict)

    def value(self, name: str) -> str:
        """A label, else one of ``title``, ``severity``, ``source``, ``service``; empty where there is none."""
        if name in self.labels:
            return self.labels[name]
        own = {"title": self.title, "severity": self.severity, "source": self.source, "service": self.service}
        return own.get(name, "")


def silence_for(silences: Iterable[Silence], facts: SilencedFacts, at: datetime) -> Silence | None:
    """The first silence that holds at a time and matches. The silences come with their services."""
    return next((each for each in silences if is_active(each, at) and matches(each, facts)), None)


def is_active(silence: Silence, at: datetime) -> bool:
    """Whether a silence holds at a time; one that repeats holds for as long in each day or week, until it is ended."""
    if at < silence.starts_at or (silence.ended_early_at is not None and at >= silence.ended_early_at):
        return False
    period = PERIODS.get(Repeat(silence.repeat))
    gone = (at - silence.starts_at) % period if period else at - silence.starts_at
    return gone < silence.ends_at - silence.starts_at


def matches(silence: Silence, facts: SilencedFacts, service_ids: set[UUID] | None = None) -> bool:
    """Whether every matcher holds, and the alert is of one of the silence's services, where it names any.

    ``service_ids`` are those of a silence that isn't stored yet.
    """
    services = {service.pk for service in silence.services.all()} if service_ids is None else service_ids
    if services and facts.service_id not in services:
        return False
    return all(_holds(matcher, facts) for matcher in silence.matchers)


def _holds(matcher: Mapping[str, str], facts: SilencedFacts) -> bool:
    value, wanted = facts.value(matcher["name"]), matcher["value"]
    if matcher["operator"] in ("=", "!="):
        return (value == wanted) == (matcher["operator"] == "=")
    found = re.fullmatch(wanted, value[:LONGEST_TEXT], re.DOTALL) is not None
    return found == (matcher["operator"] == "=~")


def match_everything(matchers: Sequence[Mapping[str, str]]) -> bool:
    """Whether the matchers are only patterns such as ``.*``, which any value and none at all fit."""
    return all(
        matcher["operator"] == "=~"
        and all(re.fullmatch(matcher["value"], text, re.DOTALL) for text in ("", "x", "0 \n~any.thing"))
        for matcher in matchers
    )


def matchers_checked(matchers: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """The matchers as they are stored. Raises UnfitSilence, which says what is wrong with which."""
    if len(matchers) > MOST_MATCHERS:
        raise UnfitSilence(f"Give at most {MOST_MATCHERS} matchers.", field="matchers")
    return [_checked(index, matcher) for index, matcher in enumerate(matchers)]


def _checked(index: int, matcher: Mapping[str, Any]) -> dict[str, str]:
    name, operator, value = (matcher.get(key) for key in ("name", "operator", "value"))
    where = f"matchers[{index}]"
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME:
        raise UnfitSilence(f"Give a name of up to {LONGEST_NAME} characters.", field=f"{where}.name")
    if operator not in OPERATORS:
        raise UnfitSilence(f"Allowed values: {', '.join(OPERATORS)}.", field=f"{where}.operator")
    if not isinstance(value, str) or len(value) > LONGEST_VALUE:
        raise UnfitSilence(f"Give text of up to {LONGEST_VALUE} characters.", field=f"{where}.value")
    if operator in ("=~", "!~"):
        _check_pattern(value, f"{where}.value")
    return {"name": name, "operator": str(operator), "value": value}


def _check_pattern(pattern: str, where: str) -> None:
    """Refuse patterns that could take long: they are tried on whatever anybody sends."""
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise UnfitSilence(f"This isn't a regular expression: {error}.", field=where) from error
    plain = _ESCAPED.sub("_", pattern)
    if _REPEATED_GROUP.search(plain) or _BACKWARDS.search(plain) or len(_CHOICE.findall(plain)) > MOST_CHOICES:
        text = f"Use no repeated groups, no references and at most {MOST_CHOICES} of *, +, ?, {{m,n}} and groups."
        raise UnfitSilence(text, field=where)
