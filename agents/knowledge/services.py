"""Writes of documents. A change is first a row here; the index follows by ``document_apply``, which may run twice."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from kombu.exceptions import OperationalError

from agents.knowledge import storage
from agents.knowledge.models import Document
from agents.knowledge.paths import clean_path
from agents.retrieval import indexing, versions
from agents.retrieval.loading import SourceText, load_document
from agents.retrieval.loading_errors import LoadingError
from agents.retrieval.models import IndexVersion
from audit.services import record

logger = logging.getLogger(__name__)

INDEX_TASK = "agents.apply_document"


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
            setattr(document, name, value)
        document.save()
        return document, False


def document_delete(*, document: Document, actor_id: str) -> None:
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
            data={"path": document.path},
        )
        transaction.on_commit(lambda: ring(document))


def ring(document: Document) -> None:
    """Tell a worker that a document changed. A broker that can't be reached is no loss: the sweep finds the row."""
    try:
        current_app.send_task(INDEX_TASK, args=[str(document.pk)])
    except (OperationalError, OSError) as error:
        logger.warning("the queue can't be reached (%s); the sweep will index %s", error, document.pk)


def document_apply(*, document_id: str) -> None:
    """Bring the index in line with a document's row. Safe to run twice and at the same time."""
    document = Document.objects.filter(pk=document_id).first()
    if document is None:
        return
    if document.state == Document.State.DELETING:
        _remove(document)
    elif document.state == Document.State.PENDING:
        _index(document)


def _remove(document: Document) -> None:
    indexing.document_remove(organization_id=str(document.organization_id), document_id=str(document.pk))
    Document.objects.filter(pk=document.pk, state=Document.State.DELETING).delete()
    sharing = Document.objects.filter(organization_id=document.organization_id, content_hash=document.content_hash)
    if not sharing.exists():
        storage.content_delete(document.organization_id, document.content_hash)


def _index(document: Document) -> None:
    """Index a row's content. A version that came in meanwhile stays pending."""
    state, error = Document.State.INDEXED, ""
    try:
        source = _source(document)
        indexing.document_index(
            organization_id=str(document.organization_id),
            document_id=str(document.pk),
            path=document.path,
            title=document.title,
            collection=document.collection,
            source=source,
            is_current=lambda: _still(document).exists(),
        )
    except (LoadingError, FileNotFoundError) as failure:
        logger.warning("document %s can't be indexed: %s", document.pk, failure)
        state, error = Document.State.FAILED, str(failure)[:500]
    _still(document).filter(state=Document.State.PENDING).update(state=state, error=error, updated_at=timezone.now())


def _still(document: Document) -> QuerySet[Document]:
    """The row, if it still has the content that was read and isn't going."""
    rows = Document.objects.filter(pk=document.pk, content_hash=document.content_hash)
    return rows.exclude(state=Document.State.DELETING)


def _source(document: Document) -> SourceText:
    content = storage.content_read(document.organization_id, document.content_hash)
    return load_document(content, document.path, max_bytes=settings.MAX_UPLOAD_BYTES)


def documents_reindex(
    *, organization: Any, actor_id: str = "", progress: Callable[[int, int], None] = lambda done, total: None
) -> int:
    """Index every document of an organisation anew, unchanged parts without embedding them again. Returns the number
    of documents that are indexed then."""
    documents = Document.objects.for_organization(organization).exclude(state=Document.State.DELETING)
    ids = list(documents.values_list("pk", flat=True))
    with transaction.atomic():
        documents.filter(pk__in=ids).update(state=Document.State.PENDING)
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


def documents_apply_pending(
    *, organization: Any, progress: Callable[[int, int], None] = lambda done, total: None
) -> int:
    """Index the organisation's documents that wait for it, here and now. Returns how many are indexed then."""
    documents = Document.objects.for_organization(organization)
    waiting = documents.filter(state__in=[Document.State.PENDING, Document.State.DELETING])
    ids = list(waiting.order_by("-state", "path").values_list("pk", flat=True))
    for done, document_id in enumerate(ids, start=1):
        document_apply(document_id=str(document_id))
        progress(done, len(ids))
    return documents.filter(state=Document.State.INDEXED).count()


def index_rebuild(*, progress: Callable[[int, int], None] = lambda done, total: None) -> IndexVersion:
    """Build a new index version from every document of the installation beside the active one, then switch to it.

    Raises EmbeddingError; the new version is marked failed then and the active one stays.
    """
    ids = list(Document.objects.exclude(state=Document.State.DELETING).order_by("pk").values_list("pk", flat=True))
    version = versions.version_build(_for_index(ids, progress))
    version = versions.version_activate(version)
    record(event="knowledge.index_activated", data={"version": version.name, "documents": len(ids)})
    return version


def _for_index(ids: Sequence[Any], progress: Callable[[int, int], None]) -> Iterator[indexing.IndexDocument]:
    """Documents as the index takes them, each read afresh; unreadable ones are left out and logged."""
    for done, document_id in enumerate(ids, start=1):
        progress(done, len(ids))
        document = Document.objects.exclude(state=Document.State.DELETING).filter(pk=document_id).first()
        if document is None:
            continue
        try:
            source = _source(document)
        except (LoadingError, FileNotFoundError) as failure:
            logger.warning("document %s can't be indexed: %s", document.pk, failure)
            continue
        yield indexing.IndexDocument(
            organization_id=str(document.organization_id),
            document_id=str(document.pk),
            path=document.path,
            title=document.title,
            collection=document.collection,
            source=source,
            is_current=_still(document).exists,
        )


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
