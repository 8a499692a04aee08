"""Stores what many learners have shown at once, in a number of queries that doesn't grow with it.

What ``learning.services.evidence`` does for one observation, for statements by the batch and imports by the chunk. The
caller records it, for all of it together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from learning.mastery import belief_at, practised_at
from learning.models import Completion, Evidence, EvidenceKind, Learner, Mastery, ResourceSkill
from learning.selectors.mastery import observations_of_all

BATCH_ROWS = 1000
Pair = tuple[UUID, UUID]


@dataclass(frozen=True, kw_only=True)
class Finished:
    """A learner finished a resource. ``identity`` names the report, ``source`` says where it comes from."""

    learner_id: UUID
    resource_id: UUID
    at: datetime
    source: str
    identity: str
    minutes: int | None = None
    score: float | None = None


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A learner's skill was measured, or spoken for: a level from 0 to 1."""

    learner_id: UUID
    skill_id: UUID
    kind: str
    value: float
    at: datetime
    source: str
    identity: str
    resource_id: UUID | None = None


@dataclass(frozen=True)
class Stored:
    """How many completions and observations of skills are new."""

    completions: int = 0
    evidence: int = 0


@transaction.atomic
def observations_store(*, organization_id: UUID, finished: Sequence[Finished], seen: Sequence[Seen]) -> Stored:
    """Store what isn't there yet, with the gains that finished resources bring, and renew the mastery it touches.

    A resource counts as finished once for a learner, an observation once for its identity. All ids are of the
    organisation: the caller has looked them up there.
    """
    learners_lock(organization_id, {*(one.learner_id for one in finished), *(one.learner_id for one in seen)})
    new = _complete(organization_id, finished)
    rows = _evidence(organization_id, [*_gains(organization_id, new), *seen])
    Evidence.objects.bulk_create(rows, batch_size=BATCH_ROWS)
    mastery_renew(organization_id, {(row.learner_id, row.skill_id) for row in rows})
    return Stored(completions=len(new), evidence=len(rows))


@transaction.atomic
def observations_withdraw(*, organization_id: UUID, learner_ids: Collection[UUID], sources: Collection[str]) -> int:
    """Take back what some sources reported of learners, completions included; how many observations of skills went."""
    learners_lock(organization_id, learner_ids)
    theirs = {"learner__in": learner_ids, "source__in": sources}
    evidence = Evidence.objects.for_organization(organization_id).filter(**theirs)
    pairs = set(evidence.order_by().values_list("learner_id", "skill_id"))
    Completion.objects.for_organization(organization_id).filter(**theirs).delete()
    removed, _ = evidence.delete()
    mastery_renew(organization_id, pairs)
    return removed


def learners_lock(organization_id: UUID, learner_ids: Collection[UUID]) -> None:
    """Hold the learners until the transaction ends, always in the same order."""
    rows = Learner.objects.for_organization(organization_id).filter(pk__in=learner_ids).order_by("pk")
    list(rows.select_for_update().values_list("pk"))


def _complete(organization_id: UUID, finished: Sequence[Finished]) -> list[Finished]:
    """Insert the completions that are new; the first report counts where there are several."""
    learners, resources = {one.learner_id for one in finished}, {one.resource_id for one in finished}
    rows = Completion.objects.for_organization(organization_id).filter(learner__in=learners, resource__in=resources)
    known: set[Pair] = set(rows.order_by().values_list("learner_id", "resource_id")) if finished else set()
    new = []
    for one in finished:
        if (one.learner_id, one.resource_id) not in known:
            known.add((one.learner_id, one.resource_id))
            new.append(one)
    Completion.objects.bulk_create(
        (
            Completion(
                organization_id=organization_id,
                learner_id=one.learner_id,
                resource_id=one.resource_id,
                minutes=one.minutes,
                score=one.score,
                source=one.source,
                completed_at=one.at,
            )
            for one in new
        ),
        batch_size=BATCH_ROWS,
    )
    return new


def _gains(organization_id: UUID, finished: Sequence[Finished]) -> list[Seen]:
    taught: defaultdict[UUID, list[tuple[UUID, float]]] = defaultdict(list)
    links = ResourceSkill.objects.filter(
        resource__in={one.resource_id for one in finished}, resource__organization_id=organization_id
    )
    for resource_id, skill_id, gain in links.values_list("resource_id", "skill_id", "gain") if finished else ():
        taught[resource_id].append((skill_id, gain))
    return [
        Seen(
            learner_id=one.learner_id,
            skill_id=skill_id,
            kind=EvidenceKind.RESOURCE_COMPLETED,
            value=gain if one.score is None else gain * one.score,
            at=one.at,
            source=one.source,
            identity=one.identity,
            resource_id=one.resource_id,
        )
        for one in finished
        for skill_id, gain in sorted(taught[one.resource_id])
    ]


def _evidence(organization_id: UUID, seen: Iterable[Seen]) -> list[Evidence]:
    wanted = {(one.learner_id, one.skill_id, one.identity): one for one in reversed(list(seen))}
    learners, identities = {learner for learner, _, _ in wanted}, {identity for _, _, identity in wanted}
    rows = Evidence.objects.for_organization(organization_id).filter(learner__in=learners, identity__in=identities)
    known: set[Any] = set(rows.order_by().values_list("learner_id", "skill_id", "identity")) if wanted else set()
    return [
        Evidence(
            organization_id=organization_id,
            learner_id=one.learner_id,
            skill_id=one.skill_id,
            kind=one.kind,
            value=one.value,
            source=one.source,
            identity=one.identity,
            resource_id=one.resource_id,
            observed_at=one.at,
        )
        for key, one in reversed(wanted.items())
        if key not in known
    ]


def mastery_renew(organization_id: UUID, pairs: Collection[Pair]) -> None:
    """Compute the mastery of learners' skills anew from all evidence. The caller holds the learners."""
    if not pairs:
        return
    now = timezone.now()
    learners, skills = {learner for learner, _ in pairs}, {skill for _, skill in pairs}
    seen = observations_of_all(organization_id, learners, skills)
    rows, gone = [], []
    for learner_id, skill_id in sorted(pairs):
        observations = seen.get(learner_id, {}).get(skill_id, ())
        belief = belief_at(observations, now)
        if belief is None:
            gone.append((learner_id, skill_id))
            continue
        row = Mastery(organization_id=organization_id, learner_id=learner_id, skill_id=skill_id)
        row.mean, row.variance, row.updated_at = belief.mean, belief.variance, now
        row.practiced_at = practised_at(observations)
        rows.append(row)
    # MariaDB takes any unique key for the target.
    target = ["learner", "skill"] if connection.features.supports_update_conflicts_with_target else None
    Mastery.objects.bulk_create(
        rows,
        batch_size=BATCH_ROWS,
        update_conflicts=True,
        unique_fields=target,
        update_fields=["mean", "variance", "updated_at", "practiced_at"],
    )
    _forget(organization_id, gone)


def _forget(organization_id: UUID, pairs: Collection[Pair]) -> None:
    """Delete the mastery of what nothing is known of any more."""
    if not pairs:
        return
    learners, skills = {learner for learner, _ in pairs}, {skill for _, skill in pairs}
    rows = Mastery.objects.for_organization(organization_id).filter(learner__in=learners, skill__in=skills)
    found = rows.values_list("pk", "learner_id", "skill_id")
    rows.filter(pk__in=[pk for pk, *pair in found if tuple(pair) in pairs]).delete()
