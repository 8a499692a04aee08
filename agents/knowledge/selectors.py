"""Reads of documents."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from agents.knowledge.models import Document

FROM_FOLDERS = (Document.Origin.FOLDER, Document.Origin.DEMO)
# A change that no worker took up for so long is rung again.
SWEEP_AFTER = datetime.timedelta(seconds=20)


def documents_of(organization_id: object, *, text: str = "") -> QuerySet[Document]:
    """An organisation's documents by path; ``text`` filters by path or title. Leaves out the text itself."""
    documents = Document.objects.for_organization(organization_id).exclude(state=Document.State.DELETING)
    if text:
        documents = documents.filter(Q(path__icontains=text) | Q(title__icontains=text))
    return documents.select_related("duplicate_of").defer("source_text", "duplicate_of__source_text")


def document_get(*, organization_id: object, document_id: object) -> Document | None:
    """One document of an organisation with its text, or None."""
    documents = Document.objects.for_organization(organization_id).exclude(state=Document.State.DELETING)
    return documents.select_related("duplicate_of").defer("duplicate_of__source_text").filter(pk=document_id).first()


def document_at(*, organization_id: object, path: str) -> Document | None:
    """The document of an organisation at a path, or None."""
    documents = Document.objects.for_organization(organization_id).exclude(state=Document.State.DELETING)
    return documents.filter(path=path).first()


def document_owners(*, organization_id: object, document_ids: Sequence[str]) -> dict[str, str]:
    """Owners of documents, by document id; those without an owner are left out."""
    rows = Document.objects.for_organization(organization_id).filter(pk__in=document_ids).exclude(owner="")
    return {str(pk): owner for pk, owner in rows.values_list("pk", "owner")}


def documents_waiting(organization_id: object) -> int:
    """How many of an organisation's documents are not indexed yet."""
    return Document.objects.for_organization(organization_id).filter(state=Document.State.PENDING).count()


def documents_exist() -> bool:
    """Whether any organisation has a document."""
    return Document.objects.exclude(state=Document.State.DELETING).exists()


def documents_to_sweep() -> list[str]:
    """Ids of documents whose change was not applied in time."""
    waiting = Document.objects.filter(
        state__in=[Document.State.PENDING, Document.State.DELETING], updated_at__lt=timezone.now() - SWEEP_AFTER
    )
    if not settings.AURORA_AUTO_INGEST:
        waiting = waiting.exclude(state=Document.State.PENDING, origin__in=FROM_FOLDERS)
    return [str(pk) for pk in waiting.order_by("updated_at").values_list("pk", flat=True)[:500]]


def document_as_json(document: Document) -> dict[str, Any]:
    """A document as the API shows it, without its text."""
    older = document.duplicate_of
    if older is not None and older.state == Document.State.DELETING:
        older = None
    return {
        "id": str(document.pk),
        "path": document.path,
        "title": document.title,
        "collection": document.collection,
        "state": document.state,
        "error": document.error or None,
        "size": document.size,
        "owner": document.owner,
        "review_date": document.review_date,
        "dated": document.dated,
        "duplicate_of": older.path if older else None,
        "similarity": document.similarity if older else None,
        "created_at": document.created_at,
        "updated_at": document.updated_at,
    }
