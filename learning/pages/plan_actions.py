"""What people do to a plan by the forms of its page: items done, skipped and taken back, the plan computed anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from agents.pages.access import member_page
from aurora_site.accounts.identity import Identity
from learning.errors import BadValue, LearningError
from learning.models import Learner, Plan, PlanState
from learning.pages.access import acting, plan_or_404
from learning.pages.forms import ReplanForm, SettleForm
from learning.pages.plan import plan_response
from learning.pages.plan_choices import widened
from learning.services.items import item_complete, item_reopen, item_skip
from learning.services.learners import learner_update
from learning.services.plans import plan_replan

PERCENT = 100


@require_POST
@member_page
def settle(request: HttpRequest, identity: Identity, plan_id: UUID, item_id: UUID, action: str) -> HttpResponse:
    """Do one of ``ITEM_ACTIONS`` to an item, then show where it was done from."""
    perform = ITEM_ACTIONS.get(action)
    plan = plan_or_404(identity, plan_id)
    item = next((each for each in plan.items.all() if each.pk == item_id), None)
    if perform is None or item is None:
        raise Http404("There is no such item.")
    try:
        perform(acting(identity) | {"plan_id": plan.pk, "item_id": item.pk}, request.POST)
    except LearningError as error:
        messages.error(request, f"“{item.title}” stays as it is: {error}")
    else:
        plan.refresh_from_db(fields=["state"])
        if plan.state == PlanState.FINISHED:
            messages.success(request, "Everything in your plan is settled. Well done.")
    if request.POST.get("back") == "today":
        return redirect("learning-page")
    return redirect(_address(identity, plan) + f"#item-{item.pk}")


def _complete(about: Mapping[str, Any], data: Any) -> None:
    form = _checked(SettleForm(data))
    score = form["score"]
    item_complete(
        **about,
        minutes=form["minutes"],
        score=None if score is None else score / PERCENT,
        rating=form["rating"],
    )


def _skip(about: Mapping[str, Any], data: Any) -> None:
    item_skip(**about)


def _reopen(about: Mapping[str, Any], data: Any) -> None:
    item_reopen(**about)


ITEM_ACTIONS: Mapping[str, Callable[[Mapping[str, Any], Any], None]] = {
    "complete": _complete,
    "skip": _skip,
    "reopen": _reopen,
}


@require_POST
@member_page
def replan(request: HttpRequest, identity: Identity, plan_id: UUID) -> HttpResponse:
    """Compute the plan anew, then show what is different. What was refused is shown on its page, with what was typed."""
    plan, form = plan_or_404(identity, plan_id), ReplanForm(request.POST)
    try:
        given = _checked(form)
        anew = _replanned(identity, plan, given, request.POST.getlist("drop"))
    except LearningError as error:
        typed = {"typed": request.POST, "problem_field": error.field}
        return plan_response(request, identity, plan, problem=str(error), status=400, **typed)
    if anew.pk == plan.pk:
        messages.success(request, "Nothing has to change: the plan stays as it is.")
        return redirect(_address(identity, plan))
    messages.success(request, "The plan is made anew. This is what changed.")
    return redirect("learning-plan-changes-page", plan_id=anew.pk)


def _replanned(identity: Identity, plan: Plan, given: Mapping[str, Any], drop: list[str]) -> Plan:
    """More hours or days away are the learner's: both change together with the plan, or neither does."""
    with transaction.atomic():
        changes = _learner_changes(plan.learner, given["weekly_hours"], given["away"])
        if changes:
            learner_update(**acting(identity), learner_id=plan.learner_id, changes=changes)
        anew, _ = plan_replan(
            **acting(identity),
            plan_id=plan.pk,
            days=given["days"],
            weekly_hours=given["weekly_hours"],
            dropped_skill_ids=_ids(drop) if given["drops"] else None,
            reason=given["reason"],
        )
    return anew


def _learner_changes(learner: Learner, weekly_hours: float | None, away: list[date]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if weekly_hours and (wider := widened(learner.minutes_per_weekday, weekly_hours)):
        changes["minutes_per_weekday"] = wider
    if away:
        known = {date.fromisoformat(day) for day in learner.blackout_dates}
        changes["blackout_dates"] = sorted(known | set(away))
    return changes


def _checked(form: forms.Form) -> dict[str, Any]:
    """What a form holds. Raises BadValue with what is wrong first."""
    if form.is_valid():
        return form.cleaned_data
    field, errors = next(iter(form.errors.items()))
    raise BadValue(f"{str(field).replace('_', ' ').capitalize()}: {errors[0]}", field=str(field))


def _ids(texts: list[str]) -> list[UUID]:
    try:
        return [UUID(text) for text in texts if text]
    except ValueError as error:
        raise BadValue("There is no such skill.", field="drop") from error


def _address(identity: Identity, plan: Plan) -> str:
    """The page of a plan: the short address for its learner."""
    if plan.learner.user_id == identity.user_id and plan.state == PlanState.ACTIVE:
        return reverse("learning-own-plan-page")
    return reverse("learning-plan-page", kwargs={"plan_id": plan.pk})
