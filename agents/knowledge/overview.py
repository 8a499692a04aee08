"""An organisation's knowledge in numbers, and the documents behind each of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import Error as DatabaseError
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from agents.knowledge.models import Document, DocumentReport
from agents.knowledge.questions import questions_open
from agents.knowledge.selectors import documents_of
from agents.retrieval.errors import RetrievalError
from agents.retrieval.selectors import organization_chunk_total


@dataclass(frozen=True)
class Overview:
    """How many of each there are; ``passages`` is None while the index can't be read."""

    documents: int
    passages: int | None
    waiting: int
    failed: int
    overdue: int
    reported: int
    alike: int
    unanswered: int


def conditions() -> Mapping[str, Q]:
    """The documents that need somebody, by the name of what they need."""
    reports = DocumentReport.objects.filter(document=OuterRef("pk"), open_key__isnull=False)
    return {
        "waiting": Q(state=Document.State.PENDING),
        "failed": Q(state=Document.State.FAILED),
        "overdue": Q(review_date__lt=timezone.localdate()),
        "reported": Q(Exists(reports)),
        "alike": Q(duplicate_of__isnull=False),
    }


def documents_shown(organization_id: object, *, text: str = "", show: str = "") -> QuerySet[Document]:
    """An organisation's documents by path, of those that ``show`` names; an unknown name narrows nothing."""
    documents = documents_of(organization_id, text=text)
    wanted = conditions().get(show)
    return documents if wanted is None else documents.filter(wanted)


def knowledge_overview(organization_id: object) -> Overview:
    """The numbers of an organisation, in one query of the documents, one of the questions, one of the index."""
    counted = {name: Count("pk", filter=wanted) for name, wanted in conditions().items()}
    numbers = documents_of(organization_id).order_by().aggregate(documents=Count("pk"), **counted)
    return Overview(**numbers, passages=_passages(organization_id), unanswered=questions_open(organization_id).count())


def _passages(organization_id: object) -> int | None:
    try:
        return organization_chunk_total(str(organization_id))
    except (RetrievalError, DatabaseError):
        return None
