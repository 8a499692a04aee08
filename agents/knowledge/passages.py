"""What searches find: as passages for models to be shown and answers to cite, and in short for readers."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from django.db.models import QuerySet

from agents.providers.base import Passage, PassageSentence
from agents.providers.extraction_question import Question
from agents.providers.extraction_steps import is_about
from agents.retrieval.chunking import SentenceKind, SentenceSpan, sentence_text
from agents.retrieval.errors import IndexVersionError
from agents.retrieval.models import Chunk, Sentence
from agents.retrieval.search import Hit, SearchResult
from agents.retrieval.selectors import document_chunks, version_named

# Passages beside those found, so that what they begin or end in the middle of is whole.
MAX_BESIDE = 6
# Only the first ones found are worth completing.
COMPLETED = 3
# As many passages as a list or a block of code may go on for, either way.
REACH = 3
# Steps may be anywhere in a document; of a long one its beginning is looked at.
DOCUMENT_CHUNKS = 30


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
            dated=hit.dated,
            sentences=[
                PassageSentence(item.text, item.start, item.end, item.score, item.kind, item.context)
                for item in hit.sentences
            ],
        )
        for number, hit in enumerate(hits, start=1)
    ]


def passages_completed(
    passages: Sequence[Passage], *, organization_id: str, question: str, index_version: str
) -> list[Passage]:
    """The passages, and after them those that complete the first ones: the rest of their sections and, where steps are
    asked for that the first document is about, its other sections. They are marked as not relevant.

    Raises DatabaseError.
    """
    first = [passage for passage in passages if passage.relevant][:COMPLETED]
    if not first:
        return list(passages)
    try:
        version = version_named(index_version)
    except IndexVersionError:
        return list(passages)
    asked = Question.parse(question)
    beside: list[Chunk] = []
    for place, passage in enumerate(first):
        chunks = document_chunks(organization_id=organization_id, document_id=passage.document_id, version=version)
        beside += _around(chunks.filter(heading=passage.heading), passage)
        if place == 0 and asked.wants_steps and is_about(asked, passage.title):
            beside += chunks[:DOCUMENT_CHUNKS]
    known = {(passage.document_id, passage.start) for passage in passages}
    new = {(chunk.document_id, chunk.start): chunk for chunk in beside}
    wanted = [chunk for place, chunk in new.items() if place not in known][:MAX_BESIDE]
    owners = {passage.document_id: passage.owner for passage in passages}
    added = passages_from_chunks(wanted, sentences=True)
    return [
        *passages,
        *(
            replace(each, number=each.number + len(passages), relevant=False, owner=owners[each.document_id])
            for each in added
        ),
    ]


def _around(section: QuerySet[Chunk], passage: Passage) -> list[Chunk]:
    """The chunks of a section that a passage may need: a list or code may go on in them, a sentence refer back to them.
    Rows of a table stand for themselves."""
    if not passage.sentences:
        return []
    first, last = passage.sentences[0], passage.sentences[-1]
    before = REACH if first.kind in ("item", "code") else int(first.kind == "prose")
    after = REACH if last.kind in ("item", "code") or last.text.endswith(":") else 0
    return [
        *section.filter(start__lt=passage.start).order_by("-ordinal")[:before],
        *section.filter(start__gt=passage.start).order_by("ordinal")[:after],
    ]


def passages_from_chunks(chunks: Sequence[Chunk], *, sentences: bool = False) -> list[Passage]:
    """Chunks as passages, numbered from 1; they weren't searched for, so they have no score."""
    spans = _sentences(chunks) if sentences else {}
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
            dated=chunk.dated,
            sentences=spans.get(chunk.pk, ()),
        )
        for number, chunk in enumerate(chunks, start=1)
    ]


def _sentences(chunks: Sequence[Chunk]) -> dict[int, list[PassageSentence]]:
    """Each chunk's sentences, without scores, by the chunk's id."""
    by_id = {chunk.pk: chunk for chunk in chunks}
    rows = Sentence.objects.filter(chunk_id__in=by_id).order_by("chunk_id", "ordinal")
    found: dict[int, list[PassageSentence]] = defaultdict(list)
    for pk, start, end, kind, context in rows.values_list("chunk_id", "start", "end", "kind", "context"):
        chunk = by_id[pk]
        span = SentenceSpan(start - chunk.start, end - chunk.start, cast(SentenceKind, kind), context)
        found[pk].append(PassageSentence(sentence_text(chunk.text, span), start, end, 0.0, kind, context))
    return found


def summary_of(result: SearchResult) -> dict[str, Any]:
    """A search as the event ``tool.result`` tells it."""
    relevant = [hit for hit in result.hits if hit.relevant]
    return {
        "summary": progress(result),
        "found": [{"path": hit.path, "heading": hit.heading, "score": round(hit.score, 3)} for hit in relevant],
        "index_version": result.index_version,
        "elapsed_ms": round(result.elapsed_ms, 1),
    }


def evidence_of(result: SearchResult) -> list[dict[str, Any]]:
    """What a search found, as the ledger keeps it: where each passage stood, and a digest of its text."""
    return [
        {
            **_place({**vars(hit), "document": hit.document_id}),
            "chunk": hit.id,
            "score": hit.score,
            "relevant": hit.relevant,
        }
        for hit in result.hits
    ]


def citation_evidence(citation: Mapping[str, Any]) -> dict[str, Any]:
    """A citation of an answer, as the ledger keeps it; ``number`` is its marker."""
    told = {"chunk": citation["id"], "number": citation["number"], "basis": citation["basis"]}
    return {**_place({**citation, "document": citation["document_id"]}), **told}


def _place(passage: Mapping[str, Any]) -> dict[str, Any]:
    """Where a passage stood, and the SHA-256 of its text, hexadecimal."""
    place = {name: passage[name] for name in ("document", "path", "title", "heading", "start", "end")}
    return {**place, "text_sha256": hashlib.sha256(passage["text"].encode()).hexdigest()}


def progress(result: SearchResult) -> str:
    """A search in one line."""
    relevant = sum(hit.relevant for hit in result.hits)
    if not result.searched:
        return "There are no indexed documents to search."
    passages = "passage looks" if relevant == 1 else "passages look"
    return f"Searched {result.searched} passages; {relevant or 'no'} {passages} relevant."
