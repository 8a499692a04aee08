"""Cutting prose into sentences by their offsets. Pure, and usable for languages it knows nothing about."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

MAX_SENTENCE = 600
# Thai, Lao, Burmese and Khmer put blanks between phrases and hardly mark sentences; a phrase or two is one here.
MAX_UNMARKED = 160

Span = tuple[int, int]

# Full stops after these never end a sentence; others may, if what follows starts like one.
_ABBREVIATIONS = frozenset(
    """e.g i.e cf vs mr mrs ms dr prof st no nr fig sec ch vol approx est dept resp incl excl min max ca
    z.b d.h bzw vgl ggf evtl inkl zzgl abs art usw u.a o.ä mio mrd std tel str
    г ул рис руб тыс млн т.е т.д т.п им стр""".split()  # noqa: SIM905
)
# Ideographic full stop, exclamation and question marks, and its half-width form; the danda of Indic scripts and the
# Khmer and Burmese full stops. No blank need follow them.
_FULL_WIDTH = "\u3002\uff01\uff1f\uff61\u0964\u0965\u17d4\u104b"
# Arabic question mark and full stop, Ethiopic full stop.
_STOPS = ".!?…\u061f\u06d4\u1362"
# A run of stops is looked at once, from its start: a line of a million full stops takes no longer than one of words.
_BOUNDARY = re.compile(
    rf"(?<![{_STOPS}])[{_STOPS}]++[\"'“”\u2019»)\]*_`]*+(?=\s)|[{_FULL_WIDTH}]++[」』\uff09\u201d\u2019]*+"
)
_UNMARKED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
# "am 14. März": an ordinal number.
_ORDINAL = re.compile(
    r"\s+(?:Jan|Feb|Mär|Apr|Mai\b|Jun[ i]|Jul[ i]|Aug|Sep|Okt|Nov|Dez|Jahrhundert|Quartal|Tag\b|Kapitel|Klasse)"
)
_NUMBER_AFTER = ("", "\n", ".", "!", "?", ":")
# Those of Arabic, Chinese and Japanese among them.
_SEPARATORS = ("\n", "; ", "\u061b ", "\uff1b", ", ", "\u060c ", "\uff0c", "\u3001", " ")
_LAST_WORD = re.compile(r"[\w.]+$")
_OPENING = re.compile(r"\s*[\"'“„\u2018«(\[*_`>¿¡]*")


def sentence_spans(text: str) -> list[Span]:
    """Offsets of the sentences of a paragraph, blanks between them left out; none is longer than 600 characters, and
    in scripts that don't mark sentences none is longer than 160."""
    spans: list[Span] = []
    for start, end in _between(text, _boundaries(text)):
        unmarked = end - start > MAX_UNMARKED and _is_unmarked(text[start:end])
        spans.extend(cut(text, start, end, MAX_UNMARKED if unmarked else MAX_SENTENCE))
    return spans


def _is_unmarked(text: str) -> bool:
    return len(_UNMARKED.findall(text)) * 2 > len(text)


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
    ordinal = before.isdigit() and len(before) < 3 and _ORDINAL.match(text, match.end()) is not None
    return not (before in _ABBREVIATIONS or initial or numbered or ordinal)


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
    """Pieces of at most ``limit`` characters, cut at line breaks, else at semicolons or commas, else between words,
    else before a character that isn't a mark on the one before it."""
    while end - start > limit:
        stop = start + _cut_at(text[start : start + limit + 1], limit)
        if trimmed := trim(text, start, stop):
            yield trimmed
        start = stop
    if trimmed := trim(text, start, end):
        yield trimmed


def _cut_at(window: str, limit: int) -> int:
    for separator in _SEPARATORS:
        position = window.rfind(separator, limit // 2, limit + 1)
        if position > 0:
            return min(limit, position + len(separator))
    for position in range(limit, max(1, limit // 2), -1):
        if unicodedata.category(window[position]) not in ("Mn", "Mc", "Me"):
            return position
    return limit
