"""Which passages an answer rests on, as clients see them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from agents.providers.base import Passage
from agents.runtime.grounding import MARKER, Grounding, supports

QUOTES_SHOWN = 12


def renumbered(passages: Sequence[Passage], numbers: Sequence[int]) -> list[Passage]:
    """The passages in a new order, those in ``numbers`` first, numbered from 1."""
    rank = {number: position for position, number in enumerate(numbers)}
    ordered = sorted(passages, key=lambda passage: rank.get(passage.number, len(rank)))
    return [dataclasses.replace(passage, number=position) for position, passage in enumerate(ordered, start=1)]


def citations(
    passages: Sequence[Passage], grounding: Grounding, answer_text: str, *, cite_shown: bool
) -> list[dict[str, Any]]:
    """The passages cited, then those that support an uncited sentence; a model's answer that has neither cites what
    it was shown, marked ``basis: "shown"``, if ``cite_shown``."""
    basis = dict.fromkeys(grounding.cited, "cited") | dict.fromkeys(grounding.supported_by, "matched")
    if not basis and cite_shown:
        basis = {passage.number: "shown" for passage in passages}
    by_number = {passage.number: passage for passage in passages}
    return [citation(by_number[number], answer_text, kind) for number, kind in basis.items()]


def citation(passage: Passage, answer_text: str, basis: str) -> dict[str, Any]:
    """A citation as clients see it; ``quote`` is the part of the passage that the answer rests on, where one is found,
    and ``marks`` are its offsets in the document."""
    plain = MARKER.sub("", answer_text)
    quoted = [sentence for sentence in passage.sentences if sentence.text.strip() and supports(plain, sentence.text)]
    if not quoted and passage.sentences:
        quoted = [max(passage.sentences, key=lambda sentence: sentence.score)]
    return {
        "id": passage.id,
        "number": passage.number,
        "document_id": passage.document_id,
        "path": passage.path,
        "title": passage.title,
        "heading": passage.heading,
        "text": passage.text,
        "start": passage.start,
        "end": passage.end,
        "score": round(passage.score, 4),
        "quote": " … ".join(sentence.text for sentence in quoted[:QUOTES_SHOWN]),
        "marks": [[sentence.start, sentence.end] for sentence in quoted[:QUOTES_SHOWN]],
        "basis": basis,
    }
