"""Passages made from small documents, as a search gives them, and what is composed of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agents.providers.base import Passage, PassageSentence
from agents.providers.extraction import Composition, compose
from agents.retrieval.blocks import markdown_blocks
from agents.retrieval.chunking import ChunkSpan, chunk_text, sentence_text
from agents.retrieval.loading import load_text

OFFSET = 100


def passage(
    text: str, scores: Mapping[str, float], *, number: int = 1, title: str = "Leave", **options: Any
) -> Passage:
    """The only passage of a text without headings."""
    (found,) = document(text, scores, number=number, title=title, **options)
    return found


def document(
    text: str,
    scores: Mapping[str, float],
    *,
    number: int = 1,
    title: str = "Leave",
    max_tokens: int = 230,
    **options: Any,
) -> list[Passage]:
    """A document's passages, numbered from ``number``; a sentence that has none of the words in ``scores`` scores .1."""
    path = options.pop("path", f"{title}.md")
    source = load_text(text, path, title=title)
    blocks = source.blocks if not path.endswith(".md") else tuple(markdown_blocks(source.text))
    chunks = chunk_text(source.text, blocks, title, max_tokens=max_tokens)
    return [_passage(chunk, scores, number + place, title, path, options) for place, chunk in enumerate(chunks)]


def _passage(
    chunk: ChunkSpan, scores: Mapping[str, float], number: int, title: str, path: str, options: Mapping[str, Any]
) -> Passage:
    sentences = []
    for span in chunk.sentences:
        words = sentence_text(
            chunk.text, type(span)(span.start - chunk.start, span.end - chunk.start, span.kind, span.context)
        )
        score = next((score for word, score in scores.items() if word in words), 0.1)
        sentences.append(PassageSentence(words, span.start + OFFSET, span.end + OFFSET, score, span.kind, span.context))
    given = {"score": 0.9, "document_id": title} | options
    return Passage(
        number=number, id=str(number), path=path, title=title, heading=chunk.heading, text=chunk.text,
        start=chunk.start + OFFSET, end=chunk.end + OFFSET, sentences=sentences, **given,
    )  # fmt: skip


def answer(question: str, *passages: Passage, answerable: bool = True, searched: int = 40) -> Composition:
    return compose(question, passages, answerable, searched)
