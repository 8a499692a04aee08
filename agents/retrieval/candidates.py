"""The two legs of search in SQL: comparison of vectors, and BM25 over the postings."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import InternalError, OperationalError, connections
from pgvector import Vector

from agents.embeddings.base import Vectors
from agents.retrieval import vector_index
from agents.retrieval.chunking import SentenceKind
from agents.retrieval.corpus import LEG_SIZE, Corpus
from agents.retrieval.filters import UNFILTERED, SearchFilters
from agents.retrieval.lexical import K1, MOST_POSTINGS, B, weighted_terms
from agents.retrieval.models import IndexVersion
from agents.retrieval.selectors import ALIAS

logger = logging.getLogger(__name__)

# Where only some terms lead, so many of the chunks they propose are scored by all terms to find the best.
LED_SIZE = 200
EXACT_DISTANCE = "embedding <#> %(vector)s::vector"

# The limits inside of lateral joins keep the planner from reading whole terms where single postings are asked for.
# Numbers are cast because PostgreSQL takes a plain 0.5 as numeric, whose arithmetic is many times slower.
_BM25 = """asked.weight * posting.frequency * (%(k1)s::float8 + 1)
    / (posting.frequency + %(k1)s::float8 * (1 - %(b)s::float8 + %(b)s::float8 * posting.length / %(average)s::float8))"""
_CANDIDATES = """
WITH asked AS (
  SELECT * FROM unnest(%(terms)s::text[], %(weights)s::float8[], %(leading)s::bool[]) AS asked(term, weight, leads)
), dense AS (
  SELECT id FROM retrieval_chunk chunk
  WHERE version_id = %(version)s AND organization_id = %(organization)s AND {condition}
  ORDER BY {distance} LIMIT %(leg)s
), led AS (
  SELECT posting.chunk_id AS id, sum({bm25}) AS score
  FROM asked CROSS JOIN LATERAL (
    SELECT chunk_id, frequency, length FROM retrieval_posting
    WHERE version_id = %(version)s AND organization_id = %(organization)s AND term = asked.term LIMIT %(most)s
  ) posting
  WHERE asked.leads GROUP BY posting.chunk_id
), best_led AS (
  SELECT id FROM led WHERE {allowed} ORDER BY score DESC, id LIMIT %(led)s
), drawn AS (
  SELECT id FROM dense UNION SELECT id FROM best_led
), scored AS (
  SELECT drawn.id, sum({bm25}) AS score, array_agg(asked.term ORDER BY asked.term) AS terms
  FROM drawn CROSS JOIN asked CROSS JOIN LATERAL (
    SELECT frequency, length FROM retrieval_posting
    WHERE version_id = %(version)s AND organization_id = %(organization)s AND term = asked.term AND chunk_id = drawn.id
    LIMIT 1
  ) posting
  GROUP BY drawn.id
), worded AS (
  SELECT id FROM best_led JOIN scored USING (id) ORDER BY score DESC, id LIMIT %(leg)s
), proposed AS (
  SELECT id FROM dense UNION SELECT id FROM worded
)
SELECT chunk.id, chunk.uuid, chunk.document_id, chunk.collection, chunk.path, chunk.title, chunk.heading,
  chunk.text, chunk.start, chunk."end", chunk.dated, -(chunk.embedding <#> %(vector)s::vector),
  coalesce(scored.score, 0), coalesce(scored.terms, '{{}}')
FROM proposed JOIN retrieval_chunk chunk ON chunk.id = proposed.id LEFT JOIN scored ON scored.id = chunk.id
ORDER BY chunk.id
"""
_ALLOWED = """id IN (
    SELECT id FROM retrieval_chunk chunk
    WHERE version_id = %(version)s AND organization_id = %(organization)s AND {condition})"""

_SENTENCES = """
SELECT chunk_id, start, "end", kind, context,
  -(embedding <#> %(vector)s::halfvec), -(bare_embedding <#> %(vector)s::halfvec)
FROM retrieval_sentence WHERE chunk_id = ANY(%(chunks)s) ORDER BY chunk_id, ordinal
"""


@dataclass(frozen=True)
class Candidate:
    """A chunk that a leg proposed: cosine with the question, BM25 score, and which of the question's terms it has."""

    pk: int
    uuid: str
    document_id: str
    collection: str
    path: str
    title: str
    heading: str
    text: str
    start: int
    end: int
    dated: date | None
    dense: float
    bm25: float
    terms: tuple[str, ...]


@dataclass(frozen=True)
class CandidateSentence:
    """A sentence of a candidate with its cosines: ``prefixed`` with the title path, ``bare`` without."""

    start: int
    end: int
    kind: SentenceKind
    context: str
    prefixed: float
    bare: float


def candidates(
    version: IndexVersion, corpus: Corpus, vector: Vectors, terms: Sequence[str], filters: SearchFilters
) -> list[Candidate]:
    """Up to fifty chunks nearest to the vector and up to fifty best by BM25, each with both scores.

    Word scores are those of the organisation's whole corpus, whatever narrows the search. An approximate vector index
    that fails is done without.
    """
    weighted = weighted_terms(version, corpus, terms)
    parameters: dict[str, Any] = {
        "version": version.pk,
        "organization": corpus.organization_id,
        "vector": Vector(vector).to_text(),
        "terms": [term.text for term in weighted],
        "weights": [term.weight for term in weighted],
        "leading": [term.leading for term in weighted],
        "most": MOST_POSTINGS,
        "leg": LEG_SIZE,
        "led": LEG_SIZE if all(term.leading for term in weighted) else LED_SIZE,
        "average": corpus.average_length,
        "k1": K1,
        "b": B,
        **filters.parameters,
    }
    if vector_index.is_quicker(version, corpus, filters):
        try:
            return _read(filters, parameters, vector_index.distance(version), vector_index.SCANNING)
        except (InternalError, OperationalError) as error:
            logger.warning("The vector index of %s can't be read, searching without it: %s", version.name, error)
    return _read(filters, parameters, EXACT_DISTANCE)


def _read(filters: SearchFilters, parameters: dict[str, Any], distance: str, settings: str = "") -> list[Candidate]:
    allowed = "true" if filters == UNFILTERED else _ALLOWED.format(condition=filters.condition)
    statement = _CANDIDATES.format(condition=filters.condition, allowed=allowed, distance=distance, bm25=_BM25)
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(settings + statement, parameters)
        vector_index.to_last_result(cursor)
        return [_candidate(*row) for row in cursor.fetchall()]


def _candidate(pk: int, uuid: UUID, *described: Any) -> Candidate:
    *columns, matched = described
    values: list[Any] = [pk, str(uuid), *columns, tuple(matched)]
    return Candidate(*values)


def candidate_sentences(chunks: Sequence[Candidate], vector: Vectors) -> dict[int, list[CandidateSentence]]:
    """The sentences of chunks, in order, by the chunk's primary key."""
    found: dict[int, list[CandidateSentence]] = defaultdict(list)
    parameters: dict[str, Any] = {"vector": Vector(vector).to_text(), "chunks": [chunk.pk for chunk in chunks]}
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(_SENTENCES, parameters)
        for chunk_id, *values in cursor.fetchall():
            found[chunk_id].append(CandidateSentence(*values))
    return found
