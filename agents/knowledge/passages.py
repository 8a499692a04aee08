"""What searches find: as passages for models to be shown and answers to cite, and in short for readers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agents.providers.base import Passage, PassageSentence
from agents.retrieval.models import Chunk
from agents.retrieval.search import Hit, SearchResult


def passages_of(hits: Sequence[Hit], owners: Mapping[str, str]) -> list[Passage]:
    """Hits as passages, numbered from 1; ``owners`` are those of documents, by document id."""
    return [
        Passage(
            number=number,
            id=hit.id,
            document_id=hit.document_id,
            path=hit.path,
            title=hit.title,
            heading=hit.heading,
            text=hit.text,
            start=hit.start,
            end=hit.end,
            score=hit.score,
            relevant=hit.relevant,
            owner=owners.get(hit.document_id, ""),
            sentences=[PassageSentence(item.text, item.start, item.end, item.score) for item in hit.sentences],
        )
        for number, hit in enumerate(hits, start=1)
    ]


def passages_from_chunks(chunks: Sequence[Chunk]) -> list[Passage]:
    """Chunks as passages, numbered from 1; they weren't searched for, so they have no score."""
    return [
        Passage(
            number=number,
            id=str(chunk.uuid),
            document_id=chunk.document_id,
            path=chunk.path,
            title=chunk.title,
            heading=chunk.heading,
            text=chunk.text,
            start=chunk.start,
            end=chunk.end,
            score=0.0,
        )
        for number, chunk in enumerate(chunks, start=1)
    ]


def summary_of(result: SearchResult) -> dict[str, Any]:
    """A search as the event ``tool.result`` tells it."""
    relevant = [hit for hit in result.hits if hit.relevant]
    return {
        "summary": progress(result),
        "found": [{"path": hit.path, "heading": hit.heading, "score": round(hit.score, 3)} for hit in relevant],
        "index_version": result.index_version,
        "elapsed_ms": round(result.elapsed_ms, 1),
    }


def progress(result: SearchResult) -> str:
    """A search in one line."""
    relevant = sum(hit.relevant for hit in result.hits)
    if not result.searched:
        return "There are no indexed documents to search."
    passages = "passage looks" if relevant == 1 else "passages look"
    return f"Searched {result.searched} passages; {relevant or 'no'} {passages} relevant."
