"""Makes plans and makes them anew. Each commits its rows and its ledger record together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction

from audit.services import record
from learning.differences import Difference, difference
from learning.errors import BadValue, PlanFinished, PlanSuperseded, UnknownLearner, UnknownPlan
from learning.models import Learner, Plan, PlanState, Role, Skill
from learning.models.plans import MAXIMUM_DAYS, MINIMUM_DAYS
from learning.planner import plan as compute
from learning.selectors.planning import Terms, plan_request, request_digest
from learning.selectors.plans import today_of, with_items
from learning.services.mastery import learner_lock
from learning.services.plan_requests import as_sent, plan_made_before
from learning.services.planning import Draft, plan_draft, plan_store, plan_summary, terms_of
from learning.services.rows import require_all

MINUTES_PER_HOUR = 60
MOST_WEEKLY_HOURS = 80
LATEST_START = timedelta(days=366)
LONGEST_REASON = 200


def plan_create(
    *,
    organization_id: UUID,
    actor_id: str,
    learner_id: UUID,
    days: int,
    role_id: UUID | None = None,
    weekly_hours: float | None = None,
    starts_on: date | None = None,
    dropped_skill_ids: Iterable[UUID] = (),
) -> Plan:
    """A new plan of 30 to 60 days towards a role, the learner's own unless given; the active plan is superseded.

    It starts today in the learner's time zone, or on their start date where that is later, unless ``starts_on`` says
    otherwise. A goal that doesn't fit the time gets the best plan there is, and a verdict.
    Raises UnknownLearner, UnknownReference for a role or skill of elsewhere, BadValue for what is out of bounds.
    """
    return plan_create_once(
        organization_id=organization_id,
        actor_id=actor_id,
        learner_id=learner_id,
        days=days,
        role_id=role_id,
        weekly_hours=weekly_hours,
        starts_on=starts_on,
        dropped_skill_ids=tuple(dropped_skill_ids),
    )[0]


def plan_create_once(
    *, organization_id: UUID, actor_id: str, learner_id: UUID, key: str = "", **asked: Any
) -> tuple[Plan, bool]:
    """As ``plan_create``; with a key that the person sent before, the plan of then and False. What is ``asked`` is read
    more than once, so no iterator.

    Raises IdempotencyKeyReused for a key of a plan that was asked for otherwise.
    """
    plan_id = uuid5(organization_id, f"plan:{actor_id}:{key}") if key else None
    sent = as_sent(**asked)
    # First of all: what the terms come to may be otherwise by now, on another day or with another role.
    if made := plan_made_before(organization_id, learner_id, plan_id, sent):
        return made, False
    learner = _learner(organization_id, learner_id)
    terms = _terms(learner, **asked)
    # Reading and computing is most of the work, and holds up nobody here.
    draft = _draft(learner, terms, sent)
    with transaction.atomic():
        learner = learner_lock(organization_id, learner_id)
        if made := plan_made_before(organization_id, learner_id, plan_id, sent):
            return made, False
        draft = _draft_still(learner, _terms(learner, **asked), draft)
        plans = Plan.objects.for_organization(organization_id).select_related("learner", "role")
        active = plans.filter(learner=learner, state=PlanState.ACTIVE).first()
        plan = plan_store(learner, draft, replaces=active, plan_id=plan_id, reason="A new plan." if active else "")
        _record_created(plan, actor_id, draft)
    return plan, True


def plan_replan(
    *,
    organization_id: UUID,
    actor_id: str,
    plan_id: UUID,
    days: int | None = None,
    weekly_hours: float | None = None,
    dropped_skill_ids: Iterable[UUID] | None = None,
    reason: str = "",
) -> tuple[Plan, Difference]:
    """The active plan computed anew from today: what is done or skipped stays, the rest changes as little as it can.

    What isn't given stays as it was asked for; the days are counted from the plan's start. Where nothing comes out
    otherwise, it is the same plan, and the difference is empty.
    Raises UnknownPlan, PlanSuperseded, PlanFinished, UnknownReference, BadValue.
    """
    if len(reason) > LONGEST_REASON:
        raise BadValue(f"Say it in at most {LONGEST_REASON} characters.", field="reason")
    with transaction.atomic():
        # The lock covers the computing: an item that is done meanwhile would be planned anew in the new version.
        before = plan_locked(organization_id, plan_id)
        require_active(before)
        terms = _terms_anew(before, days, weekly_hours, dropped_skill_ids)
        kept = list(before.items.all())
        request = plan_request(before.learner, terms, kept)
        inputs = request_digest(request)
        if inputs == before.inputs:
            return before, Difference(kept=len(kept))
        draft = plan_draft(terms, compute(request), inputs, kept)
        found = difference(kept, draft.items)
        if found.is_empty and terms == terms_of(before):
            return _renewed(before, draft), found
        plan = plan_store(before.learner, draft, replaces=before, reason=reason)
        _record_replanned(plan, before, actor_id, found)
    return plan, found


def plan_locked(organization_id: UUID, plan_id: UUID) -> Plan:
    """A plan with its items and learner, while nobody else changes that learner's plans. Raises UnknownPlan."""
    plans = Plan.objects.for_organization(organization_id)
    learner_id = plans.filter(pk=plan_id).values_list("learner_id", flat=True).first()
    if learner_id is None:
        raise UnknownPlan("There is no such plan.")
    learner = learner_lock(organization_id, learner_id)
    plan = with_items(plans.select_related("role")).get(pk=plan_id)
    plan.learner = learner
    return plan


def require_active(plan: Plan) -> None:
    """Raises PlanSuperseded, which names the plan that holds, or PlanFinished, unless the plan is the active one."""
    if plan.state == PlanState.FINISHED:
        raise PlanFinished("Everything in this plan is settled. Make a new one to go on.")
    if plan.state != PlanState.ACTIVE:
        raise superseded(plan)


def superseded(plan: Plan) -> PlanSuperseded:
    """The refusal to change a version that was replaced."""
    plans = Plan.objects.for_organization(plan.organization_id)
    active = plans.filter(learner_id=plan.learner_id, state=PlanState.ACTIVE).values_list("pk", flat=True).first()
    go_on = f" Go on with plan {active}." if active else " Make a new one to go on."
    return PlanSuperseded(f"Another version took the place of this plan.{go_on}", active_plan=active)


def _learner(organization_id: UUID, learner_id: UUID) -> Learner:
    learner = Learner.objects.for_organization(organization_id).filter(pk=learner_id).first()
    if learner is None:
        raise UnknownLearner("There is no such learner.")
    return learner


def _terms(
    learner: Learner,
    *,
    days: int,
    role_id: UUID | None = None,
    weekly_hours: float | None = None,
    starts_on: date | None = None,
    dropped_skill_ids: Iterable[UUID] = (),
) -> Terms:
    role = role_id or learner.role_id
    if role is None:
        raise BadValue("The learner works towards no role yet: give one, or set the learner's.", field="role")
    require_all(Role, learner.organization_id, [role], field="role")
    return Terms(
        role_id=role,
        starts_on=_start(learner, starts_on),
        days=_days(days),
        weekly_minutes=None if weekly_hours is None else _weekly_minutes(weekly_hours),
        dropped=_dropped(learner.organization_id, dropped_skill_ids),
    )


def _terms_anew(
    before: Plan, days: int | None, weekly_hours: float | None, dropped_skill_ids: Iterable[UUID] | None
) -> Terms:
    terms = terms_of(before)
    if terms is None:
        raise BadValue("The role of this plan is gone: make a new plan towards another.", field="role")
    if days is not None:
        terms = replace(terms, days=_days(days))
    if weekly_hours is not None:
        terms = replace(terms, weekly_minutes=_weekly_minutes(weekly_hours))
    if dropped_skill_ids is not None:
        terms = replace(terms, dropped=_dropped(before.organization_id, dropped_skill_ids))
    return terms


def _days(days: int) -> int:
    if not MINIMUM_DAYS <= days <= MAXIMUM_DAYS:
        raise BadValue(f"A plan has {MINIMUM_DAYS} to {MAXIMUM_DAYS} days.", field="days")
    return days


def _weekly_minutes(hours: float) -> int:
    # Written so that it refuses "not a number", too.
    if not 0 < hours <= MOST_WEEKLY_HOURS:
        raise BadValue(f"Give more than 0 and at most {MOST_WEEKLY_HOURS} hours a week.", field="weekly_hours")
    return max(1, round(hours * MINUTES_PER_HOUR))


def _dropped(organization_id: UUID, skill_ids: Iterable[UUID]) -> tuple[str, ...]:
    return tuple(sorted(map(str, require_all(Skill, organization_id, skill_ids, field="drop"))))


def _start(learner: Learner, starts_on: date | None) -> date:
    today = today_of(learner)
    wanted = max(today, learner.start_date) if starts_on is None else starts_on
    if not today <= wanted <= today + LATEST_START:
        raise BadValue(f"A plan starts within a year from today, {today.isoformat()}.", field="starts_on")
    return wanted


def _draft(learner: Learner, terms: Terms, sent: Mapping[str, Any] | None) -> Draft:
    request = plan_request(learner, terms)
    return replace(plan_draft(terms, compute(request), request_digest(request)), sent=sent)


def _draft_still(learner: Learner, terms: Terms, draft: Draft) -> Draft:
    """The draft, made anew where what it was computed from has changed since, such as by an item that was finished.

    Caller holds the lock on the learner's row, so that this holds until it is stored.
    """
    if terms == draft.terms and request_digest(plan_request(learner, terms)) == draft.inputs:
        return draft
    return _draft(learner, terms, draft.sent)


def _renewed(plan: Plan, draft: Draft) -> Plan:
    """The same plan with the verdict of now: that may change though no item does."""
    draft = replace(draft, sent=plan.summary.get("asked", {}).get("sent"))
    plan.verdict, plan.summary, plan.inputs = draft.outcome.verdict.as_json(), plan_summary(draft), draft.inputs
    plan.save(update_fields=["verdict", "summary", "inputs"])
    return plan


def _record_created(plan: Plan, actor_id: str, draft: Draft) -> None:
    record(
        event="learning.plan_created",
        organization_id=plan.organization_id,
        actor_id=actor_id,
        subject=("plan", plan.pk),
        data={
            **_facts(plan),
            "role": plan.role_id,
            "starts_on": plan.starts_on,
            "items": len(draft.items),
            "feasible": draft.outcome.verdict.feasible,
        },
    )


def _record_replanned(plan: Plan, before: Plan, actor_id: str, found: Difference) -> None:
    counts = {name: len(getattr(found, name)) for name in ("added", "removed", "moved", "changed")}
    record(
        event="learning.plan_replanned",
        organization_id=plan.organization_id,
        actor_id=actor_id,
        subject=("plan", plan.pk),
        data={**_facts(plan), **counts, "kept": found.kept, "feasible": plan.verdict["feasible"]},
        personal={"reason": plan.reason},
        person_id=before.learner.user_id,
    )


def _facts(plan: Plan) -> dict[str, Any]:
    return {
        "learner": plan.learner_id,
        "version": plan.version,
        "days": plan.days,
        "weekly_minutes": plan.weekly_minutes,
        "previous": plan.previous_id,
        "inputs": plan.inputs,
    }
