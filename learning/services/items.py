"""What a learner does with the items of a plan. Each commits its rows, what follows from them, and its ledger records
together: evidence, mastery, review cards, the end of the plan.

Changes of one learner's plans come one after the other, by the lock on the learner's row.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from audit.services import record
from learning.errors import ItemSettled, UnknownItem
from learning.models import ItemState, Learner, Plan, PlanItem, PlanState
from learning.services.doing import Done, check_done, done_apply, done_take_back
from learning.services.plans import plan_locked, superseded


@transaction.atomic
def item_complete(
    *,
    organization_id: UUID,
    actor_id: str,
    plan_id: UUID,
    item_id: UUID,
    minutes: int | None = None,
    score: float | None = None,
    rating: int | None = None,
) -> PlanItem:
    """An item is done; done again it stays as it is.

    ``minutes`` is how long it took, ``score`` (0 to 1) how a check, project or resource went, ``rating`` how a review did:
    1 forgotten, 2 hard, 3 good (unless said), 4 easy. The last part of a resource completes it, the last open item
    finishes the plan.
    Raises UnknownPlan, UnknownItem, PlanSuperseded, ItemSettled for one that was skipped, BadValue.
    """
    plan, item = _found(organization_id, plan_id, item_id)
    done = Done(minutes=minutes, score=score, rating=rating)
    check_done(item, done)
    if not _settle(plan, item, ItemState.DONE, minutes):
        return item
    _record("completed", item, plan, actor_id, {"minutes": minutes, "score": score, "rating": rating})
    done_apply(plan, item, actor_id, done)
    _finish(plan, actor_id)
    return item


@transaction.atomic
def item_skip(*, organization_id: UUID, actor_id: str, plan_id: UUID, item_id: UUID) -> PlanItem:
    """An item is not to be done; skipped again it stays as it is. The last open item finishes the plan.

    Raises UnknownPlan, UnknownItem, PlanSuperseded, ItemSettled for one that is done.
    """
    plan, item = _found(organization_id, plan_id, item_id)
    if _settle(plan, item, ItemState.SKIPPED, None):
        _record("skipped", item, plan, actor_id, {})
        _finish(plan, actor_id)
    return item


@transaction.atomic
def item_reopen(*, organization_id: UUID, actor_id: str, plan_id: UUID, item_id: UUID) -> PlanItem:
    """An item is planned again, and what came of its being done is taken back: evidence, the completion of its resource,
    the move of its cards. A plan that it had finished goes on.

    Raises UnknownPlan, UnknownItem, PlanSuperseded, also for a finished plan after which another was made.
    """
    plan, item = _found(organization_id, plan_id, item_id)
    was = item.state
    if was == ItemState.PLANNED:
        return item
    if plan.state == PlanState.FINISHED:
        _go_on(plan)
    _change(plan, item, was, state=ItemState.PLANNED, settled_at=None, spent_minutes=None)
    _record("reopened", item, plan, actor_id, {"was": was})
    if was == ItemState.DONE:
        done_take_back(plan, item, actor_id)
    return item


def items_retimed(learner: Learner) -> None:
    """Have calendars see that the times of what is planned are others now. The caller holds the lock on the learner's row."""
    items = PlanItem.objects.filter(plan__active_for=learner, state=ItemState.PLANNED)
    items.update(sequence=F("sequence") + 1)


def _found(organization_id: UUID, plan_id: UUID, item_id: UUID) -> tuple[Plan, PlanItem]:
    plan = plan_locked(organization_id, plan_id)
    if plan.state == PlanState.SUPERSEDED:
        raise superseded(plan)
    item = next((each for each in plan.items.all() if each.pk == item_id), None)
    if item is None:
        raise UnknownItem("The plan has no such item.")
    return plan, item


def _settle(plan: Plan, item: PlanItem, state: ItemState, minutes: int | None) -> bool:
    """Bring a planned item to a state; whether it wasn't there before. Raises ItemSettled for one in the other state."""
    if item.state == state:
        return False
    if item.state != ItemState.PLANNED:
        raise ItemSettled(f"This item is {item.state} already. Reopen it first.")
    _change(plan, item, ItemState.PLANNED, state=state, settled_at=timezone.now(), spent_minutes=minutes)
    return True


def _change(plan: Plan, item: PlanItem, was: str, **values: Any) -> None:
    """Set columns of an item that is in a state still; calendars see it and the plan as changed."""
    rows = PlanItem.objects.filter(pk=item.pk, state=was)
    if not rows.update(sequence=F("sequence") + 1, **values):
        raise ItemSettled("This item was changed meanwhile. Look at it again.")
    item.sequence += 1
    for name, value in values.items():
        setattr(item, name, value)
    plan.save(update_fields=["updated_at"])


def _finish(plan: Plan, actor_id: str) -> None:
    """The plan is finished once none of its items is open."""
    states = [item.state for item in plan.items.all()]
    if plan.state != PlanState.ACTIVE or ItemState.PLANNED in states:
        return
    plan.state, plan.active_for, plan.finished_at = PlanState.FINISHED, None, timezone.now()
    plan.save(update_fields=["state", "active_for", "finished_at", "updated_at"])
    record(
        event="learning.plan_finished",
        organization_id=plan.organization_id,
        actor_id=actor_id,
        subject=("plan", plan.pk),
        data={
            "learner": plan.learner_id,
            "done": states.count(ItemState.DONE),
            "skipped": states.count(ItemState.SKIPPED),
        },
    )


def _go_on(plan: Plan) -> None:
    plans = Plan.objects.for_organization(plan.organization_id)
    if plans.filter(learner_id=plan.learner_id, version__gt=plan.version).exists():
        raise superseded(plan)
    plan.state, plan.active_for, plan.finished_at = PlanState.ACTIVE, plan.learner, None
    plan.save(update_fields=["state", "active_for", "finished_at", "updated_at"])


def _record(verb: str, item: PlanItem, plan: Plan, actor_id: str, data: dict[str, Any]) -> None:
    record(
        event=f"learning.item_{verb}",
        organization_id=plan.organization_id,
        actor_id=actor_id,
        subject=("plan", plan.pk),
        data={"item": item.pk, "uid": item.uid, "kind": item.kind, **data},
    )
