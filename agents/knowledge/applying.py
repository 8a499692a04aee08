"""Bringing the index in line with documents' rows. All of it may run twice and at the same time."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from agents.knowledge import storage
from agents.knowledge.duplicates import duplicates_refresh, duplicates_release
from agents.knowledge.models import Document
from agents.retrieval import indexing
from agents.retrieval.loading import load_document
from agents.retrieval.loading_errors import LoadingError
from audit.services import record

logger = logging.getLogger(__name__)

Progress = Callable[[int, int], None]

# A document that can't be read: what the file holds, or that it is gone from the disk.
UNREADABLE = (LoadingError, FileNotFoundError)


def document_apply(*, document_id: str) -> None:
    """Bring the index in line with a document's row. Safe to run twice and at the same time."""
    document = Document.objects.filter(pk=document_id).first()
    if document is None:
        return
    if document.state == Document.State.DELETING:
        _remove(document)
    elif document.state == Document.State.PENDING:
        _index(document)


def documents_reindex(*, organization: Any, actor_id: str = "", progress: Progress = lambda done, total: None) -> int:
    """Index every document of an organisation anew, unchanged parts without embedding them again, and take out those
    that are going. Returns the number of documents that are indexed then."""
    documents = Document.objects.for_organization(organization)
    ids = list(documents.order_by("path").values_list("pk", flat=True))
    with transaction.atomic():
        documents.exclude(state=Document.State.DELETING).update(state=Document.State.PENDING)
        record(
            event="knowledge.reindexed",
            organization_id=organization.pk,
            actor_id=actor_id,
            data={"documents": len(ids)},
        )
    for done, document_id in enumerate(ids, start=1):
        document_apply(document_id=str(document_id))
        progress(done, len(ids))
    return documents.filter(state=Document.State.INDEXED).count()


def documents_apply_pending(*, organization: Any | None = None, progress: Progress = lambda done, total: None) -> int:
    """Index the documents that wait for it, here and now: an organisation's, or all. Returns how many are indexed then."""
    documents = Document.objects.all() if organization is None else Document.objects.for_organization(organization)
    waiting = documents.filter(state__in=[Document.State.PENDING, Document.State.DELETING])
    ids = list(waiting.order_by("-state", "path").values_list("pk", flat=True))
    for done, document_id in enumerate(ids, start=1):
        document_apply(document_id=str(document_id))
        progress(done, len(ids))
    return documents.filter(state=Document.State.INDEXED).count()


def index_document(document: Document) -> indexing.IndexDocument:
    """A document as the index takes it, read from its file. Raises what is in ``UNREADABLE``."""
    content = storage.content_read(document.organization_id, document.content_hash)
    return indexing.IndexDocument(
        organization_id=str(document.organization_id),
        document_id=str(document.pk),
        path=document.path,
        title=document.title,
        collection=document.collection,
        dated=document.dated or document.created_at.date(),
        source=load_document(content, document.path, max_bytes=settings.MAX_UPLOAD_BYTES),
        is_current=_still(document).exists,
    )


def _remove(document: Document) -> None:
    indexing.document_remove(organization_id=str(document.organization_id), document_id=str(document.pk))
    duplicates_release(document)
    Document.objects.filter(pk=document.pk, state=Document.State.DELETING).delete()
    sharing = Document.objects.filter(organization_id=document.organization_id, content_hash=document.content_hash)
    if not sharing.exists():
        storage.content_delete(document.organization_id, document.content_hash)


def _index(document: Document) -> None:
    """Index a row's content. A version that came in meanwhile stays pending."""
    state, error = Document.State.INDEXED, ""
    duplicates_refresh(document)
    try:
        indexing.index_everywhere(index_document(document))
    except UNREADABLE as failure:
        logger.warning("document %s can't be indexed: %s", document.pk, failure)
        state, error = Document.State.FAILED, str(failure)[:500]
    _still(document).filter(state=Document.State.PENDING).update(state=state, error=error, updated_at=timezone.now())


def _still(document: Document) -> QuerySet[Document]:
    """The row, if it still has the content that was read and isn't going."""
    rows = Document.objects.filter(pk=document.pk, content_hash=document.content_hash)
    return rows.exclude(state=Document.State.DELETING)
