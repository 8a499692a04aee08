"""Rows of chunks, sentences and postings. Called by ``indexing`` inside its transactions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

import numpy as np
from django.db import connections
from django.db.models import Sum

from agents.retrieval.chunking import CHUNKER
from agents.retrieval.models import Chunk, IndexVersion, Posting, Sentence
from agents.retrieval.preparing import EmbeddedChunk, PreparedChunk
from agents.retrieval.selectors import ALIAS

if TYPE_CHECKING:
    from agents.retrieval.indexing import IndexDocument

_NAMESPACE = UUID("6f1b2f0e-53d1-5e0c-9d4f-0a8a2f6f7c11")
_BATCH = 500


def stored_fingerprint(document: IndexDocument, version: IndexVersion) -> list[tuple[object, ...]]:
    """What is indexed of a document: hash, offsets, path, title and collection of each chunk, in order."""
    rows = Chunk.objects.filter(
        version=version, organization_id=document.organization_id, document_id=document.document_id
    )
    return list(rows.order_by("ordinal").values_list("content_hash", "start", "end", "path", "title", "collection"))


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
    chunks = {chunk.content_hash: chunk for chunk in found.only("id", "content_hash", "embedding")}
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
        )
        for content_hash, chunk in chunks.items()
        if len(prefixed[chunk.pk]) == wanted[content_hash]
    }


def _matrix(rows: Sequence[object], version: IndexVersion) -> np.ndarray:
    return np.array(rows, dtype=np.float32).reshape(len(rows), version.dimension)


def document_chunks_delete(organization_id: str, document_id: str, version: IndexVersion) -> int:
    """Deletes a document's chunks from a version and takes them out of the statistics; how many they were."""
    chunks = Chunk.objects.filter(version=version, organization_id=organization_id, document_id=document_id)
    ids = list(chunks.values_list("id", flat=True))
    if not ids:
        return 0
    terms = chunks.aggregate(total=Sum("term_count"))["total"] or 0
    Posting.objects.filter(chunk_id__in=ids)._raw_delete(ALIAS)
    Sentence.objects.filter(chunk_id__in=ids)._raw_delete(ALIAS)
    chunks._raw_delete(ALIAS)
    _statistics_add(version, organization_id, chunks=-len(ids), terms=-terms)
    return len(ids)


def chunks_insert(
    document: IndexDocument,
    version: IndexVersion,
    prepared: Sequence[PreparedChunk],
    embedded: Mapping[str, EmbeddedChunk],
) -> None:
    """Inserts a document's chunks with sentences, postings and statistics."""
    rows = [
        _chunk_row(document, version, chunk, uuid, embedded[chunk.content_hash])
        for chunk, uuid in zip(prepared, _uuids(document, version, prepared), strict=True)
    ]
    Chunk.objects.bulk_create(rows, batch_size=_BATCH)
    sentences = [
        sentence
        for row, chunk in zip(rows, prepared, strict=True)
        for sentence in _sentence_rows(row.pk, chunk, embedded[chunk.content_hash])
    ]
    Sentence.objects.bulk_create(sentences, batch_size=_BATCH)
    _postings_insert(
        document.organization_id, version, [(row.pk, chunk) for row, chunk in zip(rows, prepared, strict=True)]
    )
    _statistics_add(
        version, document.organization_id, chunks=len(rows), terms=sum(chunk.term_count for chunk in prepared)
    )


def _uuids(document: IndexDocument, version: IndexVersion, prepared: Sequence[PreparedChunk]) -> Iterator[UUID]:
    """The same passage of the same document keeps its id, so that stored citations still find it."""
    seen: dict[str, int] = defaultdict(int)
    for chunk in prepared:
        seen[chunk.content_hash] += 1
        place = f"{version.pk}:{document.organization_id}:{document.document_id}"
        yield uuid5(_NAMESPACE, f"{place}:{chunk.content_hash}:{seen[chunk.content_hash]}")


def _chunk_row(
    document: IndexDocument, version: IndexVersion, chunk: PreparedChunk, uuid: UUID, embedded: EmbeddedChunk
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
        ordinal=chunk.span.ordinal,
        text=chunk.span.text,
        start=chunk.span.start,
        end=chunk.span.end,
        content_hash=chunk.content_hash,
        term_count=chunk.term_count,
        embedding=embedded.vector,
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


def _postings_insert(organization_id: str, version: IndexVersion, chunks: Sequence[tuple[int, PreparedChunk]]) -> None:
    ids, words, frequencies, lengths = [], [], [], []
    for chunk_id, chunk in chunks:
        length = chunk.term_count
        for term, frequency in chunk.terms.items():
            ids.append(chunk_id)
            words.append(term)
            frequencies.append(frequency)
            lengths.append(length)
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
