"""Whether the goal fits the time, and what would make it fit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from learning.planner.capacity import typical_week
from learning.planner.demand import Time, minutes_needed
from learning.planner.needs import name_of
from learning.planner.problem import Problem
from learning.planner.reasons import NAMED, listed
from learning.planner.remedies import days_to_add, missed_targets, targets_to_drop
from learning.planner.rules import MAXIMUM_DAYS, TOLERANCE, units
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


# Where more targets would have to go, it is told what the plan reaches instead: nobody drops that many.
MOST_TO_DROP = 3
MOST_REACHED_NAMED = 6


def verdict_of(request: PlanRequest, problem: Problem, whole: Selection, selection: Selection, time: Time) -> Verdict:
    """The verdict on closing the whole gap, of which ``whole`` is the cheapest way that is known."""
    found = _findings(request, problem, whole, time)
    if not any(problem.goal) and not problem.untaught:
        return _verdict(found, "reached", "Every target is reached already.")
    verdict = _on_the_gap(request, problem, whole, selection, found, time)
    return replace(verdict, text=verdict.text + _hours_refused(request))


def _on_the_gap(
    request: PlanRequest, problem: Problem, whole: Selection, selection: Selection, found: Findings, time: Time
) -> Verdict:
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


def _hours_refused(request: PlanRequest) -> str:
    """Why a week has fewer hours than were asked for; empty where it hasn't."""
    allowed, asked = sum(request.calendar.minutes_per_weekday), request.calendar.weekly_minutes
    if asked is None or round(allowed / 60, 1) >= round(asked / 60, 1):
        return ""
    return (
        f" Your days allow {allowed / 60:.3g} of the {asked / 60:.3g} hours asked for;"
        " give more time on them in your settings."
    )


def _hours(hours: float) -> float:
    """Rounded up, so that so many hours are enough."""
    return math.ceil(hours * 10 - 1e-9) / 10


def _nothing_teaches(request: PlanRequest, problem: Problem, untaught: Sequence[str]) -> str:
    sentences = _shortages(request, problem, untaught)
    return " ".join([*sentences, "The rest of the goal fits."] if problem.goal else sentences)


def _shortages(request: PlanRequest, problem: Problem, untaught: Sequence[str]) -> list[str]:
    """What is offered too little for. What all resources together would teach is told apart: there they are the same that
    the rest of the goal needs, and a resource counts for one step of the order alone."""
    short = [skill for skill in untaught if problem.untaught.get(skill, 0) > units(TOLERANCE)]
    shared = [skill for skill in untaught if skill not in short]
    others = sorted(set(problem.blocked) - set(short))
    sentences = []
    if short:
        text = f"Nothing that is offered teaches {_names(request, short)} as far as asked"
        sentences.append(text + (f"; {_names(request, others)} would have to come before." if others else "."))
    if shared:
        sentences.append(
            f"No way was found to bring {_names(request, shared)} as far as asked beside the rest of the goal:"
            " of skills that build on each other, a resource counts for one alone."
        )
    return sentences


def _names(request: PlanRequest, skills: Sequence[str], most: int = NAMED) -> str:
    return listed([name_of(request.skills, skill) for skill in skills], most)


def _too_little(
    request: PlanRequest, problem: Problem, whole: Selection, selection: Selection, found: Findings, time: Time
) -> Verdict:
    minutes = time.learning
    days = None if found.untaught else days_to_add(request, found.needed)
    drop = targets_to_drop(request, problem, whole, selection, minutes, found.untaught) if minutes > 0 else ()
    sentences = [_missing_time(request, problem, selection, found, days, drop)]
    sentences += _shortages(request, problem, found.untaught)
    return _verdict(found, "too_little_time", " ".join(sentences), extend_days=days, drop=drop)


def _missing_time(
    request: PlanRequest,
    problem: Problem,
    selection: Selection,
    found: Findings,
    days: int | None,
    drop: Sequence[str],
) -> str:
    needed = f"The goal needs {found.needed_weekly:g} h a week"
    if found.available == 0:
        return f"{needed}, and no day of the plan has time."
    text = f"{needed}, you have {found.weekly:g}"
    ways = [f"extend by {days} day{'s' if days > 1 else ''}"] if days is not None else []
    if drop and (ways or len(drop) <= MOST_TO_DROP):
        ways.append(f"drop {_names(request, drop)}")
    if not ways:
        return f"{text}.{_reached(request, problem, selection)}"
    if days is None and not found.untaught and request.calendar.days < MAXIMUM_DAYS:
        text += f", and {MAXIMUM_DAYS} days would not be enough"
    return f"{text}: {' or '.join(ways)}."


def _reached(request: PlanRequest, problem: Problem, selection: Selection) -> str:
    """What a plan comes to that is far from its goal; empty where it brings nothing."""
    missed = set(missed_targets(problem, selection))
    targets = [skill for skill, goal in enumerate(problem.goal) if goal]
    reached = [problem.needs[skill].skill for skill in targets if problem.needs[skill].skill not in missed]
    begun = [
        problem.needs[skill].skill
        for skill in targets
        if problem.needs[skill].skill in missed and selection.gained[skill]
    ]
    if not reached and not begun:
        return ""
    told = f"starts on {_names(request, begun)}"
    if reached:
        told = f"brings {_names(request, reached, MOST_REACHED_NAMED)} as far as the role asks"
        told += f", and starts on {len(begun)} more" if begun else ""
    calendar = request.calendar
    span = f"In these {calendar.days} days" if request.today <= calendar.starts_on else "In the days that are left"
    return f" {span} the plan {told}; the rest is for later plans."
