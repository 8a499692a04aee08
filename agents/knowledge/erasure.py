"""Forgets what a person left among the documents: reports, questions, their name as an owner."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from uuid import UUID

from django.db.models import Q, QuerySet

from agents.knowledge.models import Document, DocumentReport, UnansweredQuestion
from agents.knowledge.questions import question_hash
from agents.knowledge.services import document_delete
from aurora_site.core.erasure import Person


def knowledge_erase(person: Person, asked: Iterable[tuple[UUID, set[str]]]) -> Mapping[str, int]:
    """Documents themselves are the organisation's, and stay unless the person was its only member: then a worker takes
    them out of the index, and a sweep repeats what was missed. ``asked`` is what the person asked, with its
    organisation, for each run."""
    documents = list(Document.objects.filter(organization__in=person.organizations))
    for document in documents:
        document_delete(document=document, actor_id=person.id)
    alone = UnansweredQuestion.objects.filter(organization__in=person.organizations).delete()[0]
    owned = Q(pk=None)
    for said in filter(None, (person.email, person.name)):
        owned |= Q(owner__icontains=said)
    return {
        "documents": len(documents),
        "document_owners": Document.objects.filter(owned).update(owner=""),
        "report_notes": _reports(person).exclude(note="").update(note="") if person.id else 0,
        "unanswered_questions": alone + _questions_erase(asked),
    }


def _reports(person: Person) -> QuerySet[DocumentReport]:
    return DocumentReport.objects.filter(reporter_id=person.id)


def _questions_erase(asked: Iterable[tuple[UUID, set[str]]]) -> int:
    """Delete the questions that nobody else asked; how many."""
    gone = 0
    hashes = Counter((place, digest) for place, texts in asked for digest in {question_hash(text) for text in texts})
    for (organization_id, digest), times in hashes.items():
        rows = UnansweredQuestion.objects.for_organization(organization_id).filter(question_hash=digest)
        gone += rows.filter(times_asked__lte=times).delete()[0]
    return gone
