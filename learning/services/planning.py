"""Stores what the planner gives as a version of a plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.db.models import Max
from django.utils import timezone

from learning.differences import difference
from learning.models import Learner, Milestone, Plan, PlanItem, PlanState
from learning.planner.types import PlannedItem, PlanOutcome
from learning.selectors.planning import Terms

LONGEST_TITLE, LONGEST_REASON = 200, 2000


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A version before it is stored: its items as unsaved rows, with the ids of the skills of each by its uid.

    ``sent`` is the request for it, by which a repeated one is known; None for a version that none made.
    """

    terms: Terms
    outcome: PlanOutcome
    inputs: str
    items: Sequence[PlanItem]
    skills: Mapping[UUID, Sequence[str]]
    sent: Mapping[str, Any] | None = None


def plan_draft(terms: Terms, outcome: PlanOutcome, inputs: str, before: Iterable[PlanItem] = ()) -> Draft:
    """What the planner gave as rows. Items that go on from one of ``before`` keep its uid and what settled it, and raise
    its sequence where a calendar shows them otherwise now."""
    known = {item.uid: item for item in before}
    rows = [(_item(planned, known), planned.skills) for planned in outcome.items]
    items = [item for item, _ in rows]
    touched = difference(known.values(), items).touched
    for item in items:
        if str(item.uid) in touched:
            item.sequence += 1
    return Draft(
        terms=terms, outcome=outcome, inputs=inputs, items=items, skills={item.uid: skills for item, skills in rows}
    )


def plan_store(
    learner: Learner, draft: Draft, *, replaces: Plan | None, plan_id: UUID | None = None, reason: str = ""
) -> Plan:
    """The draft as the learner's active plan, in place of ``replaces``; the caller holds the lock on the learner's row."""
    if replaces is not None:
        Plan.objects.for_organization(learner.organization_id).filter(pk=replaces.pk).update(
            state=PlanState.SUPERSEDED, active_for=None, updated_at=timezone.now()
        )
    versions = Plan.objects.for_organization(learner.organization_id).filter(learner=learner)
    terms, outcome = draft.terms, draft.outcome
    plan = Plan.objects.create(
        pk=plan_id or uuid4(),
        organization_id=learner.organization_id,
        learner=learner,
        active_for=learner,
        state=PlanState.ACTIVE,
        role_id=terms.role_id,
        version=(versions.aggregate(last=Max("version"))["last"] or 0) + 1,
        starts_on=terms.starts_on,
        days=terms.days,
        weekly_minutes=weekly_minutes(learner, terms),
        verdict=outcome.verdict.as_json(),
        summary=plan_summary(draft),
        previous=replaces,
        reason=reason,
        inputs=draft.inputs,
    )
    _rows_store(plan, draft)
    return plan


def weekly_minutes(learner: Learner, terms: Terms) -> int:
    """How long a week of the plan is at most, blackout dates aside."""
    rule = sum(learner.minutes_per_weekday)
    return rule if terms.weekly_minutes is None else min(rule, terms.weekly_minutes)


def plan_summary(draft: Draft) -> dict[str, Any]:
    """What a plan comes to, and under ``asked`` what of its terms no column holds."""
    asked: dict[str, Any] = {"weekly_minutes": draft.terms.weekly_minutes, "drop": list(draft.terms.dropped)}
    return {
        "items": len(draft.items),
        "minutes": sum(item.minutes for item in draft.items),
        "gap": round(draft.outcome.gap, 4),
        "gain": round(draft.outcome.gain, 4),
        "unreached": {skill: round(missing, 4) for skill, missing in draft.outcome.unreached.items()},
        "asked": asked if draft.sent is None else {**asked, "sent": dict(draft.sent)},
    }


def terms_of(plan: Plan) -> Terms | None:
    """The terms that a plan was made on; None where its role is gone."""
    if plan.role_id is None:
        return None
    asked = plan.summary.get("asked", {})
    return Terms(
        role_id=plan.role_id,
        starts_on=plan.starts_on,
        days=plan.days,
        weekly_minutes=asked.get("weekly_minutes"),
        dropped=tuple(asked.get("drop", ())),
    )


def _item(planned: PlannedItem, known: Mapping[UUID, PlanItem]) -> PlanItem:
    uid = UUID(planned.uid) if planned.uid else uuid4()
    old = known.get(uid)
    return PlanItem(
        date=planned.date,
        position=planned.position,
        minutes=planned.minutes,
        kind=planned.kind,
        resource_id=UUID(planned.resource) if planned.resource else None,
        title=planned.title[:LONGEST_TITLE],
        reason=planned.reason[:LONGEST_REASON],
        basis=dict(planned.basis),
        gains=dict(planned.gains),
        uid=uid,
        sequence=old.sequence if old else 0,
        part=planned.part,
        parts=planned.parts,
        state=old.state if old else planned.state,
        settled_at=old.settled_at if old else None,
        spent_minutes=old.spent_minutes if old else None,
    )


def _rows_store(plan: Plan, draft: Draft) -> None:
    milestones = [
        Milestone(plan=plan, title=each.title[:LONGEST_TITLE], due_on=each.due_on) for each in draft.outcome.milestones
    ]
    Milestone.objects.bulk_create(milestones)
    for item, planned in zip(draft.items, draft.outcome.items, strict=True):
        item.plan = plan
        item.milestone = None if planned.milestone is None else milestones[planned.milestone]
    PlanItem.objects.bulk_create(draft.items)
    shown = zip(milestones, draft.outcome.milestones, strict=True)
    for_milestones, for_items = Milestone.skills.through, PlanItem.skills.through
    for_milestones.objects.bulk_create(
        for_milestones(milestone=row, skill_id=UUID(skill)) for row, each in shown for skill in each.skills
    )
    for_items.objects.bulk_create(
        for_items(planitem=item, skill_id=UUID(skill)) for item in draft.items for skill in draft.skills[item.uid]
    )
