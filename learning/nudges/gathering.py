"""What reminders are decided from, read for many learners at once: so many queries a batch, however many learners."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from itertools import chain
from typing import Any
from uuid import UUID

from django.db.models import Count, Q

from learning.mastery import PRACTICE
from learning.models import Completion, Evidence, ItemState, Learner, Nudge, Plan, PlanItem, PlanState, ReviewCard
from learning.nudges.deciding import DAYS_UNTIL_QUIET, DueReview, Facts, FinishedPlan, Task
from learning.nudges.hours import is_evening, local
from learning.progress.streaks import streak_of

FINISHED_DAYS = 7
MADE_DAYS = 30
LONGEST_STREAK_DAYS = 366
# A day anywhere begins and ends at most so long before or after it does in UTC.
ZONE_MARGIN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Batch:
    """The rows of a batch, by the learner's id."""

    items: Mapping[UUID, list[Task]]
    made_on: Mapping[UUID, datetime]
    finished: Mapping[UUID, list[FinishedPlan]]
    reviews: Mapping[UUID, list[tuple[str, datetime]]]
    studied: Mapping[UUID, list[datetime]]
    nudges: Mapping[UUID, list[Any]]


def facts_of(learners: Sequence[Learner], now: datetime) -> dict[UUID, Facts]:
    """The facts of each learner by id, at a moment."""
    ids = [learner.pk for learner in learners]
    batch = _Batch(
        items=_open_items(ids, now),
        made_on=dict(Plan.objects.filter(active_for__in=ids).values_list("active_for_id", "created_at")),
        finished=_finished(ids, now),
        reviews=_grouped(
            ReviewCard.objects.filter(learner__in=ids, due_at__lte=now)
            .order_by("due_at")
            .values_list("learner_id", "skill__name", "due_at")
        ),
        studied=studied_at(ids, now - timedelta(days=DAYS_UNTIL_QUIET + 1)),
        nudges=_grouped(
            Nudge.objects.filter(learner__in=ids, created_at__gte=now - timedelta(days=MADE_DAYS))
            .order_by("created_at")
            .values_list("learner_id", "kind", "occasion", "created_at", "mail_on")
        ),
    )
    found = {learner.pk: _facts(learner, batch, now) for learner in learners}
    return _with_streaks(learners, found, now)


def studied_at(learner_ids: Iterable[UUID], since: datetime) -> dict[UUID, list[datetime]]:
    """When learners have done something since a moment: items of plans, resources that they finished, practice."""
    ids = list(learner_ids)
    done = PlanItem.objects.filter(plan__learner__in=ids, state=ItemState.DONE, settled_at__gte=since)
    finished = Completion.objects.filter(learner__in=ids, completed_at__gte=since)
    practised = Evidence.objects.filter(learner__in=ids, kind__in=PRACTICE, observed_at__gte=since)
    return _grouped(
        chain(
            done.order_by().values_list("plan__learner_id", "settled_at"),
            finished.order_by().values_list("learner_id", "completed_at"),
            practised.order_by().values_list("learner_id", "observed_at"),
        )
    )


def _facts(learner: Learner, batch: _Batch, now: datetime) -> Facts:
    today = local(now, learner).date()
    items = batch.items.get(learner.pk, [])
    studied = {local(moment, learner).date() for moment in batch.studied.get(learner.pk, [])}
    began = batch.made_on.get(learner.pk)
    active = [*studied, *([local(began, learner).date()] if began else [])]
    nudges = batch.nudges.get(learner.pk, [])
    return Facts(
        today=today,
        is_evening=is_evening(now, learner),
        overdue=[task for task in items if task.date < today],
        next_task=next((task for task in items if task.date <= today), None),
        reviews=[DueReview(name, local(due, learner).date()) for name, due in batch.reviews.get(learner.pk, [])],
        finished=batch.finished.get(learner.pk, []),
        has_studied_today=today in studied,
        last_active=max(active, default=None),
        last_made={kind: local(created, learner).date() for kind, _, created, _ in nudges},
        made=frozenset((kind, occasion) for kind, occasion, _, _ in nudges),
        is_mailed=any(mail_on == today for _, _, _, mail_on in nudges),
        has_plan=began is not None,
    )


def _is_free(learner: Learner, day: date) -> bool:
    return not learner.minutes_per_weekday[day.weekday()] or day.isoformat() in learner.blackout_dates


def _with_streaks(learners: Sequence[Learner], found: dict[UUID, Facts], now: datetime) -> dict[UUID, Facts]:
    """Count the streaks that may be at risk, which takes looking further back; nobody else's matters."""
    candidates = [learner for learner in learners if _may_lose_streak(found[learner.pk])]
    if not candidates:
        return found
    studied = studied_at([learner.pk for learner in candidates], now - timedelta(days=LONGEST_STREAK_DAYS))
    for learner in candidates:
        facts = found[learner.pk]
        days = {local(moment, learner).date() for moment in studied[learner.pk]}
        streak = streak_of(days, partial(_is_free, learner), facts.today)
        found[learner.pk] = replace(facts, streak=streak.days if streak.at_risk else 0, freezes=streak.freezes)
    return found


def _may_lose_streak(facts: Facts) -> bool:
    return facts.is_evening and not facts.has_studied_today and facts.last_active is not None


def _open_items(ids: Sequence[UUID], now: datetime) -> dict[UUID, list[Task]]:
    rows = PlanItem.objects.filter(
        plan__active_for__in=ids, state=ItemState.PLANNED, date__lte=(now + ZONE_MARGIN).date()
    ).order_by("date", "position")
    grouped = _grouped(rows.values_list("plan__active_for_id", "title", "date", "minutes"))
    return {learner_id: [Task(*row) for row in found] for learner_id, found in grouped.items()}


def _finished(ids: Sequence[UUID], now: datetime) -> dict[UUID, list[FinishedPlan]]:
    plans = Plan.objects.filter(
        learner__in=ids, state=PlanState.FINISHED, finished_at__gte=now - timedelta(days=FINISHED_DAYS)
    )
    counted = plans.annotate(
        done=Count("items", filter=Q(items__state=ItemState.DONE)),
        skipped=Count("items", filter=Q(items__state=ItemState.SKIPPED)),
    ).order_by("finished_at")
    grouped = _grouped(counted.values_list("learner_id", "pk", "days", "done", "skipped"))
    return {
        learner_id: [FinishedPlan(str(plan), days, done, skipped) for plan, days, done, skipped in rows]
        for learner_id, rows in grouped.items()
    }


def _grouped(rows: Iterable[tuple[Any, ...]]) -> defaultdict[UUID, list[Any]]:
    """The rows by their first column, without it; of two columns the other alone."""
    found: defaultdict[UUID, list[Any]] = defaultdict(list)
    for key, *rest in rows:
        found[key].append(rest[0] if len(rest) == 1 else tuple(rest))
    return found
