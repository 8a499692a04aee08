"""How learners are doing, by numbers from the database alone; the queries don't grow with the learners."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from learning.models import ItemKind, ItemState, Learner, Plan, PlanItem, PlanState
from learning.planner.types import Belief
from learning.progress.advice import NextAction, OpenItem, Situation, last_of, next_action, risk_of
from learning.progress.forecast import Forecast, Workload, forecast_of
from learning.progress.pace import Pace, pace_of
from learning.progress.streaks import Streak, local_day, streak_of
from learning.selectors.mastery import beliefs
from learning.selectors.progress_facts import Facts, facts_of


@dataclass(frozen=True)
class MasterySummary:
    """``skills`` is of how many skills something is known, with their mean; of the ``targets`` of the role some are
    ``reached`` and others ``begun``; ``share`` is how much of what the role asks is there, from 0 to 1."""

    skills: int
    mean: float | None
    targets: int
    reached: int
    begun: int
    share: float | None

    def as_json(self) -> dict[str, Any]:
        return {
            "skills": self.skills,
            "mean": None if self.mean is None else round(self.mean, 4),
            "targets": self.targets,
            "reached": self.reached,
            "begun": self.begun,
            "share": None if self.share is None else round(self.share, 4),
        }


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How a learner is doing at ``at``, on the day ``today`` of where they are.

    Items that were skipped are in neither ``completed`` nor ``total``; minutes are those that items were planned with.
    ``at_risk`` says why somebody may need a hand, and is empty otherwise.
    """

    learner: Learner
    at: datetime
    today: date
    plan: Plan | None
    completed: int
    total: int
    skipped: int
    minutes_done: int
    minutes_planned: int
    overdue: tuple[PlanItem, ...]
    due_today: tuple[PlanItem, ...]
    pace: Pace
    streak: Streak
    forecast: Forecast
    beliefs: dict[UUID, Belief]
    mastery: MasterySummary
    reviews_due: int
    next_action: NextAction
    at_risk: str

    @property
    def percent(self) -> int:
        """Whole percent of the items that are done."""
        return percent_done(self.completed, self.total)

    def as_json(self) -> dict[str, Any]:
        return {
            "learner": {"id": str(self.learner.pk), "name": self.learner.name},
            "at": self.at.isoformat(),
            "today": self.today.isoformat(),
            "plan": _plan_json(self.plan),
            "completed": self.completed,
            "total": self.total,
            "skipped": self.skipped,
            "percent": self.percent,
            "minutes": {"done": self.minutes_done, "planned": self.minutes_planned},
            "overdue": [item_json(item) for item in self.overdue],
            "due_today": [item_json(item) for item in self.due_today],
            "pace": self.pace.as_json(),
            "streak": self.streak.as_json(),
            "forecast": self.forecast.as_json(),
            "mastery": self.mastery.as_json(),
            "reviews_due": self.reviews_due,
            "next_action": self.next_action.as_json(),
            "at_risk": self.at_risk,
        }


def progress_of(learner: Learner, at: datetime | None = None) -> Progress:
    """How a learner is doing, at a moment (now unless given)."""
    return progress_of_all(learner.organization_id, [learner], at)[0]


def progress_of_all(organization_id: UUID, learners: Sequence[Learner], at: datetime | None = None) -> list[Progress]:
    """How each of the organisation's learners given is doing, in their order."""
    moment = at or timezone.now()
    return [_progress(facts, moment) for facts in facts_of(organization_id, learners)]


def is_finished_elsewhere(item: PlanItem, finished: Set[UUID]) -> bool:
    """Whether an open item studies one of the resources that are finished already."""
    return item.state == ItemState.PLANNED and item.kind == ItemKind.STUDY and item.resource_id in finished


def percent_done(completed: int, total: int) -> int:
    """Whole percent of the items that are done, rounded down; 0 where there are none."""
    return 100 * completed // total if total else 0


def item_json(item: PlanItem) -> dict[str, Any]:
    """An item as progress names it."""
    return {
        "id": str(item.pk),
        "uid": str(item.uid),
        "date": item.date.isoformat(),
        "title": item.title,
        "minutes": item.minutes,
        "kind": item.kind,
        "reason": item.reason,
        "url": item.resource.url if item.resource else "",
    }


def _plan_json(plan: Plan | None) -> dict[str, Any] | None:
    if plan is None:
        return None
    return {
        "id": str(plan.pk),
        "version": plan.version,
        "state": plan.state,
        "starts_on": plan.starts_on.isoformat(),
        "ends_on": last_of(plan.days, plan.starts_on).isoformat(),
        "days": plan.days,
    }


def _progress(facts: Facts, at: datetime) -> Progress:
    learner, today = facts.learner, local_day(at, facts.zone)
    away, week = facts.blackout, learner.minutes_per_weekday
    done = [item for item in facts.items if item.state == ItemState.DONE]
    open_items = [item for item in facts.items if item.state == ItemState.PLANNED]
    done_by_day = _minutes_by_day(facts, done)
    pace = pace_of(_promised(facts), done_by_day, today)
    known = beliefs(facts.seen, at)
    reviews_due = sum(local_day(due_at, facts.zone) <= today for due_at in facts.reviews)
    overdue = tuple(item for item in open_items if item.date < today)
    # What was finished elsewhere is in the plan until it is made anew, and nothing to be done.
    to_do = [item for item in open_items if not is_finished_elsewhere(item, facts.finished)]
    return Progress(
        learner=learner,
        at=at,
        today=today,
        plan=facts.plan,
        completed=len(done),
        total=len(done) + len(open_items),
        skipped=len(facts.items) - len(done) - len(open_items),
        minutes_done=sum(item.minutes for item in done),
        minutes_planned=sum(item.minutes for item in [*done, *open_items]),
        overdue=overdue,
        due_today=tuple(item for item in to_do if item.date == today),
        pace=pace,
        streak=streak_of(facts.study_days, lambda day: day in away or not week[day.weekday()], today),
        forecast=_forecast(facts, done_by_day, sum(item.minutes for item in open_items), today),
        beliefs=known,
        mastery=_summary(known, facts.targets),
        reviews_due=reviews_due,
        next_action=_advice(facts, to_do, reviews_due, today),
        at_risk=_risk(facts, pace, overdue, today),
    )


def _minutes_by_day(facts: Facts, done: Sequence[PlanItem]) -> dict[date, int]:
    minutes: dict[date, int] = {}
    for item in done:
        if item.settled_at is not None:  # always so of what is done
            day = local_day(item.settled_at, facts.zone)
            minutes[day] = minutes.get(day, 0) + item.minutes
    return minutes


def _promised(facts: Facts) -> dict[date, int]:
    """The minutes that were planned for each day when it began: by the version that held then.

    What moved to a later day afterwards still counts for the earlier one too, as it should: it was planned and not done.
    """
    skipped = {item.uid for item in facts.items if item.state == ItemState.SKIPPED}
    promised: dict[date, int] = {}
    for number, (created_at, items) in enumerate(facts.versions):
        first = date.min if number == 0 else local_day(created_at, facts.zone) + timedelta(days=1)
        promised = {day: minutes for day, minutes in promised.items() if day < first}
        for uid, (day, minutes) in items.items():
            if day >= first and uid not in skipped:
                promised[day] = promised.get(day, 0) + minutes
    return promised


def _forecast(facts: Facts, done: dict[date, int], remaining: int, today: date) -> Forecast:
    """When the plan's items will be done, at the learner's own budget within what the plan takes of a week."""
    plan = facts.plan
    if plan is None:
        return Forecast(None, None, None, "no_plan")
    week = facts.learner.minutes_per_weekday
    share = min(1.0, plan.weekly_minutes / sum(week)) if plan.weekly_minutes and sum(week) else 1.0
    as_of = today if today in done else today - timedelta(days=1)
    return forecast_of(
        Workload(
            starts_on=plan.starts_on,
            as_of=max(as_of, plan.starts_on - timedelta(days=1)),
            done=done,
            remaining_minutes=remaining,
            minutes_per_weekday=[round(minutes * share) for minutes in week],
            blackout=facts.blackout,
        )
    )


def _summary(known: dict[UUID, Belief], targets: Any) -> MasterySummary:
    means = {skill_id: belief.mean for skill_id, belief in known.items()}
    reached = [skill_id for skill_id, level in targets.items() if means.get(skill_id, 0.0) >= level]
    begun = [skill_id for skill_id in targets if skill_id not in reached and means.get(skill_id, 0.0) > 0]
    asked = sum(targets.values())
    there = sum(min(means.get(skill_id, 0.0), level) for skill_id, level in targets.items())
    return MasterySummary(
        skills=len(known),
        mean=sum(means.values()) / len(means) if means else None,
        targets=len(targets),
        reached=len(reached),
        begun=len(begun),
        share=there / asked if asked else None,
    )


def _advice(facts: Facts, open_items: Sequence[PlanItem], reviews_due: int, today: date) -> NextAction:
    ordered = sorted(open_items, key=lambda item: (item.date, item.position))
    return next_action(
        Situation(
            today=today,
            has_plan=facts.plan is not None,
            assessed=facts.learner.assessed_at is not None,
            open_items=[OpenItem(str(item.pk), item.title, item.date, item.minutes) for item in ordered],
            reviews_due=reviews_due,
        )
    )


def _risk(facts: Facts, pace: Pace, overdue: Sequence[PlanItem], today: date) -> str:
    plan = facts.plan
    if plan is None or plan.state != PlanState.ACTIVE or plan.starts_on > today:
        return ""
    studied = [day for day in facts.study_days if day <= today]
    return risk_of(
        pace=pace,
        overdue=[item.date for item in overdue],
        last_study=max(studied, default=None),
        begun=plan.starts_on,
        today=today,
    )
