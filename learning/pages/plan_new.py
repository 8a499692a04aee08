"""The page on which a learner asks for a plan."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from agents.pages.access import member_page
from aurora_site.accounts.identity import Identity
from learning.errors import LearningError
from learning.models import Learner, Plan
from learning.pages.access import acting, page_context
from learning.pages.forms import MINUTES, PlanForm, refused
from learning.selectors.catalogue import roles
from learning.selectors.people import learner_of
from learning.selectors.plans import active_plan
from learning.services.learners import learner_update
from learning.services.plans import plan_create

DAYS = 45


@require_http_methods(["GET", "HEAD", "POST"])
@member_page
def plan_new(request: HttpRequest, identity: Identity) -> HttpResponse:
    """What a plan is made from; then the plan itself."""
    learner = learner_of(identity)
    if learner is None:
        return redirect("learning-page")
    form = _form(identity, learner, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            plan = _made(identity, learner, _fields(form))
        except LearningError as error:
            refused(form, error)
        else:
            messages.success(request, f"Your plan for {plan.days} days is made.{_role_changed(learner, plan)}")
            return redirect("learning-own-plan-page")
    context = page_context(identity, "plan") | {
        "form": form,
        "learner": learner,
        "weekly": sum(learner.minutes_per_weekday) / MINUTES,
        "replaced": active_plan(learner),
        "is_assessed": learner.assessed_at is not None,
    }
    return render(request, "learning/plan_new.html", context, status=400 if form.errors else 200)


def _made(identity: Identity, learner: Learner, fields: dict[str, Any]) -> Plan:
    """The plan, whose role is the learner's from now on: progress and suggestions follow it."""
    plan = plan_create(**acting(identity), learner_id=learner.pk, **fields)
    learner_update(**acting(identity), learner_id=learner.pk, changes={"role": fields["role_id"]})
    return plan


def _role_changed(before: Learner, plan: Plan) -> str:
    if plan.role is None or plan.role_id == before.role_id:
        return ""
    return f" The role that you work towards is {plan.role.name} now."


def _form(identity: Identity, learner: Learner, data: Any) -> PlanForm:
    initial = {"role": learner.role_id, "days": DAYS}
    return PlanForm(data, initial=initial, roles=roles(identity.organization_id))


def _fields(form: PlanForm) -> dict[str, Any]:
    given = form.cleaned_data
    return {
        "role_id": given["role"].pk,
        "days": given["days"],
        "weekly_hours": given["weekly_hours"],
        "starts_on": given["starts_on"],
    }
