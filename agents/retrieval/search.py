"""Hybrid search: vectors and BM25, fused, then ranked anew by each passage's best sentence and by closeness to the
question's words."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any

from django.db import Error as DatabaseError

from agents.embeddings import token_embedder
from agents.embeddings.base import Vectors
from agents.retrieval import ranking
from agents.retrieval.calibration import calibration_from
from agents.retrieval.candidates import Candidate, CandidateSentence, candidate_sentences, candidates
from agents.retrieval.chunking import SentenceSpan, sentence_text
from agents.retrieval.closeness import closeness, without_redactions, words_seen
from agents.retrieval.corpus import corpus_of
from agents.retrieval.errors import IndexUnavailable
from agents.retrieval.filters import UNFILTERED, SearchFilters
from agents.retrieval.models import IndexVersion
from agents.retrieval.query_vector import query_vector
from agents.retrieval.selectors import active_version
from agents.retrieval.token_store import tokens_of
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
    """A chunk found. ``score`` is 0 to 1, ``also_in`` has the paths of other documents that say the same there.

    ``why`` has the parts: ``dense`` and ``sentence`` (cosines), ``bm25``, ``closeness`` (0 to 1) to the content words and
    to each of them (``words``), and the ``terms`` that matched.
    """

    id: str
    document_id: str
    collection: str
    path: str
    title: str
    heading: str
    text: str
    start: int
    end: int
    dated: date | None
    score: float
    relevant: bool
    why: Mapping[str, Any]
    also_in: Sequence[str] = ()
    sentences: Sequence[SentenceHit] = ()


@dataclass(frozen=True, kw_only=True)
class SearchResult:
    """``searched`` counts the organisation's chunks; ``answerable`` tells whether the hits hold an answer at all, and
    ``verdict`` what that rests on: the signals, their ``log_odds`` and the ``threshold`` (empty without any hit).

    ``vector`` is the question's, by the model that ``embedder`` names; None where nothing was searched, and where
    that model is away: then ``degraded`` says so, and the search went by words alone.
    """

    query: str
    hits: Sequence[Hit] = field(default_factory=list)
    index_version: str = ""
    searched: int = 0
    elapsed_ms: float = 0.0
    answerable: bool = False
    verdict: Mapping[str, float] = field(default_factory=dict)
    embedder: str = ""
    vector: Vectors | None = field(default=None, repr=False, compare=False)
    degraded: str = ""


def search(*, organization_id: str, query: str, limit: int = 8, filters: SearchFilters = UNFILTERED) -> SearchResult:
    """The best chunks of an organisation's documents for a question, best first, each marked relevant or not.

    Synchronous: it embeds the question and reads the database. An empty question or index finds nothing. Raises
    IndexVersionError for a bad pin, and IndexUnavailable when the database can't be used.
    """
    started = time.perf_counter()
    query = " ".join(query.split())[:MAX_QUERY_CHARACTERS]
    try:
        version = active_version()
        if version is None or not query:
            return SearchResult(query=query, index_version=version.name if version else "")
        found = _find(version, organization_id, without_redactions(query), min(max(limit, 1), MAX_LIMIT), filters)
    except DatabaseError as error:
        raise IndexUnavailable(f"The knowledge index can't be used: {type(error).__name__}.") from error
    return replace(found, query=query, elapsed_ms=(time.perf_counter() - started) * 1000)


def _find(version: IndexVersion, organization_id: str, query: str, limit: int, filters: SearchFilters) -> SearchResult:
    corpus = corpus_of(version, organization_id)
    if not corpus.chunks or not query:
        return SearchResult(query=query, index_version=version.name, searched=corpus.chunks, embedder=version.embedder)
    question = token_embedder().embed_question(query)
    own = version.embedder == token_embedder().name
    vector, degraded = (question.vector, "") if own else query_vector(version, query)
    words = words_seen(question, query)
    asked = ranking.Asked(list(dict.fromkeys(terms(query))), [_terms(query[start:end]) for start, end in words])
    found = candidates(version, corpus, vector, [term.text for term in asked.terms], filters)
    if degraded:
        found = [candidate for candidate in found if candidate.terms]
    kept = ranking.worth_rescoring(found)
    sentences = candidate_sentences(kept, vector)
    close = closeness(question, words, tokens_of(kept))
    calibration = calibration_from(version.calibration)
    ranked = ranking.rank(kept, sentences, close, asked, calibration, limit)
    signals = asdict(ranked.signals) if ranked.signals else {}
    return SearchResult(
        query=query,
        hits=[_hit(hit, [query[start:end] for start, end in words]) for hit in ranked.hits],
        index_version=version.name,
        searched=corpus.chunks,
        answerable=ranked.answerable,
        verdict=signals and {**signals, "log_odds": ranked.log_odds, "threshold": calibration.answerable},
        embedder=version.embedder,
        vector=None if degraded else vector,
        degraded=degraded,
    )


def _terms(word: str) -> frozenset[str]:
    return frozenset(term.text for term in terms(word))


def _hit(ranked: ranking.Ranked, words: Sequence[str]) -> Hit:
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
        dated=chunk.dated,
        score=round(ranked.score, 4),
        relevant=ranked.relevant,
        also_in=ranked.also_in,
        why={
            "dense": round(chunk.dense, 4),
            "bm25": round(chunk.bm25, 4),
            "sentence": round(ranked.sentence, 4),
            "signals": asdict(ranked.signals),
            "closeness": round(ranked.closeness.content, 4),
            "words": {word: round(close, 3) for word, close in zip(words, ranked.closeness.words, strict=False)},
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
