"""What stored statements change: finished resources, measured skills; and what goes again when they are voided."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from learning.models import EvidenceKind, Learner, ResourceSkill, Statement
from learning.services.observing import Finished, Seen, Stored, observations_store, observations_withdraw
from learning.services.rows import EARLIEST
from learning.xapi.matching import resources_of
from learning.xapi.reading import Learned, learned_from


def source_of(statement_id: UUID) -> str:
    """The source of all that a statement leaves."""
    return f"xapi:{statement_id}"


def effects_apply(organization_id: UUID, statements: Sequence[Statement]) -> Stored:
    """Store what statements of known learners about known resources show; nothing of all others."""
    told = [(row, learned) for row in statements if row.learner_id is not None and (learned := learned_from(row.body))]
    if not told:
        return Stored()
    resources = resources_of(organization_id, {address for _, learned in told for address in learned.addresses})
    about = [
        (row, learned, next(resources[address] for address in learned.addresses if address in resources))
        for row, learned in told
        if resources.keys() & learned.addresses
    ]
    finished = [_finished(row, learned, resource) for row, learned, resource in about if learned.is_finished]
    return observations_store(
        organization_id=organization_id, finished=finished, seen=_measured(organization_id, about)
    )


def effects_withdraw(organization_id: UUID, statements: Collection[Statement]) -> int:
    """Take back what statements left; how many observations of skills."""
    learners = {row.learner_id for row in statements if row.learner_id}
    if not learners:
        return 0
    sources = [source_of(row.statement_id) for row in statements]
    return observations_withdraw(organization_id=organization_id, learner_ids=learners, sources=sources)


def _finished(row: Statement, learned: Learned, resource_id: UUID) -> Finished:
    name = source_of(row.statement_id)
    return Finished(
        learner_id=_learner(row),
        resource_id=resource_id,
        at=_seen_at(row),
        source=name,
        identity=name,
        minutes=learned.minutes,
        score=learned.score,
    )


def _measured(organization_id: UUID, about: Sequence[tuple[Statement, Learned, UUID]]) -> list[Seen]:
    measured = [(row, learned.level, resource) for row, learned, resource in about if learned.level is not None]
    links = ResourceSkill.objects.filter(
        resource__in={resource for _, _, resource in measured}, resource__organization_id=organization_id
    )
    own = _own(organization_id, [row for row, _, _ in measured])
    taught = list(links.order_by("skill_id").values_list("resource_id", "skill_id")) if measured else []
    return [
        Seen(
            learner_id=_learner(row),
            skill_id=skill_id,
            kind=EvidenceKind.SELF_ASSESSMENT if _learner(row) in own else EvidenceKind.XAPI_STATEMENT,
            value=level,
            at=_seen_at(row),
            source=source_of(row.statement_id),
            # Beside what the same statement tells of a finished resource, of the same skill.
            identity=f"{source_of(row.statement_id)}:level",
            resource_id=resource,
        )
        for row, level, resource in measured
        for taught_by, skill_id in taught
        if taught_by == resource
    ]


def _own(organization_id: UUID, rows: Sequence[Statement]) -> frozenset[UUID]:
    """The learners who stored these statements themselves: nobody vouches for themself, so that they only assess it."""
    senders = {row.stored_by for row in rows if row.stored_by}
    if not senders:
        return frozenset()
    found = Learner.objects.for_organization(organization_id).filter(user_id__in=senders)
    return frozenset(found.values_list("pk", flat=True))


def _seen_at(row: Statement) -> datetime:
    """Any time is one for a statement; what it shows was seen since there was something to see it by."""
    return max(EARLIEST, min(row.timestamp, timezone.now()))


def _learner(row: Statement) -> UUID:
    if row.learner_id is None:
        raise ValueError("The statement is of nobody who is known.")
    return row.learner_id
