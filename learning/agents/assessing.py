"""Reads from a message how well a person says they know skills. Pure; what a word counts for stands in ``LEVELS``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from learning.agents.naming import meant, named_in

# What a person's own words count for, on the scale of mastery.
LEVELS = {
    "nothing": 0.0, "none": 0.0, "new to": 0.0,
    "basics": 0.3, "a little": 0.3, "a bit": 0.3, "some": 0.3, "beginner": 0.3, "junior": 0.3,
    "intermediate": 0.5, "fairly well": 0.6, "know": 0.6, "well": 0.75, "good": 0.75, "comfortable": 0.75,
    "very well": 0.9, "fluent": 0.9, "advanced": 0.85, "expert": 0.95,
}  # fmt: skip
_NUMBER = r"(?P<number>0?\.\d+|[01](?:\.0+)?|\d{1,3} ?(?:%|percent))"
_SKILL = r"(?P<skill>[^.?!;:]{1,120}?)"
_END = r"\s*(?:already|now)?[.!]*$"
_PATTERNS = (
    re.compile(rf"\bmy (?:level|knowledge|mastery) (?:in|of|for|at) {_SKILL} is (?:at |about )?{_NUMBER}{_END}", re.I),
    re.compile(rf"\bi(?:'m| am) at {_NUMBER} (?:in|of|for|at) {_SKILL}{_END}", re.I),
    re.compile(
        (
            rf"\bi(?:'m| am) (?:an? )?(?P<word>beginner|expert|intermediate|advanced"
            rf"|fluent|comfortable|good|new to)(?: in| at| with)? {_SKILL}{_END}"
        ),
        re.I,
    ),
    re.compile(
        (
            rf"\bi(?: already)? (?:know|understand|can do) (?P<word>the basics|basics"
            rf"|a little|a bit|some|nothing)(?: of| about)? {_SKILL}{_END}"
        ),
        re.I,
    ),
    re.compile(rf"\bi(?: already)? (?:know|understand) {_SKILL} (?P<word>very well|fairly well|well){_END}", re.I),
    re.compile(rf"\bi(?: already)? (?P<word>know) {_SKILL}{_END}", re.I),
)


def levels_in(text: str, skills: Sequence[str]) -> dict[str, float]:
    """The level that a person gives themselves, for each skill that they name; empty where they don't, or name none that
    there is."""
    for pattern in _PATTERNS:
        match = pattern.search(text)
        if match is None:
            continue
        named = named_in(match["skill"], skills)
        one = meant(match["skill"], skills).one
        found = named or ([one] if one else [])
        level = _level(match.groupdict())
        if found and level is not None:
            return dict.fromkeys(found, level)
    return {}


def _level(groups: dict[str, str | None]) -> float | None:
    if number := groups.get("number"):
        value = float(re.sub(r"[^\d.]", "", number))
        value = value / 100 if "%" in number or "percent" in number else value
        return value if 0 <= value <= 1 else None
    return LEVELS.get((groups.get("word") or "").lower().removeprefix("the "))
