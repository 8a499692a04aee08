"""The verdict on a plan as its page puts it: a headline, and what else there is to say. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FITS = "The goal fits."
HEADLINES = {
    "feasible": FITS,
    "reached": "Nothing is left to learn.",
    "no_resources": "Not all of the goal is taught by what is offered.",
}
NO_TIME = "The goal doesn’t fit the time."


@dataclass(frozen=True)
class VerdictWords:
    feasible: bool
    headline: str
    text: str


def verdict_words(verdict: Any) -> VerdictWords | None:
    """What the box says; None where a plan has no verdict. A text that begins as its headline goes on from there."""
    if not isinstance(verdict, Mapping) or not verdict.get("text"):
        return None
    feasible = bool(verdict.get("feasible"))
    headline = HEADLINES.get(str(verdict.get("code", "")), FITS if feasible else NO_TIME)
    text = str(verdict["text"])
    rest = text.removeprefix(FITS.rstrip(".")).lstrip(".: ") if headline == FITS else text
    return VerdictWords(feasible, headline, rest[:1].upper() + rest[1:])
