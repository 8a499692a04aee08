"""What would make a goal fit: more days, or fewer targets. What is promised was tried."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import replace

from learning.planner.capacity import capacity_of
from learning.planner.demand import charged_reviews, minutes_to_learn
from learning.planner.needs import needs_of
from learning.planner.offers import usable_options
from learning.planner.problem import Problem, problem_of
from learning.planner.rules import MAXIMUM_DAYS, TOLERANCE, units
from learning.planner.selection import Selection, cheapest_whole, without_needless
from learning.planner.types import PlanRequest
from learning.planner.works import ending_milestones

MOST_TRIALS = 4
MOST_WEIGHED = 60
# One target is hardly more than this share of a goal; where more is missing, dropping one isn't weighed.
LARGEST_LOSS = 0.5


def days_to_add(request: PlanRequest, needed: int) -> int | None:
    """The fewest days more that have the minutes; None where even the longest plan hasn't."""
    choices = range(1, MAXIMUM_DAYS - request.calendar.days + 1)
    # More days never have fewer minutes.
    first = bisect_left(choices, needed, key=lambda more: capacity_of(request, more_days=more).minutes)
    return choices[first] if first < len(choices) else None


def targets_to_drop(
    request: PlanRequest,
    problem: Problem,
    whole: Selection,
    selection: Selection,
    minutes: int,
    untaught: Sequence[str],
) -> tuple[str, ...]:
    """Targets without which the rest of the goal fits the minutes: ``untaught`` and, if one is enough, the one whose loss
    is least, else those that the selection doesn't close. Empty where nothing would be left."""
    targets = {problem.needs[skill].skill for skill, goal in enumerate(problem.goal) if goal}
    proposals = [list(untaught)] if whole.minutes <= minutes else []
    proposals += [[*untaught, skill] for skill in _cheapest_losses(problem, whole, minutes, set(untaught))]
    proposals.append(missed_targets(problem, selection))
    smaller = replace(request, resources=list(usable_options(request, needs_of(request)).values()))
    for proposal in proposals[: MOST_TRIALS - 1] + proposals[-1:]:
        if proposal and targets - set(proposal) and _fits_without(smaller, proposal):
            return tuple(sorted(set(proposal)))
    return ()


def _cheapest_losses(problem: Problem, whole: Selection, minutes: int, gone: set[str]) -> list[str]:
    """Single targets without which the rest seems to fit, the smallest loss first."""
    if minutes < whole.minutes * (1 - LARGEST_LOSS):
        return []
    targets = [skill for skill, goal in enumerate(problem.goal) if goal and problem.needs[skill].skill not in gone]
    targets.sort(key=lambda skill: (problem.goal[skill], problem.needs[skill].name, problem.needs[skill].skill))
    dropped = [number for number, need in enumerate(problem.needs) if need.skill in gone]
    return [
        problem.needs[skill].skill
        for skill in targets[:MOST_WEIGHED]
        if _minutes_without(problem, whole, [*dropped, skill]) <= minutes
    ][: MOST_TRIALS - 1]


def _minutes_without(problem: Problem, whole: Selection, dropped: Iterable[int]) -> int:
    goal = list(problem.goal)
    for skill in dropped:
        goal[skill] = 0
    return without_needless(replace(problem, goal=tuple(goal)), whole).minutes


def _fits_without(request: PlanRequest, dropped: Iterable[str]) -> bool:
    trial = replace(request, dropped=request.dropped | frozenset(dropped))
    needs = needs_of(trial)
    problem = problem_of(trial, needs)
    minutes = minutes_to_learn(capacity_of(trial).minutes, charged_reviews(trial, needs))
    ending, _ = ending_milestones(trial, problem, minutes)
    whole = cheapest_whole(problem)
    return whole.minutes <= minutes - ending and not missed_targets(problem, whole)


def missed_targets(problem: Problem, selection: Selection) -> list[str]:
    """Targets that the selection misses by more than the tolerance, those that can't be taught included."""
    missed = {name for name, missing in problem.untaught.items() if missing > units(TOLERANCE)}
    for skill, goal in enumerate(problem.goal):
        if goal - selection.gained[skill] > units(TOLERANCE):
            missed.add(problem.needs[skill].skill)
    return sorted(missed)
