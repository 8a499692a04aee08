"""Keeping the knowledge index in step with the documents. Idempotent: the same call again changes nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.conf import settings
from django.db import connections, transaction

from agents.embeddings import embedder_named
from agents.embeddings.base import EmbeddingError
from agents.retrieval import versions
from agents.retrieval.chunk_store import (
    document_chunks_delete,
    document_chunks_replace,
    embedded_chunks_reuse,
    stored_fingerprint,
)
from agents.retrieval.errors import VersionGone
from agents.retrieval.loading import SourceText
from agents.retrieval.models import IndexVersion
from agents.retrieval.preparing import PreparedChunk, embed, prepare, slices
from agents.retrieval.selectors import ALIAS, WRITABLE, writable_versions
from agents.retrieval.spool import VectorSpool

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class IndexDocument:
    """A document as the index takes it. ``dated`` is the day it says it is of, else the day it came in.

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
    dated: date | None = None
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
    dated: date | None = None,
    is_current: Callable[[], bool] | None = None,
) -> IndexResult:
    """Brings a document up to date in every kept version; makes the first version if there is none.

    Passages whose text and title path were embedded before, under whatever path, are not embedded again. Embedding
    happens outside of any transaction. Raises EmbeddingError when the active version's embedder fails.
    """
    return index_everywhere(IndexDocument(
        organization_id=organization_id, document_id=document_id, path=path, title=title,
        source=source, collection=collection, dated=dated, is_current=is_current,
    ))  # fmt: skip


def index_everywhere(document: IndexDocument) -> IndexResult:
    """As ``document_index``: the active version first, since searches wait for that one, then the others."""
    active = versions.version_ensure_active()
    result = document_index_in(document, active)
    for version in writable_versions():
        if version.pk != active.pk:
            _index_beside(document, version)
    return result


def document_index_in(document: IndexDocument, version: IndexVersion) -> IndexResult:
    """Brings a document up to date in one version: searches see the old text or the new one, never a part.

    Raises EmbeddingError, and IndexVersionError when the version is deleted meanwhile.
    """
    prepared = prepare(document.source, document.title)
    if stored_fingerprint(document, version) == _fingerprint(document, prepared):
        return IndexResult(len(prepared), 0, changed=False)
    with VectorSpool(version.dimension) as spool:
        embedded = sum(_embed(document, version, piece, spool) for piece in slices(prepared))
        with transaction.atomic(using=ALIAS):
            _hold(version)
            _lock(version, document.organization_id, document.document_id)
            if document.is_current is not None and not document.is_current():
                return IndexResult(0, embedded, changed=False)
            document_chunks_replace(document, version, prepared, spool.read(prepared))
    return IndexResult(len(prepared), embedded, changed=True)


def document_remove(*, organization_id: str, document_id: str) -> int:
    """Takes a document out of every version, failed ones too; how many chunks that removed."""
    removed = 0
    for version in IndexVersion.objects.order_by("id"):
        with transaction.atomic(using=ALIAS):
            _lock(version, organization_id, document_id)
            removed += document_chunks_delete(organization_id, document_id, version)
    return removed


def _embed(
    document: IndexDocument, version: IndexVersion, prepared: Sequence[PreparedChunk], spool: VectorSpool
) -> int:
    """Puts the vectors of chunks into the spool; how many chunks had to be embedded for it."""
    ready = embedded_chunks_reuse(document.organization_id, version, prepared)
    missing = list({chunk.content_hash: chunk for chunk in prepared if chunk.content_hash not in ready}.values())
    if missing:
        ready.update(embed(missing, embedder_named(version.embedder)))
    for chunk in prepared:
        spool.add(ready[chunk.content_hash])
    return len(missing)


def _index_beside(document: IndexDocument, version: IndexVersion) -> None:
    """A version that isn't searched may miss a change where its embedder is gone, but never in silence."""
    try:
        document_index_in(document, version)
    except EmbeddingError as error:
        logger.warning("Index version %s can't be kept up to date: %s", version.name, error)
        reason = f"Missed a change of {document.path}: {error}"
        if version.name == settings.AURORA_INDEX_VERSION or not versions.version_missed(version, reason=reason):
            raise
    except VersionGone:
        logger.info("Index version %s was deleted while %s was indexed", version.name, document.path)


def _fingerprint(document: IndexDocument, prepared: Sequence[PreparedChunk]) -> list[tuple[object, ...]]:
    described = document.path, document.title, document.collection, document.dated
    return [(chunk.content_hash, chunk.span.start, chunk.span.end, *described) for chunk in prepared]


def _lock(version: IndexVersion, organization_id: str, document_id: str) -> None:
    """One writer per document and version, until the transaction ends."""
    with connections[ALIAS].cursor() as cursor:
        key = f"document:{version.pk}:{organization_id}:{document_id}"
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])


def _hold(version: IndexVersion) -> None:
    """Keeps the version from being deleted until the transaction ends."""
    with connections[ALIAS].cursor() as cursor:
        table = IndexVersion._meta.db_table
        cursor.execute(f"SELECT state FROM {table} WHERE id = %s FOR KEY SHARE", [version.pk])  # noqa: S608
        row = cursor.fetchone()
    if row is None or row[0] not in WRITABLE:
        raise VersionGone(f"Index version {version.name} was deleted.")
