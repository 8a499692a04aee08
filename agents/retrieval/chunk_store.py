"""Rows of chunks, sentences and postings. Called by ``indexing`` inside its transactions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

import numpy as np
from django.db import connections
from django.db.models import Count, Sum

from agents.retrieval.chunking import CHUNKER
from agents.retrieval.models import Chunk, IndexVersion, Posting, Sentence
from agents.retrieval.preparing import EmbeddedChunk, PreparedChunk, slices
from agents.retrieval.selectors import ALIAS

if TYPE_CHECKING:
    from agents.retrieval.indexing import IndexDocument

_NAMESPACE = UUID("6f1b2f0e-53d1-5e0c-9d4f-0a8a2f6f7c11")
_BATCH = 500


def stored_fingerprint(document: IndexDocument, version: IndexVersion) -> list[tuple[object, ...]]:
    """What is indexed of a document: hash, offsets, path, title, collection and day of each chunk, in order."""
    rows = Chunk.objects.filter(
        version=version, organization_id=document.organization_id, document_id=document.document_id
    )
    described = rows.values_list("content_hash", "start", "end", "path", "title", "collection", "dated")
    return list(described.order_by("ordinal"))


def embedded_chunks_reuse(
    organization_id: str, version: IndexVersion, prepared: Sequence[PreparedChunk]
) -> dict[str, EmbeddedChunk]:
    """Vectors that the organisation's index already has for these chunks, in any version of the same making."""
    if version.chunker != CHUNKER:
        return {}
    wanted = {chunk.content_hash: len(chunk.sentences) for chunk in prepared}
    found = Chunk.objects.filter(
        organization_id=organization_id,
        content_hash__in=wanted,
        version__embedder=version.embedder,
        version__chunker=CHUNKER,
    )
    chunks = {chunk.content_hash: chunk for chunk in found.only("id", "content_hash", "embedding", "token_vectors")}
    prefixed: dict[int, list[object]] = defaultdict(list)
    bare: dict[int, list[object]] = defaultdict(list)
    ids = [chunk.pk for chunk in chunks.values()]
    for sentence in Sentence.objects.filter(chunk_id__in=ids).order_by("chunk_id", "ordinal"):
        prefixed[sentence.chunk_id].append(sentence.embedding)
        bare[sentence.chunk_id].append(sentence.bare_embedding)
    return {
        content_hash: EmbeddedChunk(
            np.asarray(chunk.embedding, dtype=np.float32),
            _matrix(prefixed[chunk.pk], version),
            _matrix(bare[chunk.pk], version),
            bytes(chunk.token_vectors),
        )
        for content_hash, chunk in chunks.items()
        if len(prefixed[chunk.pk]) == wanted[content_hash]
    }


def _matrix(rows: Sequence[object], version: IndexVersion) -> np.ndarray:
    return np.array(rows, dtype=np.float32).reshape(len(rows), version.dimension)


def document_chunks_delete(organization_id: str, document_id: str, version: IndexVersion) -> int:
    """Deletes a document's chunks from a version and takes them out of the statistics; how many they were."""
    chunks, terms = _rows_delete(organization_id, document_id, version)
    if chunks:
        _statistics_add(version, organization_id, chunks=-chunks, terms=-terms)
    return chunks


def document_chunks_replace(
    document: IndexDocument, version: IndexVersion, prepared: Sequence[PreparedChunk], vectors: Iterator[EmbeddedChunk]
) -> None:
    """Puts a document's chunks in the place of those it had, piece by piece; ``vectors`` are those of ``prepared``.

    The statistics come last, in one step: other writers of the organisation wait for whoever changed them.
    """
    chunks, terms = _rows_delete(document.organization_id, document.document_id, version)
    uuids = _uuids(document, version, prepared)
    written = sum(_rows_insert(document, version, piece, uuids, vectors) for piece in slices(prepared))
    _statistics_add(version, document.organization_id, chunks=len(prepared) - chunks, terms=written - terms)


def _rows_delete(organization_id: str, document_id: str, version: IndexVersion) -> tuple[int, int]:
    """How many chunks went, and how many terms they had."""
    chunks = Chunk.objects.filter(version=version, organization_id=organization_id, document_id=document_id)
    counted = chunks.aggregate(chunks=Count("id"), terms=Sum("term_count"))
    Posting.objects.filter(chunk_id__in=chunks.values("id"))._raw_delete(ALIAS)
    Sentence.objects.filter(chunk_id__in=chunks.values("id"))._raw_delete(ALIAS)
    chunks._raw_delete(ALIAS)
    return counted["chunks"], counted["terms"] or 0


def _rows_insert(
    document: IndexDocument,
    version: IndexVersion,
    prepared: Sequence[PreparedChunk],
    uuids: Iterator[UUID],
    vectors: Iterator[EmbeddedChunk],
) -> int:
    """Inserts chunks with sentences and postings; how many terms they have."""
    embedded = list(islice(vectors, len(prepared)))
    terms = [chunk.terms for chunk in prepared]
    rows = [
        _chunk_row(document, version, chunk, next(uuids), vector, sum(counted.values()))
        for chunk, vector, counted in zip(prepared, embedded, terms, strict=True)
    ]
    Chunk.objects.bulk_create(rows, batch_size=_BATCH)
    sentences = [
        sentence
        for row, chunk, vector in zip(rows, prepared, embedded, strict=True)
        for sentence in _sentence_rows(row.pk, chunk, vector)
    ]
    Sentence.objects.bulk_create(sentences, batch_size=_BATCH)
    _postings_insert(document.organization_id, version, rows, terms)
    return sum(row.term_count for row in rows)


def _uuids(document: IndexDocument, version: IndexVersion, prepared: Sequence[PreparedChunk]) -> Iterator[UUID]:
    """The same passage of the same document keeps its id, so that stored citations still find it."""
    seen: dict[str, int] = defaultdict(int)
    for chunk in prepared:
        seen[chunk.content_hash] += 1
        place = f"{version.pk}:{document.organization_id}:{document.document_id}"
        yield uuid5(_NAMESPACE, f"{place}:{chunk.content_hash}:{seen[chunk.content_hash]}")


def _chunk_row(
    document: IndexDocument,
    version: IndexVersion,
    chunk: PreparedChunk,
    uuid: UUID,
    embedded: EmbeddedChunk,
    term_count: int,
) -> Chunk:
    return Chunk(
        uuid=uuid,
        version=version,
        organization_id=document.organization_id,
        document_id=document.document_id,
        collection=document.collection,
        path=document.path,
        title=document.title,
        heading=chunk.span.heading,
        dated=document.dated,
        ordinal=chunk.span.ordinal,
        text=chunk.span.text,
        start=chunk.span.start,
        end=chunk.span.end,
        content_hash=chunk.content_hash,
        term_count=term_count,
        embedding=embedded.vector,
        token_vectors=embedded.token_vectors,
    )


def _sentence_rows(chunk_id: int, chunk: PreparedChunk, embedded: EmbeddedChunk) -> Iterator[Sentence]:
    for ordinal, sentence in enumerate(chunk.sentences):
        yield Sentence(
            chunk_id=chunk_id,
            ordinal=ordinal,
            start=sentence.span.start,
            end=sentence.span.end,
            kind=sentence.span.kind,
            context=sentence.span.context,
            embedding=embedded.prefixed[ordinal],
            bare_embedding=embedded.bare[ordinal],
        )


def _postings_insert(
    organization_id: str, version: IndexVersion, rows: Sequence[Chunk], terms: Sequence[Mapping[str, int]]
) -> None:
    ids, words, frequencies, lengths = [], [], [], []
    for row, counted in zip(rows, terms, strict=True):
        for term, frequency in counted.items():
            ids.append(row.pk)
            words.append(term)
            frequencies.append(frequency)
            lengths.append(row.term_count)
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {Posting._meta.db_table} (version_id, organization_id, chunk_id, term, frequency, length)"  # noqa: S608
            " SELECT %s, %s, * FROM unnest(%s::bigint[], %s::text[], %s::int[], %s::int[])",
            [version.pk, organization_id, ids, words, frequencies, lengths],
        )


def _statistics_add(version: IndexVersion, organization_id: str, *, chunks: int, terms: int) -> None:
    """One upsert: writers of other documents of the organisation wait only for the end of this transaction."""
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(
            "INSERT INTO retrieval_corpusstatistics AS known (version_id, organization_id, chunk_count, term_total)"
            " VALUES (%(version)s, %(organization)s, greatest(%(chunks)s, 0), greatest(%(terms)s, 0))"
            " ON CONFLICT (version_id, organization_id) DO UPDATE"
            " SET chunk_count = known.chunk_count + %(chunks)s, term_total = known.term_total + %(terms)s",
            {"version": version.pk, "organization": organization_id, "chunks": chunks, "terms": terms},
        )
