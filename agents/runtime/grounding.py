"""Checks a model's answer against the passages it was shown, sentence by sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from agents.providers.base import Passage

MARKER = re.compile(r"\s?\[(\d{1,3})\]")
_SENTENCE_END = re.compile(r"(?<=[.!?])(?:\s?\[\d{1,3}\])*\s+|\n+")
_WORD = re.compile(r"[^\W_]+(?:[.'-][^\W_]+)*")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")

# What is in brackets in code cites nothing: ``argv[1]``. A character that no text has stands for the bracket meanwhile.
_CODE = re.compile(r"^[ \t]*(`{3,}|~{3,}).*?(?:^[ \t]*\1|\Z)|`[^`\n]+`", re.MULTILINE | re.DOTALL)
_HIDDEN = "\ue000"

# Share of a sentence's content words that a passage must hold for the passage to count as its source.
SUPPORT_SHARE = 0.6
_CONTENT_WORD_LENGTH = 4


@dataclass(frozen=True)
class Grounding:
    """The answer with impossible citations removed; the passages it cites, in order of first use; the passages that
    support a sentence without being cited; and the sentences that no passage supports."""

    text: str
    cited: list[int] = field(default_factory=list)
    supported_by: list[int] = field(default_factory=list)
    unverified: list[str] = field(default_factory=list)
    invalid: list[int] = field(default_factory=list)


def ground(text: str, passages: Sequence[Passage], outputs: Sequence[str] = ()) -> Grounding:
    """Compare an answer with its passages. A sentence without a valid citation is looked up by its words and numbers.

    ``outputs`` are what tools gave back: a sentence that one of them supports is verified, without a citation.
    """
    known = {passage.number: passage for passage in passages}
    invalid: list[int] = []
    text = _CODE.sub(lambda code: code.group().replace("[", _HIDDEN), text)

    def keep(match: re.Match[str]) -> str:
        number = int(match.group(1))
        if number in known:
            return match.group()
        invalid.append(number)
        return ""

    text = MARKER.sub(keep, text)
    cited = list(dict.fromkeys(int(number) for number in MARKER.findall(text)))
    supported: dict[int, None] = {}
    unverified: list[str] = []
    for sentence in _sentences(text):
        marked = [known[int(number)] for number in MARKER.findall(sentence)]
        plain = MARKER.sub("", sentence).strip()
        sources = [passage for passage in (marked or passages) if supports(passage.text, plain)]
        if sources and not marked:
            supported.setdefault(sources[0].number)
        elif not sources and not any(supports(output, plain) for output in outputs):
            unverified.append(plain)
    also = [number for number in supported if number not in cited]
    return Grounding(_shown(text), cited, also, [_shown(sentence) for sentence in unverified], invalid)


def _shown(text: str) -> str:
    return text.replace(_HIDDEN, "[")


def supports(source: str, sentence: str) -> bool:
    """Whether a source holds every number and most content words of a sentence. Sentences without either pass."""
    source_words = set(_words(source))
    numbers = set(_NUMBER.findall(sentence))
    if not numbers <= set(_NUMBER.findall(source)):
        return False
    content = [word for word in _words(sentence) if len(word) >= _CONTENT_WORD_LENGTH]
    if not content:
        return True
    return sum(word in source_words for word in content) >= SUPPORT_SHARE * len(content)


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


def _sentences(text: str) -> list[str]:
    """Sentences, each with the citation markers that follow it."""
    starts = [0, *(match.end() for match in _SENTENCE_END.finditer(text)), len(text)]
    parts = (text[start:end].strip() for start, end in pairwise(starts))
    return [part for part in parts if _WORD.search(MARKER.sub("", part))]
