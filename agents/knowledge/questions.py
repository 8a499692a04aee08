"""Questions that the documents held no answer to: kept redacted and without who asked, and counted when they return."""

from __future__ import annotations

import datetime
import hashlib
import logging
from collections.abc import Sequence
from typing import Any, Protocol
from uuid import UUID

from django.db import Error as DatabaseError
from django.db import IntegrityError, transaction
from django.db.models import Case, F, QuerySet, Value, When
from django.utils import timezone

from agents.knowledge.models import UnansweredQuestion
from audit.services import record
from aurora_site.core.redaction import redact
from aurora_site.core.text.terms import terms

logger = logging.getLogger(__name__)

MAXIMUM_QUESTION = 500
NEAREST_KEPT = 3
# What nobody asked for so long is forgotten.
KEPT_DAYS = 365

State = UnansweredQuestion.State


class Near(Protocol):
    """What came near a question: a hit of a search, or a passage made of one."""

    @property
    def document_id(self) -> str: ...

    @property
    def path(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def score(self) -> float: ...


def question_unanswered_note(*, organization_id: UUID | str, question: str, hits: Sequence[Near]) -> bool:
    """Count a question that found no answer; ``hits`` are what came nearest. Returns whether it was counted.

    Questions of the same words count as one, in whatever order. One that was settled as answered opens again; one that
    was dismissed stays so. A message of stop words alone asks for nothing and isn't kept. An answer must never fail for
    this, so a database that can't be used is logged and no more.
    """
    kept = _kept(question)
    digest = question_hash(question)
    if not digest:
        return False
    try:
        _count(organization_id, digest, kept, _nearest(hits))
    except DatabaseError as error:
        logger.warning("a question without an answer was not counted: %s", type(error).__name__)
        return False
    return True


def question_hash(question: str) -> str:
    """What a question is known by: SHA-256 of its terms in order, hexadecimal; empty for one of stop words alone."""
    words = sorted({term.text for term in terms(_kept(question))})
    return hashlib.sha256("\0".join(words).encode()).hexdigest() if words else ""


def _kept(question: str) -> str:
    return " ".join(redact(question).text.split())[:MAXIMUM_QUESTION]


def _count(organization_id: UUID | str, digest: str, question: str, nearest: list[dict[str, Any]]) -> None:
    """Count up where the question is known, else insert it; whoever comes second counts up."""
    if _counted_up(organization_id, digest, nearest):
        return
    try:
        with transaction.atomic():
            UnansweredQuestion.objects.create(
                organization_id=organization_id,
                question=question,
                question_hash=digest,
                nearest=nearest,
                last_asked_at=timezone.now(),
            )
    except IntegrityError:
        if not _counted_up(organization_id, digest, nearest):
            raise


def _counted_up(organization_id: UUID | str, digest: str, nearest: list[dict[str, Any]]) -> bool:
    answered = When(state=State.ANSWERED, then=Value(State.OPEN.value))
    known = UnansweredQuestion.objects.for_organization(organization_id).filter(question_hash=digest)
    return bool(
        known.update(
            times_asked=F("times_asked") + 1,
            last_asked_at=timezone.now(),
            nearest=nearest,
            state=Case(answered, default=F("state")),
        )
    )


def _nearest(hits: Sequence[Near]) -> list[dict[str, Any]]:
    """The best hit of each document, the first few."""
    best: dict[str, Near] = {}
    for hit in hits:
        best.setdefault(hit.document_id, hit)
    return [
        {"document_id": hit.document_id, "path": hit.path, "title": hit.title, "score": round(hit.score, 3)}
        for hit in list(best.values())[:NEAREST_KEPT]
    ]


def question_settle(*, organization_id: UUID | str, question_id: UUID | str, state: str, actor_id: str) -> bool:
    """Mark a question as answered or dismissed, or open it again. Returns False where there is none such, or it is in
    that state already; nothing changes then. Raises ValueError for an unknown state."""
    wanted = State(state)
    settled = None if wanted == State.OPEN else timezone.now()
    with transaction.atomic():
        rows = UnansweredQuestion.objects.for_organization(organization_id).filter(pk=question_id)
        changed = rows.exclude(state=wanted).update(
            state=wanted, settled_at=settled, settled_by_id=actor_id if settled else None
        )
        if not changed:
            return False
        record(
            event="knowledge.question_settled",
            organization_id=organization_id,
            actor_id=actor_id,
            subject=("question", question_id),
            data={"state": str(wanted)},
        )
    return True


def questions_of(organization_id: object, *, state: str = State.OPEN) -> QuerySet[UnansweredQuestion]:
    """An organisation's questions in a state, the most asked first."""
    rows = UnansweredQuestion.objects.for_organization(organization_id).filter(state=state)
    return rows.order_by("-times_asked", "-last_asked_at")


def questions_open(organization_id: object) -> QuerySet[UnansweredQuestion]:
    """Those that nobody has dealt with."""
    return questions_of(organization_id)


def question_get(*, organization_id: object, question_id: object) -> UnansweredQuestion | None:
    """One question of an organisation, or None."""
    return UnansweredQuestion.objects.for_organization(organization_id).filter(pk=question_id).first()


def question_as_json(question: UnansweredQuestion) -> dict[str, Any]:
    """A question as the API shows it."""
    return {
        "id": str(question.pk),
        "question": question.question,
        "times_asked": question.times_asked,
        "state": question.state,
        "nearest": question.nearest,
        "first_asked_at": question.first_asked_at,
        "last_asked_at": question.last_asked_at,
        "settled_at": question.settled_at,
    }


def questions_forget() -> int:
    """Delete the questions of all organisations that nobody asked for a year. Returns how many."""
    before = timezone.now() - datetime.timedelta(days=KEPT_DAYS)
    return UnansweredQuestion.objects.filter(last_asked_at__lt=before).delete()[0]
