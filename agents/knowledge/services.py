"""Writes of documents and of the index. A change is first a row here; the index follows by ``document_apply``, which may
run twice."""

from __future__ import annotations

import datetime
import logging
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from agents.knowledge import storage
from agents.knowledge.applying import document_apply, documents_apply_pending, documents_reindex
from agents.knowledge.index_versions import (
    index_activate,
    index_collect,
    index_delete,
    index_rebuild_request,
    index_rollback,
)
from agents.knowledge.models import Document
from agents.knowledge.paths import clean_path
from agents.knowledge.rebuilding import Rebuild, index_rebuild
from agents.knowledge.selectors import FROM_FOLDERS
from agents.retrieval.loading import load_document
from audit.services import record

__all__ = [
    "Rebuild", "document_apply", "document_delete", "document_upload", "documents_apply_pending", "documents_reindex",
    "index_activate", "index_collect", "index_delete", "index_rebuild", "index_rebuild_request", "index_rollback", "ring",
]  # fmt: skip

logger = logging.getLogger(__name__)

INDEX_TASK = "agents.apply_document"
_NOTED = frozenset({"owner", "review_date"})


def document_upload(
    *,
    organization: Any,
    actor: Any,
    filename: str,
    content: bytes,
    path: str = "",
    title: str = "",
    collection: str = "",
    origin: str = Document.Origin.UPLOAD,
    folder: str = "",
) -> Document:
    """Take in a document, or a new version of the one at the same path; it is found once its indexing is done.

    Raises InvalidPath, and from loading UnsupportedDocument, UnreadableDocument, DocumentTooLarge. Nothing is kept then.
    """
    path = clean_path(path or filename)
    source = load_document(content, path, max_bytes=settings.MAX_UPLOAD_BYTES)
    digest = storage.content_store(organization.pk, content)
    fields = {
        "title": (title or source.title or path)[:255],
        "collection": (collection or _first_folder(path))[:64],
        "origin": origin,
        "source": folder[:500],
        "state": Document.State.PENDING,
        "error": "",
        "size": len(content),
        "content_hash": digest,
        "source_text": source.text,
        "owner": str(source.metadata.get("owner", ""))[:200],
        "review_date": _date(source.metadata.get("review_date")),
        "dated": _date(source.metadata.get("date")),
        "duplicate_of": None,
        "similarity": None,
        "uploaded_by": actor,
    }
    with transaction.atomic():
        document, made = _row_store(organization, path, fields)
        record(
            event="knowledge.document_added" if made else "knowledge.document_replaced",
            organization_id=organization.pk,
            actor_id=getattr(actor, "pk", ""),
            subject=("document", document.pk),
            data={"path": path, "size": len(content), "content_hash": digest},
        )
        transaction.on_commit(lambda: ring(document))
    return document


def _row_store(organization: Any, path: str, fields: dict[str, Any]) -> tuple[Document, bool]:
    """Insert the row, or change the one at the same path, whoever comes first."""
    try:
        with transaction.atomic():
            return Document.objects.create(organization=organization, path=path, **fields), True
    except IntegrityError:
        document = Document.objects.for_organization(organization).select_for_update().get(path=path)
        for name, value in fields.items():
            # What people noted stays, unless the new version names another.
            if value or name not in _NOTED:
                setattr(document, name, value)
        document.save()
        return document, False


def document_delete(*, document: Document, actor_id: str, why: str = "") -> None:
    """Mark a document as going; it disappears from lists now and from the index when that is done."""
    with transaction.atomic():
        gone = Document.objects.filter(pk=document.pk).exclude(state=Document.State.DELETING)
        if not gone.update(state=Document.State.DELETING, updated_at=timezone.now()):
            return
        record(
            event="knowledge.document_deleted",
            organization_id=document.organization_id,
            actor_id=actor_id,
            subject=("document", document.pk),
            data={"path": document.path, "why": why},
        )
        transaction.on_commit(lambda: ring(document))


def ring(document: Document) -> None:
    """Tell a worker that a document changed. A broker that can't be reached is no loss: the sweep finds the row.

    Without AURORA_AUTO_INGEST, what came from a folder waits until somebody asks for it by ``reindex``.
    """
    if not settings.AURORA_AUTO_INGEST and document.state == Document.State.PENDING and document.origin in FROM_FOLDERS:
        return
    try:
        current_app.send_task(INDEX_TASK, args=[str(document.pk)])
    except (OperationalError, OSError) as error:
        logger.warning("the queue can't be reached (%s); the sweep will index %s", error, document.pk)


def _first_folder(path: str) -> str:
    return path.split("/", 1)[0] if "/" in path else ""


def _date(value: object) -> datetime.date | None:
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date):
        return value
    try:
        return datetime.date.fromisoformat(str(value))
    except ValueError:
        return None
