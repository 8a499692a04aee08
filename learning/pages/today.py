"""What a learner's day is for: today's items, what is overdue, the next best action, reminders, the streak."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from agents.pages.access import member_page
from aurora_site.accounts.identity import Identity
from learning.errors import UnknownReference
from learning.models import Learner, NudgeKind
from learning.pages.access import acting
from learning.pages.plan_rows import plan_rows
from learning.selectors.nudges import nudges_for
from learning.selectors.people import learner_of
from learning.selectors.plans import active_plan, finished_resources, today_of
from learning.selectors.progress import progress_of
from learning.services.nudges import nudge_dismiss

MOST_NUDGES = 5
UPCOMING = 5


def today_context(learner: Learner) -> dict[str, Any]:
    """All that the page of today shows of a learner."""
    plan, today = active_plan(learner), today_of(learner)
    rows = plan_rows(plan, today, finished=finished_resources(learner)) if plan else None
    upcoming = [
        item
        for week in (rows.weeks if rows else [])
        for day in week.days
        for item in day.items
        if day.on > today and item.is_open and not item.is_elsewhere
    ]
    return {
        "learner": learner,
        "plan": plan,
        "rows": rows,
        "today": today,
        "upcoming": upcoming[:UPCOMING],
        "progress": progress_of(learner),
        "nudges": nudges_for(learner).exclude(kind=NudgeKind.DIGEST)[:MOST_NUDGES],
        "back": "today",
    }


@require_POST
@member_page
def dismiss(request: HttpRequest, identity: Identity, nudge_id: UUID) -> HttpResponse:
    """Take a reminder off the pages of whom it is for."""
    learner = learner_of(identity)
    try:
        if learner is not None:
            nudge_dismiss(**acting(identity), learner_id=learner.pk, nudge_id=nudge_id)
            return redirect("learning-page")
    except UnknownReference as error:
        raise Http404(str(error)) from error
    raise Http404("There is no such reminder.")
