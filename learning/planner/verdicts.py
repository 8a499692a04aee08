"""Whether the goal fits the time, and what would make it fit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from learning.planner.capacity import Capacity, capacity_of, typical_week
from learning.planner.demand import charged_reviews, minutes_needed
from learning.planner.problem import Problem
from learning.planner.reasons import listed
from learning.planner.rules import MAXIMUM_DAYS, TOLERANCE, units
from learning.planner.selection import Selection
from learning.planner.types import DAYS_PER_WEEK, PlanRequest, Verdict


@dataclass(frozen=True, slots=True)
class Numbers:
    needed: int
    available: int
    needed_weekly: float
    weekly: float


def verdict_of(request: PlanRequest, problem: Problem, whole: Selection, fits: bool, capacity: Capacity) -> Verdict:
    """The verdict on closing the whole gap, of which ``whole`` is the cheapest way that is known."""
    numbers = _numbers(request, whole.minutes, capacity)
    untaught = untaught_targets(problem, whole)
    if not any(problem.goal) and not untaught:
        return _verdict(numbers, "reached", "Every target is reached already.")
    if not fits:
        return _too_little(request, problem, whole, numbers, untaught)
    if untaught:
        return _verdict(numbers, "no_resources", _nothing_teaches(request, problem, untaught), drop=untaught)
    text = f"The goal fits: it needs {numbers.needed_weekly:g} h a week, you have {numbers.weekly:g}."
    return _verdict(numbers, "feasible", text)


def _verdict(
    numbers: Numbers, code: str, text: str, *, extend_days: int | None = None, drop: Sequence[str] = ()
) -> Verdict:
    return Verdict(
        feasible=code in ("feasible", "reached"),
        code=code,
        text=text,
        needed_minutes=numbers.needed,
        available_minutes=numbers.available,
        needed_weekly_hours=numbers.needed_weekly,
        weekly_hours=numbers.weekly,
        extend_days=extend_days,
        drop=tuple(drop),
    )


def _numbers(request: PlanRequest, learning: int, capacity: Capacity) -> Numbers:
    """Hours a week are those of a usual week; what is needed is in the proportion of the minutes."""
    needed = minutes_needed(learning, charged_reviews(request))
    weekly = typical_week(request.calendar) / 60
    if capacity.minutes:
        asked = weekly * needed / capacity.minutes
    else:
        asked = needed / 60 / (max(1, len(capacity.days)) / DAYS_PER_WEEK)
    return Numbers(needed, capacity.minutes, math.ceil(asked * 10 - 1e-9) / 10, round(weekly, 1))


def untaught_targets(problem: Problem, whole: Selection) -> list[str]:
    """Targets that are missed by more than the tolerance whatever is studied."""
    missed = {name: missing for name, missing in problem.untaught.items() if missing > units(TOLERANCE)}
    for skill, goal in enumerate(problem.goal):
        if goal - whole.gained[skill] > units(TOLERANCE):
            missed[problem.needs[skill].skill] = goal
    return sorted(missed)


def _nothing_teaches(request: PlanRequest, problem: Problem, untaught: Sequence[str]) -> str:
    def name(skill: str) -> str:
        return request.skills[skill].name if skill in request.skills else skill

    text = f"The catalogue doesn't teach {listed([name(skill) for skill in untaught])} as far as asked."
    others = sorted(set(problem.blocked) - set(untaught))
    if others:
        text += f" Nothing at all teaches {listed([name(skill) for skill in others])}, which has to come before."
    return text + " The rest fits."


def _too_little(
    request: PlanRequest, problem: Problem, whole: Selection, numbers: Numbers, untaught: list[str]
) -> Verdict:
    more = _days_to_add(request, numbers.needed)
    text = f"The goal needs {numbers.needed_weekly:g} h a week, you have {numbers.weekly:g}"
    text += f": extend the plan by {more} days." if more is not None else "; 60 days would not be enough either."
    return _verdict(numbers, "too_little_time", text, extend_days=more)


def _days_to_add(request: PlanRequest, needed: int) -> int | None:
    for more in range(1, MAXIMUM_DAYS - request.calendar.days + 1):
        if capacity_of(request, more_days=more).minutes >= needed:
            return more
    return None
