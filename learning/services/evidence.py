"""Writes of what learners have shown. Each commits evidence, mastery and its ledger record together.

Evidence of one learner is written one after the other (their row is locked), so that the mastery rows always say what
all of the evidence does.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from audit.services import record
from learning.errors import BadValue
from learning.models import Completion, Evidence, EvidenceKind, Learner, Resource, Skill
from learning.services.mastery import learner_lock
from learning.services.observing import mastery_renew
from learning.services.rows import require_all, seen_at
from learning.xapi.outgoing import completion_told, completions_untold

LONGEST_IDENTITY = 255
LONGEST_NOTE = 2000


@transaction.atomic
def evidence_record(
    *,
    organization_id: UUID,
    actor_id: str,
    learner_id: UUID,
    kind: str,
    values: Mapping[UUID, float],
    observed_at: datetime | None = None,
    source: str = "",
    identity: str | None = None,
    note: str = "",
    attested_by: str = "",
    resource_id: UUID | None = None,
) -> list[Evidence]:
    """Store an observation of skills, by id with its value from 0 to 1; the new rows.

    The same ``identity`` again, of the same skill, changes nothing. What is observed later than now counts from now.
    Raises UnknownLearner, UnknownReference for a skill or resource of elsewhere, BadValue for what isn't from 0 to 1, a kind
    that there isn't, a time before 1970, and texts that are too long.
    """
    learner = learner_lock(organization_id, learner_id)
    _require_fit(kind, values, identity, note)
    require_all(Skill, organization_id, values, field="skills")
    if resource_id is not None:
        require_all(Resource, organization_id, [resource_id], field="resource")
    details = {
        "kind": kind,
        "source": source[:255],
        "identity": identity or None,
        "note": note,
        "attested_by": attested_by,
        "resource_id": resource_id,
    }
    return _store(learner, actor_id, values, seen_at(observed_at, field="observed_at"), details)


@transaction.atomic
def learner_assess(
    *, organization_id: UUID, actor_id: str, learner_id: UUID, levels: Mapping[UUID, float]
) -> list[Evidence]:
    """Store what a learner says of their own levels, from 0 to 1 by skill; it replaces what they said of those before.

    Said by somebody else on their behalf it is recorded as that person's. Raises as ``evidence_record`` does.
    """
    learner = learner_lock(organization_id, learner_id)
    now = timezone.now()
    on_behalf = actor_id != learner.user_id
    rows = evidence_record(
        organization_id=organization_id,
        actor_id=actor_id,
        learner_id=learner_id,
        kind=EvidenceKind.SELF_ASSESSMENT,
        values=levels,
        observed_at=now,
        source="on behalf of the learner" if on_behalf else "the learner",
        attested_by=actor_id if on_behalf else "",
    )
    learner.assessed_at = now
    learner.save(update_fields=["assessed_at", "updated_at"])
    return rows


@transaction.atomic
def resource_complete(
    *,
    organization_id: UUID,
    actor_id: str,
    learner_id: UUID,
    resource_id: UUID,
    minutes: int | None = None,
    score: float | None = None,
    completed_at: datetime | None = None,
    source: str = "",
    identity: str | None = None,
) -> Completion:
    """Store that a learner finished a resource, once, and the gain it brings to each skill that it teaches.

    With a score the gain is that share of it. A resource that was finished before stays as it is.
    Raises UnknownLearner, UnknownReference for a resource of elsewhere, BadValue for a score outside of 0 to 1, and a time
    before 1970.
    """
    learner = learner_lock(organization_id, learner_id)
    require_all(Resource, organization_id, [resource_id], field="resource")
    if score is not None and not 0 <= score <= 1:
        raise BadValue("Give a score from 0 to 1.", field="score")
    done = seen_at(completed_at, field="completed_at")
    completion, is_new = Completion.objects.get_or_create(
        learner=learner,
        resource_id=resource_id,
        defaults={
            "organization_id": organization_id, "minutes": minutes, "score": score, "source": source[:255],
            "completed_at": done,
        },
    )  # fmt: skip
    if not is_new:
        return completion
    record(
        event="learning.resource_completed",
        organization_id=organization_id,
        actor_id=actor_id,
        subject=("learner", learner_id),
        data={"resource": resource_id, "minutes": minutes, "score": score, "source": source},
    )
    completion_told(completion)
    gains = dict(completion.resource.taught_skills.values_list("skill_id", "gain"))
    details = {
        "kind": EvidenceKind.RESOURCE_COMPLETED.value,
        "source": source[:255],
        "identity": identity or completion_identity(resource_id),
        "resource_id": resource_id,
    }
    share = 1.0 if score is None else score
    _store(learner, actor_id, {skill_id: gain * share for skill_id, gain in gains.items()}, done, details)
    return completion


@transaction.atomic
def completion_withdraw(*, organization_id: UUID, actor_id: str, learner_id: UUID, resource_id: UUID) -> bool:
    """Take back that a resource was finished, with what it brought; whether it was.

    Raises UnknownLearner for one of elsewhere.
    """
    learner = learner_lock(organization_id, learner_id)
    found = Completion.objects.for_organization(organization_id).filter(learner=learner, resource_id=resource_id)
    completions_untold(found)
    removed = bool(found.delete()[0])
    gains = _evidence_of(learner).filter(kind=EvidenceKind.RESOURCE_COMPLETED, resource_id=resource_id)
    _withdraw(learner, actor_id, gains, {"resource": resource_id})
    return removed


@transaction.atomic
def evidence_withdraw(*, organization_id: UUID, actor_id: str, learner_id: UUID, identity: str) -> int:
    """Take back the observation of that identity; of how many skills it was.

    Raises UnknownLearner for one of elsewhere.
    """
    learner = learner_lock(organization_id, learner_id)
    found = _evidence_of(learner).filter(identity=identity)
    return _withdraw(learner, actor_id, found, {}) if identity else 0


def completion_identity(resource_id: UUID) -> str:
    """The identity of the evidence that a finished resource leaves, unless its source gave one."""
    return f"completion:{resource_id}"


def _require_fit(kind: str, values: Mapping[UUID, float], identity: str | None, note: str) -> None:
    if kind not in EvidenceKind.values:
        raise BadValue(f"There is no kind {kind!r} of evidence: {', '.join(EvidenceKind.values)}.", field="kind")
    if not values:
        raise BadValue("Name at least one skill.", field="skills")
    if not all(0 <= value <= 1 for value in values.values()):
        raise BadValue("Give each skill a value from 0 to 1.", field="values")
    if len(identity or "") > LONGEST_IDENTITY:
        raise BadValue(f"An identity has at most {LONGEST_IDENTITY} characters.", field="identity")
    if len(note) > LONGEST_NOTE:
        raise BadValue(f"A note has at most {LONGEST_NOTE} characters.", field="note")


def _store(
    learner: Learner, actor_id: str, values: Mapping[UUID, float], observed_at: datetime, details: Mapping[str, Any]
) -> list[Evidence]:
    """Insert what isn't there yet, renew the mastery it touches, and record it."""
    known: set[UUID] = set()
    if details["identity"]:
        known.update(_evidence_of(learner).filter(identity=details["identity"]).values_list("skill_id", flat=True))
    rows = [
        Evidence(
            organization_id=learner.organization_id,
            learner=learner,
            skill_id=skill_id,
            value=value,
            observed_at=observed_at,
            **details,
        )
        for skill_id, value in values.items()
        if skill_id not in known
    ]
    if not rows:
        return []
    Evidence.objects.bulk_create(rows)
    mastery_renew(learner.organization_id, {(learner.pk, row.skill_id) for row in rows})
    record(
        event="learning.evidence_recorded",
        organization_id=learner.organization_id,
        actor_id=actor_id,
        subject=("learner", learner.pk),
        data={
            "kind": details["kind"],
            "values": {str(row.skill_id): row.value for row in rows},
            "source": details["source"],
            "attested_by": details.get("attested_by", ""),
            "resource": details.get("resource_id"),
            "observed_at": observed_at.isoformat(),
        },
        personal={"note": details.get("note", "")},
    )
    return rows


def _evidence_of(learner: Learner) -> Any:
    return Evidence.objects.for_organization(learner.organization_id).filter(learner=learner)


def _withdraw(learner: Learner, actor_id: str, found: Any, data: Mapping[str, Any]) -> int:
    skills = sorted(set(found.values_list("skill_id", flat=True)))
    if not skills:
        return 0
    kinds = sorted(set(found.values_list("kind", flat=True)))
    found.delete()
    mastery_renew(learner.organization_id, {(learner.pk, skill_id) for skill_id in skills})
    record(
        event="learning.evidence_withdrawn",
        organization_id=learner.organization_id,
        actor_id=actor_id,
        subject=("learner", learner.pk),
        data={"skills": [str(skill_id) for skill_id in skills], "kinds": kinds, **data},
    )
    return len(skills)
