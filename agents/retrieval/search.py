"""Hybrid search: vectors and BM25, fused, then ranked anew by each passage's best sentence."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import Error as DatabaseError

from agents.embeddings import embedder_named
from agents.embeddings.base import Vectors
from agents.retrieval import ranking
from agents.retrieval.candidates import Candidate, CandidateSentence, candidate_sentences, candidates, corpus_size
from agents.retrieval.chunking import SentenceSpan, sentence_text
from agents.retrieval.errors import IndexUnavailable
from agents.retrieval.models import IndexVersion
from agents.retrieval.selectors import active_version
from aurora_site.core.text.terms import terms

MAX_QUERY_CHARACTERS = 2000
MAX_LIMIT = 50


@dataclass(frozen=True)
class SentenceHit:
    """A sentence of a hit: plain words, and offsets in the document.

    ``score`` is the mean of its cosines with the question, with and without its title path. ``kind`` is prose, item,
    row or code; ``context`` a row's header line or the line that introduces a list.
    """

    text: str
    start: int
    end: int
    score: float
    kind: str = "prose"
    context: str = ""


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A chunk found. ``score`` is 0 to 1; ``why`` has the parts: dense, bm25, sentence, and the terms that matched."""

    id: str
    document_id: str
    collection: str
    path: str
    title: str
    heading: str
    text: str
    start: int
    end: int
    score: float
    relevant: bool
    why: Mapping[str, Any]
    sentences: Sequence[SentenceHit] = ()


@dataclass(frozen=True, kw_only=True)
class SearchResult:
    """``searched`` counts the organisation's chunks; ``answerable`` tells whether the hits hold an answer at all.

    ``vector`` is the question's, by the model that ``embedder`` names; None where nothing was searched.
    """

    query: str
    hits: Sequence[Hit] = field(default_factory=list)
    index_version: str = ""
    searched: int = 0
    elapsed_ms: float = 0.0
    answerable: bool = False
    embedder: str = ""
    vector: Vectors | None = field(default=None, repr=False, compare=False)


def search(*, organization_id: str, query: str, limit: int = 8, collection: str | None = None) -> SearchResult:
    """The best chunks of an organisation's documents for a question, best first, each marked relevant or not.

    Synchronous: it embeds the question and reads the database. An empty question or index finds nothing. Raises
    EmbeddingError, IndexVersionError for a bad pin, and IndexUnavailable when the database can't be used.
    """
    started = time.perf_counter()
    query = " ".join(query.split())[:MAX_QUERY_CHARACTERS]
    try:
        version = active_version()
        if version is None or not query:
            return SearchResult(query=query, index_version=version.name if version else "")
        searched, found, vector = _find(version, organization_id, query, min(max(limit, 1), MAX_LIMIT), collection)
    except DatabaseError as error:
        raise IndexUnavailable(f"The knowledge index can't be used: {type(error).__name__}.") from error
    return SearchResult(
        query=query,
        hits=[_hit(ranked) for ranked in found.hits],
        index_version=version.name,
        searched=searched,
        elapsed_ms=(time.perf_counter() - started) * 1000,
        answerable=found.answerable,
        embedder=version.embedder,
        vector=vector,
    )


def _find(
    version: IndexVersion, organization_id: str, query: str, limit: int, collection: str | None
) -> tuple[int, ranking.Ranking, Vectors | None]:
    searched = corpus_size(version, organization_id)
    if not searched:
        return 0, ranking.Ranking((), answerable=False), None
    vector = embedder_named(version.embedder).embed_query(query)
    wanted = list(dict.fromkeys(terms(query)))
    found = candidates(version, organization_id, vector, [term.text for term in wanted], collection)
    sentences = candidate_sentences(ranking.worth_rescoring(found), vector)
    return searched, ranking.rank(found, sentences, wanted, limit), vector


def _hit(ranked: ranking.Ranked) -> Hit:
    chunk = ranked.candidate
    return Hit(
        id=chunk.uuid,
        document_id=chunk.document_id,
        collection=chunk.collection,
        path=chunk.path,
        title=chunk.title,
        heading=chunk.heading,
        text=chunk.text,
        start=chunk.start,
        end=chunk.end,
        score=round(ranked.score, 4),
        relevant=ranked.relevant,
        why={
            "dense": round(chunk.dense, 4),
            "bm25": round(chunk.bm25, 4),
            "sentence": round(ranked.sentence, 4),
            "terms": list(chunk.terms),
        },
        sentences=[_sentence_hit(chunk, sentence) for sentence in ranked.sentences],
    )


def _sentence_hit(chunk: Candidate, sentence: CandidateSentence) -> SentenceHit:
    start, end = sentence.start - chunk.start, sentence.end - chunk.start
    span = SentenceSpan(start, end, sentence.kind, sentence.context)
    return SentenceHit(
        text=sentence_text(chunk.text, span),
        start=sentence.start,
        end=sentence.end,
        score=round((sentence.bare + sentence.prefixed) / 2, 4),
        kind=sentence.kind,
        context=sentence.context,
    )
