"""Cutting prose into sentences by their offsets. Pure, and usable for languages it knows nothing about."""

from __future__ import annotations

import re
from collections.abc import Iterator

MAX_SENTENCE = 600

Span = tuple[int, int]

# Full stops after these never end a sentence; others may, if what follows starts like one.
_ABBREVIATIONS = frozenset(
    [
        "e.g",
        "i.e",
        "cf",
        "vs",
        "mr",
        "mrs",
        "ms",
        "dr",
        "prof",
        "st",
        "no",
        "nr",
        "fig",
        "sec",
        "ch",
        "vol",
        "approx",
        "est",
        "dept",
        "resp",
        "incl",
        "excl",
        "min",
        "max",
        "ca",
        "z.b",
        "d.h",
        "bzw",
    ]
)
_FULL_WIDTH = "\u3002\uff01\uff1f"  # ideographic full stop, exclamation and question marks
_BOUNDARY = re.compile(rf"[.!?…]+[\"'”\u2019»)\]*_`]*(?=\s)|[{_FULL_WIDTH}]+[」』\uff09]*")
_NUMBER_AFTER = ("", "\n", ".", "!", "?", ":")
_LAST_WORD = re.compile(r"[\w.]+$")
_OPENING = re.compile(r"\s*[\"'“\u2018«(\[*_`>]*")


def sentence_spans(text: str) -> list[Span]:
    """Offsets of the sentences of a paragraph, blanks between them left out; none is longer than 600 characters."""
    spans: list[Span] = []
    for start, end in _between(text, _boundaries(text)):
        spans.extend(cut(text, start, end, MAX_SENTENCE))
    return spans


def _boundaries(text: str) -> Iterator[int]:
    for match in _BOUNDARY.finditer(text):
        if match.group()[0] in _FULL_WIDTH or _ends_sentence(text, match):
            yield match.end()


def _ends_sentence(text: str, match: re.Match[str]) -> bool:
    opening = _OPENING.match(text, match.end())
    following = text[opening.end() : opening.end() + 1] if opening else ""
    if following.islower():
        return False
    if match.group()[0] != ".":
        return True
    word = _LAST_WORD.search(text, max(0, match.start() - 30), match.start())
    if word is None:
        return True
    before = word.group().lower()
    # "J. Smith", and "1. First", whose number opens a line or follows a sentence.
    initial = len(before) == 1 and before.isalpha() and word.group().isupper() and before != "i"
    numbered = before.isdigit() and text[max(0, word.start() - 100) : word.start()].rstrip(" \t")[-1:] in _NUMBER_AFTER
    return not (before in _ABBREVIATIONS or initial or numbered)


def _between(text: str, boundaries: Iterator[int]) -> Iterator[Span]:
    start = 0
    for boundary in (*boundaries, len(text)):
        if trimmed := trim(text, start, boundary):
            yield trimmed
        start = boundary


def trim(text: str, start: int, end: int) -> Span | None:
    """The span without blanks at either end; None if nothing is left."""
    part = text[start:end]
    stripped = part.strip()
    if not stripped:
        return None
    start += len(part) - len(part.lstrip())
    return start, start + len(stripped)


def cut(text: str, start: int, end: int, limit: int) -> Iterator[Span]:
    """Pieces of at most ``limit`` characters, cut at line breaks, else at semicolons or commas, else between words."""
    while end - start > limit:
        stop = start + _cut_at(text[start : start + limit + 1], limit)
        if trimmed := trim(text, start, stop):
            yield trimmed
        start = stop
    if trimmed := trim(text, start, end):
        yield trimmed


def _cut_at(window: str, limit: int) -> int:
    for separator in ("\n", "; ", ", ", " "):
        position = window.rfind(separator, limit // 2, limit + 1)
        if position > 0:
            return min(limit, position + len(separator))
    return limit
