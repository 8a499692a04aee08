"""Whether the goal fits the time, and what would make it fit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from learning.planner.capacity import typical_week
from learning.planner.demand import Time, minutes_needed
from learning.planner.needs import name_of
from learning.planner.problem import Problem
from learning.planner.reasons import listed
from learning.planner.remedies import days_to_add, missed_targets, targets_to_drop
from learning.planner.rules import MAXIMUM_DAYS
from learning.planner.selection import Selection
from learning.planner.types import DAYS_PER_WEEK, PlanRequest, Verdict


@dataclass(frozen=True, slots=True)
class Findings:
    """What a verdict says. Hours a week are those of a usual week, and what is needed is in proportion to the minutes."""

    needed: int
    available: int
    needed_weekly: float
    weekly: float
    untaught: tuple[str, ...]


def verdict_of(request: PlanRequest, problem: Problem, whole: Selection, selection: Selection, time: Time) -> Verdict:
    """The verdict on closing the whole gap, of which ``whole`` is the cheapest way that is known."""
    found = _findings(request, problem, whole, time)
    if not any(problem.goal) and not problem.untaught:
        return _verdict(found, "reached", "Every target is reached already.")
    if not set(missed_targets(problem, selection)) <= set(found.untaught):
        return _too_little(request, problem, whole, selection, found, time)
    if found.untaught:
        drop = targets_to_drop(request, problem, whole, selection, time.learning, found.untaught)
        return _verdict(found, "no_resources", _nothing_teaches(request, problem, found.untaught), drop=drop)
    text = f"The goal fits: it needs {found.needed_weekly:g} h a week, you have {found.weekly:g}."
    return _verdict(found, "feasible", text)


def _verdict(
    found: Findings, code: str, text: str, *, extend_days: int | None = None, drop: Sequence[str] = ()
) -> Verdict:
    return Verdict(
        feasible=code in ("feasible", "reached"),
        code=code,
        text=text,
        needed_minutes=found.needed,
        available_minutes=found.available,
        needed_weekly_hours=found.needed_weekly,
        weekly_hours=found.weekly,
        extend_days=extend_days,
        drop=tuple(drop),
    )


def _findings(request: PlanRequest, problem: Problem, whole: Selection, time: Time) -> Findings:
    needed = minutes_needed(whole.minutes + time.ending, time.reviews)
    weekly = typical_week(request.calendar) / 60
    available = time.capacity.minutes
    weeks = max(1, len(time.capacity.days)) / DAYS_PER_WEEK
    asked = weekly * needed / available if available else needed / 60 / weeks
    untaught = tuple(missed_targets(problem, whole))
    return Findings(needed, available, _hours(asked), round(weekly, 1), untaught)


def _hours(hours: float) -> float:
    """Rounded up, so that so many hours are enough."""
    return math.ceil(hours * 10 - 1e-9) / 10


def _nothing_teaches(request: PlanRequest, problem: Problem, untaught: Sequence[str]) -> str:
    names = listed([name_of(request.skills, skill) for skill in untaught])
    others = sorted(set(problem.blocked) - set(untaught))
    text = f"Nothing that is offered teaches {names} as far as asked"
    if others:
        text += f"; {listed([name_of(request.skills, skill) for skill in others])} would have to come before"
    return f"{text}. The rest of the goal fits." if problem.goal else f"{text}."


def _too_little(
    request: PlanRequest, problem: Problem, whole: Selection, selection: Selection, found: Findings, time: Time
) -> Verdict:
    minutes = time.learning
    days = None if found.untaught else days_to_add(request, found.needed)
    drop = targets_to_drop(request, problem, whole, selection, minutes, found.untaught) if minutes > 0 else ()
    ways = [f"extend by {days} day{'s' if days > 1 else ''}"] if days is not None else []
    if drop:
        ways.append(f"drop {listed([name_of(request.skills, skill) for skill in drop])}")
    text = f"The goal needs {found.needed_weekly:g} h a week, you have {found.weekly:g}"
    if found.available == 0:
        text = f"The goal needs {found.needed_weekly:g} h a week, and no day of the plan has time"
    elif days is None and not found.untaught and request.calendar.days < MAXIMUM_DAYS:
        text += f", and {MAXIMUM_DAYS} days would not be enough"
    text += f": {' or '.join(ways)}." if ways else "."
    if found.untaught:
        text += " " + _nothing_teaches(request, problem, found.untaught).split(" The rest")[0]
    return _verdict(found, "too_little_time", text, extend_days=days, drop=drop)
