"""What follows from an item's being done, and how it is taken back. Callers hold the lock on the learner's row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone

from learning.errors import BadValue
from learning.models import Completion, EvidenceKind, ItemKind, ItemState, Plan, PlanItem
from learning.services.evidence import completion_withdraw, evidence_record, evidence_withdraw, resource_complete
from learning.services.reviews import RATINGS, SHOWN, STUDIED, cards_move, cards_start, cards_take_back
from learning.validators import MINUTES_PER_DAY

SOURCE = "plan"


@dataclass(frozen=True, kw_only=True)
class Done:
    """What is said of an item that is done, where anything is."""

    minutes: int | None = None
    score: float | None = None
    rating: int | None = None


def check_done(item: PlanItem, done: Done) -> None:
    """Raises BadValue for what is out of bounds, or isn't said of such an item."""
    if done.minutes is not None and not 1 <= done.minutes <= MINUTES_PER_DAY:
        raise BadValue(f"Give 1 to {MINUTES_PER_DAY} minutes.", field="minutes")
    if done.score is not None and not 0 <= done.score <= 1:
        raise BadValue("Give a score from 0 to 1.", field="score")
    if done.rating is not None and done.rating not in RATINGS:
        raise BadValue("Give 1 (forgotten), 2 (hard), 3 (good) or 4 (easy).", field="rating")
    if done.rating is not None and item.kind != ItemKind.REVIEW:
        raise BadValue("Only reviews are rated; say how it went by its score.", field="rating")
    if done.score is not None and item.kind == ItemKind.REVIEW:
        raise BadValue("A review has no score; say how it went by its rating.", field="score")


def done_apply(plan: Plan, item: PlanItem, actor_id: str, done: Done) -> None:
    """Record what an item that was just done shows: by its kind evidence, cards, the completion of its resource."""
    skills, now = [skill.pk for skill in item.skills.all()], timezone.now()
    if item.kind == ItemKind.REVIEW:
        rating = done.rating or STUDIED
        cards_move(plan.learner, skills, item_uid=item.uid, rating=rating, at=now)
        _show(plan, item, actor_id, EvidenceKind.REVIEW, dict.fromkeys(skills, SHOWN[rating]))
        return
    if item.kind == ItemKind.STUDY:
        cards_start(plan.learner, skills, item_uid=item.uid, at=now)
    if item.resource_id is not None:
        _complete_resource(plan, item.resource_id, actor_id, done)
    elif done.score is not None:
        _show(plan, item, actor_id, EvidenceKind.QUIZ_RESULT, dict.fromkeys(skills, done.score))


def done_take_back(plan: Plan, item: PlanItem, actor_id: str) -> None:
    """Have it as if an item had not been done. What came of something else stays, such as of a course imported before."""
    whose: dict[str, Any] = {
        "organization_id": plan.organization_id,
        "actor_id": actor_id,
        "learner_id": plan.learner_id,
    }
    cards_take_back(plan.learner, [skill.pk for skill in item.skills.all()], item_uid=item.uid)
    evidence_withdraw(**whose, identity=_identity(item))
    completions = Completion.objects.for_organization(plan.organization_id).filter(learner=plan.learner)
    if item.resource_id and completions.filter(resource_id=item.resource_id, source=SOURCE).exists():
        completion_withdraw(**whose, resource_id=item.resource_id)


def _complete_resource(plan: Plan, resource_id: UUID, actor_id: str, done: Done) -> None:
    """The last part of a resource completes it; with one that was skipped, it isn't complete."""
    parts = [each for each in plan.items.all() if each.resource_id == resource_id]
    if any(each.state != ItemState.DONE for each in parts):
        return
    resource_complete(
        organization_id=plan.organization_id,
        actor_id=actor_id,
        learner_id=plan.learner_id,
        resource_id=resource_id,
        minutes=sum(each.spent_minutes or each.minutes for each in parts),
        score=done.score,
        source=SOURCE,
    )


def _show(plan: Plan, item: PlanItem, actor_id: str, kind: EvidenceKind, values: Mapping[UUID, float]) -> None:
    if values:
        evidence_record(
            organization_id=plan.organization_id,
            actor_id=actor_id,
            learner_id=plan.learner_id,
            kind=kind,
            values=values,
            source=SOURCE,
            identity=_identity(item),
        )


def _identity(item: PlanItem) -> str:
    """What the evidence of an item is known by, in every version of its plan."""
    return f"item:{item.uid}"
