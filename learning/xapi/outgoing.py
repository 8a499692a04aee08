"""Statements that Aurora itself makes of what learners finish here, so that other systems can read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.conf import settings
from django.utils import timezone

from learning.models import Completion, Learner, Statement, StatementTerm
from learning.services.statements import VERSIONS, authority_of, shown_columns, terms_for
from learning.xapi.durations import written
from learning.xapi.matching import resource_activity
from learning.xapi.reading import digest_of
from learning.xapi.statements_shape import VOIDED

# Names of version 5 in it are the completions' ids: the same completion makes the same statement.
NAMESPACE = UUID("0d9dfe38-5b9c-5f0e-9a57-6f1f0c1c2f0b")
COMPLETED = "http://adlnet.gov/expapi/verbs/completed"
_FROM_STATEMENT = "xapi:"
_ACTIVITY_TYPES = {
    "article": "http://activitystrea.ms/schema/1.0/article",
    "book": "http://id.tincanapi.com/activitytype/book",
    "course": "http://adlnet.gov/expapi/activities/course",
    "document": "http://id.tincanapi.com/activitytype/document",
    "exercise": "http://adlnet.gov/expapi/activities/assessment",
    "project": "http://id.tincanapi.com/activitytype/project",
    "video": "http://activitystrea.ms/schema/1.0/video",
}


def completion_told(completion: Completion) -> Statement | None:
    """Store the statement of a new completion, in the caller's transaction; once, however often it is called.

    None for a completion that a statement brought: whoever sent that knows.
    """
    if completion.source.startswith(_FROM_STATEMENT):
        return None
    learner, resource = completion.learner, completion.resource
    statement = {
        "actor": actor_of(learner),
        "verb": {"id": COMPLETED, "display": {"en": "completed"}},
        "object": {
            "objectType": "Activity",
            "id": resource_activity(resource),
            "definition": {"name": {"und": resource.title}, "type": _ACTIVITY_TYPES[resource.kind]},
        },
        "result": _result(completion),
        "context": {"platform": "Aurora"},
    }
    return _stored(learner, _name(completion.pk), statement, completion.completed_at)


def completions_untold(completions: Iterable[Completion]) -> None:
    """Void the statements of completions that are taken back, in the caller's transaction, before they are deleted."""
    for completion in completions:
        learner, told = completion.learner, _name(completion.pk)
        rows = Statement.objects.for_organization(learner.organization_id)
        if not rows.filter(statement_id=told, voided=False).update(voided=True):
            continue
        statement = {
            "actor": authority_of(""),
            "verb": {"id": VOIDED, "display": {"en": "voided"}},
            "object": {"objectType": "StatementRef", "id": str(told)},
        }
        _stored(learner, uuid5(told, "voided"), statement, timezone.now())


def actor_of(learner: Learner) -> dict[str, Any]:
    """A learner as an agent: an account of this installation, whose name is the account's id or else the learner's."""
    name = learner.user_id or str(learner.pk)
    return {
        "objectType": "Agent",
        "name": learner.name,
        "account": {"homePage": settings.AURORA_PUBLIC_URL, "name": name},
    }


def _name(completion_id: UUID) -> UUID:
    return uuid5(NAMESPACE, str(completion_id))


def _result(completion: Completion) -> dict[str, Any]:
    result: dict[str, Any] = {"completion": True}
    if completion.score is not None:
        result["score"] = {"scaled": completion.score}
    if completion.minutes:
        result["duration"] = written(completion.minutes)
    return result


def _stored(learner: Learner, statement_id: UUID, told: Mapping[str, Any], at: datetime) -> Statement:
    now = timezone.now()
    stored = _written(now)
    # The learner's row is locked by whoever completes something: nobody makes the same statement at the same time.
    known: Statement | None = (
        Statement.objects.for_organization(learner.organization_id).filter(statement_id=statement_id).first()
    )
    if known is not None:
        return known
    body = {
        "id": str(statement_id),
        **told,
        "timestamp": _written(at),
        "stored": stored,
        "version": VERSIONS[1],
        "authority": authority_of(""),
    }
    voids = UUID(told["object"]["id"]) if told["verb"]["id"] == VOIDED else None
    row = Statement(
        organization_id=learner.organization_id,
        statement_id=statement_id,
        learner=learner,
        body=body,
        digest=digest_of(body),
        refers_to=voids,
        voids=voids,
        timestamp=at,
        stored_at=now,
        **shown_columns(body),
    )
    row.save(force_insert=True)
    StatementTerm.objects.bulk_create(terms_for([row]))
    return row


def _written(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
