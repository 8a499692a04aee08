"""The page of progress: mastery over time, pace against the plan, the forecast, the days with learning, the evidence."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from agents.pages.access import member_page
from aurora_site.accounts.identity import Identity
from learning.models import Completion, ItemState, Learner, Plan, PlanItem, Skill
from learning.pages.access import learner_or_404, page_context
from learning.pages.charts import mastery_charts
from learning.pages.drawings.heatmap import heatmap
from learning.pages.drawings.pace import PaceDrawing, Settled, pace_drawing
from learning.pages.evidence_rows import evidence_rows
from learning.pages.fading import fading
from learning.pages.skill_states import ENOUGH
from learning.pages.skills import Known, known_skills
from learning.progress.forecast import Forecast
from learning.selectors.people import learner_of
from learning.selectors.plans import active_plan, today_of
from learning.selectors.progress import progress_of

MOST_CHARTS = 24
WEEKS = 26


@require_safe
@member_page
def own_progress(request: HttpRequest, identity: Identity) -> HttpResponse:
    """How it goes with the reader's own learning."""
    learner = learner_of(identity)
    if learner is None:
        return redirect("learning-page")
    return _page(request, identity, learner)


@require_safe
@member_page
def learner_progress(request: HttpRequest, identity: Identity, learner_id: UUID) -> HttpResponse:
    """How it goes with the learning of somebody whom the reader follows."""
    return _page(request, identity, learner_or_404(identity, learner_id))


def _page(request: HttpRequest, identity: Identity, learner: Learner) -> HttpResponse:
    plan, progress = active_plan(learner), progress_of(learner)
    known = known_skills(identity, learner, learner.role)
    rows = sorted((known.row(each) for each in known.mastery if each in known.skills), key=lambda row: row.skill.name)
    context = page_context(identity, "progress") | {
        "learner": learner,
        "is_own": learner.user_id == identity.user_id,
        "plan": plan,
        "today": today_of(learner),
        "progress": progress,
        "pace": _pace(plan, learner, progress.forecast) if plan else None,
        "charts": mastery_charts(learner, _charted(known), known.targets),
        "skills": rows,
        "fades": _fades(learner, known),
        "heatmap": heatmap(
            _minutes(learner), until=today_of(learner), weeks=WEEKS, frozen=frozenset(progress.streak.frozen)
        ),
        "evidence": evidence_rows(learner),
    }
    return render(request, "learning/progress.html", context)


def _charted(known: Known) -> dict[UUID, Skill]:
    """The skills whose mastery is drawn: those that the role asks for first, the others by how much is known."""
    order = sorted(
        known.mastery.keys() & known.skills.keys(), key=lambda each: (each not in known.targets, known.name_of(each))
    )
    return {each: known.skills[each] for each in order[:MOST_CHARTS]}


def _fades(learner: Learner, known: Known) -> dict[UUID, date]:
    """When skills that are mastered now are likely to be so no longer."""
    levels = {each: known.targets.get(each, ENOUGH) for each, state in known.states.items() if state == "mastered"}
    return fading(learner, levels, timezone.now())


def _pace(plan: Plan, learner: Learner, forecast: Forecast) -> PaceDrawing:
    zone = ZoneInfo(learner.time_zone)
    items = [
        Settled(
            item.date,
            item.minutes,
            item.settled_at.astimezone(zone).date() if item.state == ItemState.DONE and item.settled_at else None,
        )
        for item in plan.items.all()
        if item.state != ItemState.SKIPPED
    ]
    return pace_drawing(
        items,
        starts_on=plan.starts_on,
        ends_on=plan.starts_on + timedelta(days=plan.days - 1),
        today=today_of(learner),
        forecast=_days(forecast),
    )


def _days(forecast: Forecast) -> tuple[date, date, date] | None:
    """Earliest, likely and latest day; None where one of them is too far off to be drawn."""
    if forecast.p10 and forecast.p50 and forecast.p90:
        return forecast.p10, forecast.p50, forecast.p90
    return None


def _minutes(learner: Learner) -> dict[date, int]:
    """The minutes of the items that were done, by the learner's days; an item counts once, however many versions have it."""
    zone, since = ZoneInfo(learner.time_zone), timezone.now() - timedelta(weeks=WEEKS + 1)
    done = PlanItem.objects.filter(plan__learner=learner, state=ItemState.DONE, settled_at__gte=since)
    rows = {uid: (at, spent or minutes) for uid, at, minutes, spent in
            done.order_by("pk").values_list("uid", "settled_at", "minutes", "spent_minutes")}  # fmt: skip
    found: Counter[date] = Counter()
    for at, minutes in rows.values():
        found[(at or since).astimezone(zone).date()] += minutes
    # A finished item finishes its resource too: what was finished counts on days without items alone.
    finished = Completion.objects.for_organization(learner.organization_id).filter(
        learner=learner, completed_at__gte=since
    )
    outside: Counter[date] = Counter()
    for at, spent, minutes in finished.values_list("completed_at", "minutes", "resource__minutes"):
        outside[at.astimezone(zone).date()] += spent or minutes
    return dict(outside) | dict(found)
