"""The two legs of search in SQL: exact vector comparison, and BM25 over the postings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connections
from pgvector import Vector

from agents.embeddings.base import Vectors
from agents.retrieval.chunking import SentenceKind
from agents.retrieval.models import CorpusStatistics, IndexVersion
from agents.retrieval.selectors import ALIAS

# How many each leg proposes.
LEG_SIZE = 50
# Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), with the usual values.
BM25_K1 = 1.2
BM25_B = 0.75

# Numbers are cast because PostgreSQL takes a plain 0.5 as numeric, whose arithmetic is many times slower.
_CANDIDATES = """
WITH corpus AS (
  SELECT chunk_count AS chunks, greatest(term_total::float8 / greatest(chunk_count, 1), 1) AS average
  FROM retrieval_corpusstatistics WHERE version_id = %(version)s AND organization_id = %(organization)s
), matched AS (
  SELECT chunk_id, term, frequency, length, count(*) OVER (PARTITION BY term) AS chunks_with
  FROM retrieval_posting
  WHERE version_id = %(version)s AND organization_id = %(organization)s AND term = ANY(%(terms)s)
), lexical AS (
  SELECT chunk_id, sum(
    ln(1 + (chunks - chunks_with + 0.5::float8) / (chunks_with + 0.5::float8)) * frequency * (%(k1)s::float8 + 1)
    / (frequency + %(k1)s::float8 * (1 - %(b)s::float8 + %(b)s::float8 * length / average))) AS score
  FROM matched, corpus GROUP BY chunk_id
), dense AS (
  SELECT id FROM retrieval_chunk
  WHERE version_id = %(version)s AND organization_id = %(organization)s
    AND (%(collection)s::text IS NULL OR collection = %(collection)s)
  ORDER BY embedding <#> %(vector)s::vector LIMIT %(leg)s
), worded AS (
  SELECT lexical.chunk_id AS id FROM lexical JOIN retrieval_chunk chunk ON chunk.id = lexical.chunk_id
  WHERE %(collection)s::text IS NULL OR chunk.collection = %(collection)s
  ORDER BY lexical.score DESC, lexical.chunk_id LIMIT %(leg)s
), proposed AS (
  SELECT id FROM dense UNION SELECT id FROM worded
), named AS (
  SELECT id, array_agg(term) AS terms FROM proposed JOIN matched ON chunk_id = id GROUP BY id
)
SELECT chunk.id, chunk.uuid, chunk.document_id, chunk.collection, chunk.path, chunk.title, chunk.heading,
  chunk.text, chunk.start, chunk."end", -(chunk.embedding <#> %(vector)s::vector), coalesce(lexical.score, 0),
  coalesce(named.terms, '{}')
FROM proposed
JOIN retrieval_chunk chunk ON chunk.id = proposed.id
LEFT JOIN lexical ON lexical.chunk_id = chunk.id
LEFT JOIN named ON named.id = chunk.id
ORDER BY chunk.id
"""

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


def corpus_size(version: IndexVersion, organization_id: str) -> int:
    """How many chunks an organisation has in a version."""
    found = CorpusStatistics.objects.filter(version=version, organization_id=organization_id)
    return found.values_list("chunk_count", flat=True).first() or 0


def candidates(
    version: IndexVersion, organization_id: str, vector: Vectors, terms: Sequence[str], collection: str | None
) -> list[Candidate]:
    """Up to fifty chunks nearest to the vector and up to fifty best by BM25, each with both scores."""
    parameters: dict[str, Any] = {
        "version": version.pk,
        "organization": organization_id,
        "collection": collection,
        "vector": Vector(vector).to_text(),
        "terms": list(terms),
        "leg": LEG_SIZE,
        "k1": BM25_K1,
        "b": BM25_B,
    }
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(_CANDIDATES, parameters)
        rows = cursor.fetchall()
    return [_candidate(*row) for row in rows]


def _candidate(pk: int, uuid: UUID, *described: Any) -> Candidate:
    *columns, matched = described
    values: list[Any] = [pk, str(uuid), *columns, tuple(sorted(matched))]
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
