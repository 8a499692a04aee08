"""The page of a plan: week by week, with what can be done about it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from agents.pages.access import member_page
from aurora_site.accounts.identity import Identity
from learning.models import Plan, PlanState, Skill
from learning.models.plans import MAXIMUM_DAYS, MINIMUM_DAYS
from learning.pages.access import page_context, plan_or_404
from learning.pages.forms import MINUTES
from learning.pages.plan_choices import choices_of, dropped_of
from learning.pages.plan_rows import PlanRows, plan_rows
from learning.pages.verdict_words import verdict_words
from learning.selectors.people import learner_of
from learning.selectors.plans import active_plan, finished_resources, today_of


@require_safe
@member_page
def own_plan(request: HttpRequest, identity: Identity) -> HttpResponse:
    """The plan that the reader follows; who has none is led to ask for one."""
    learner = learner_of(identity)
    if learner is None:
        return redirect("learning-page")
    plan = active_plan(learner)
    return plan_response(request, identity, plan) if plan else redirect("learning-plan-new-page")


@require_safe
@member_page
def plan(request: HttpRequest, identity: Identity, plan_id: UUID) -> HttpResponse:
    """One version of a plan, of the reader or of somebody whom they follow."""
    return plan_response(request, identity, plan_or_404(identity, plan_id))


def plan_response(
    request: HttpRequest, identity: Identity, plan: Plan, *, problem: str = "", status: int = 200, **extra: Any
) -> HttpResponse:
    """The page of a plan. ``problem`` says what was refused just now, ``extra`` what was typed."""
    today = today_of(plan.learner)
    is_active = plan.state == PlanState.ACTIVE
    context = page_context(identity, "plan") | {
        "plan": plan,
        "learner": plan.learner,
        "is_own": plan.learner.user_id == identity.user_id,
        "is_active": is_active,
        "current": plan if is_active else active_plan(plan.learner),
        "today": today,
        "back": "plan",
        "problem": problem,
        **_shown(
            plan, plan_rows(plan, today, _names(plan), finished_resources(plan.learner) if is_active else frozenset())
        ),
        **extra,
    }
    return render(request, "learning/plan.html", context, status=status)


def _shown(plan: Plan, rows: PlanRows) -> dict[str, Any]:
    dropped = dropped_of(plan)
    return {
        "rows": rows,
        "verdict": verdict_words(plan.verdict),
        "choices": choices_of(plan),
        "droppable": _droppable(plan, dropped),
        "weekly_hours": f"{plan.weekly_minutes / MINUTES:g}",
        "shortest": MINIMUM_DAYS,
        "longest": MAXIMUM_DAYS,
    }


def _names(plan: Plan) -> dict[str, str]:
    """The names of the skills that the reasons of items speak of."""
    found = Skill.objects.for_organization(plan.organization_id).values_list("pk", "name")
    return {str(pk): name for pk, name in found}


def _droppable(plan: Plan, dropped: frozenset[str]) -> list[tuple[Skill, bool]]:
    """The skills that the role asks for, and whether each was given up."""
    if plan.role is None:
        return []
    targets = plan.role.targets.select_related("skill").order_by("skill__name")
    return [(target.skill, str(target.skill_id) in dropped) for target in targets]
