"""Keeping the knowledge index in step with the documents. Idempotent: the same call again changes nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.db import connections, transaction

from agents.embeddings import embedder_named
from agents.embeddings.base import EmbedderUnavailable
from agents.retrieval import versions
from agents.retrieval.chunk_store import (
    chunks_insert,
    document_chunks_delete,
    embedded_chunks_reuse,
    stored_fingerprint,
)
from agents.retrieval.loading import SourceText
from agents.retrieval.models import IndexVersion
from agents.retrieval.preparing import PreparedChunk, embed, prepare
from agents.retrieval.selectors import ALIAS, writable_versions

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class IndexDocument:
    """A document as the index takes it.

    ``is_current`` is asked once more before anything is written, while no other change of this document can run: it
    tells whether the main database still has the document with this very text. So neither a slow task can bring back
    an older text, nor a deleted document.
    """

    organization_id: str
    document_id: str
    path: str
    title: str
    source: SourceText
    collection: str = ""
    is_current: Callable[[], bool] | None = field(default=None, compare=False)


@dataclass(frozen=True)
class IndexResult:
    """``chunks`` of the document in the index now, how many of them had to be ``embedded``, whether any row changed."""

    chunks: int
    embedded: int
    changed: bool


def document_index(
    *,
    organization_id: str,
    document_id: str,
    path: str,
    title: str,
    source: SourceText,
    collection: str = "",
    is_current: Callable[[], bool] | None = None,
) -> IndexResult:
    """Brings a document up to date in every kept version; makes the first version if there is none.

    Passages whose text and title path were embedded before, under whatever path, are not embedded again. Embedding
    happens outside of any transaction. Raises EmbeddingError when the active version's embedder fails.
    """
    document = IndexDocument(
        organization_id=organization_id, document_id=document_id, path=path, title=title,
        source=source, collection=collection, is_current=is_current,
    )  # fmt: skip
    active = versions.version_ensure_active()
    result = document_index_in(document, active)
    for version in writable_versions():
        if version.pk != active.pk:
            _index_beside(document, version)
    return result


def document_index_in(document: IndexDocument, version: IndexVersion) -> IndexResult:
    """Brings a document up to date in one version. Raises EmbeddingError."""
    prepared = prepare(document.source, document.title)
    if stored_fingerprint(document, version) == _fingerprint(document, prepared):
        return IndexResult(len(prepared), 0, changed=False)
    ready = embedded_chunks_reuse(document.organization_id, version, prepared)
    missing = [chunk for chunk in prepared if chunk.content_hash not in ready]
    ready.update(embed(missing, embedder_named(version.embedder)))
    with transaction.atomic(using=ALIAS):
        _lock(version, document.organization_id, document.document_id)
        if document.is_current is not None and not document.is_current():
            return IndexResult(0, len(missing), changed=False)
        document_chunks_delete(document.organization_id, document.document_id, version)
        chunks_insert(document, version, prepared, ready)
    return IndexResult(len(prepared), len(missing), changed=True)


def document_remove(*, organization_id: str, document_id: str) -> int:
    """Takes a document out of every version, failed ones too; how many chunks that removed."""
    removed = 0
    for version in IndexVersion.objects.order_by("id"):
        with transaction.atomic(using=ALIAS):
            _lock(version, organization_id, document_id)
            removed += document_chunks_delete(organization_id, document_id, version)
    return removed


def _index_beside(document: IndexDocument, version: IndexVersion) -> None:
    """A version whose embedder is gone misses this change, so it must never be switched back to."""
    try:
        document_index_in(document, version)
    except EmbedderUnavailable as error:
        logger.warning("Index version %s can't be kept up to date: %s", version.name, error)
        versions.version_fail(version, reason=f"Missed a change of {document.path}: {error}")


def _fingerprint(document: IndexDocument, prepared: Sequence[PreparedChunk]) -> list[tuple[object, ...]]:
    return [
        (chunk.content_hash, chunk.span.start, chunk.span.end, document.path, document.title, document.collection)
        for chunk in prepared
    ]


def _lock(version: IndexVersion, organization_id: str, document_id: str) -> None:
    """One writer per document and version, until the transaction ends."""
    with connections[ALIAS].cursor() as cursor:
        key = f"document:{version.pk}:{organization_id}:{document_id}"
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
