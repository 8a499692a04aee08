"""Which resources a plan is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from learning.planner.chain import greedy_chain
from learning.planner.frontier import best_within
from learning.planner.problem import Problem
from learning.planner.rules import SLACK, WORTH_CHANGING
from learning.planner.selection import (
    Selection,
    nothing,
    selection_of,
    whole_goal,
    with_more,
    without_needless,
)


def chosen(problem: Problem, minutes: int) -> tuple[Selection, Selection]:
    """The cheapest way to the whole goal that is known, and the selection for the minutes.

    Where the whole goal fits with slack, quality decides: the way that costs least when minutes are weighed by level fit
    and rating. Where it doesn't fit, what closes most decides.
    """
    liked, plain = whole_goal(problem, by_effort=True), whole_goal(problem)
    whole = min((plain, liked), key=lambda one: (-one.gain, one.minutes, one.chosen))
    if whole.gain == sum(problem.goal) and whole.minutes <= minutes:
        roomy = liked.gain == whole.gain and liked.minutes <= minutes * (1 - SLACK)
        return whole, liked if roomy else whole
    seeds = [*greedy_chain(problem, minutes), *greedy_chain(problem, minutes, by_effort=True), plain, liked]
    best = without_needless(problem, best_within(problem, minutes, seeds))
    # Of two that are as good, that of the plan: where both miss something else, more time would not help.
    return min((best, whole), key=lambda one: (-one.gain, one.minutes)), best


def chosen_again(
    problem: Problem, minutes: int, kept: Mapping[str, frozenset[str]], whole: Selection, fresh: Selection
) -> Selection:
    """The selection for a plan that goes on from one of the ``kept`` resources, each with the skills
    that it counted for: that again, or a part of it, or more, in
    this order, unless one made afresh closes noticeably more, or the whole gap as only it does."""

    def enough(selection: Selection) -> bool:
        if selection.minutes > minutes:
            return False
        return selection.gain >= (fresh.gain if fresh.gain >= whole.gain else fresh.gain * WORTH_CHANGING)

    same = without_needless(problem, _studiable(problem, kept))
    if enough(same):
        return same
    if same.minutes > minutes:
        less = _part_of(problem, minutes, same)
        return less if enough(less) else fresh
    more = [*greedy_chain(problem, minutes, start=same), whole_goal(problem, start=same)]
    fitting = [without_needless(problem, one) for one in more if one.minutes <= minutes]
    best = min(fitting, key=lambda one: (-one.gain, one.minutes, one.chosen))
    return best if enough(best) else fresh


def _studiable(problem: Problem, kept: Mapping[str, frozenset[str]]) -> Selection:
    """The kept resources, without those whose prerequisites are not there any more."""
    likest: dict[str, tuple[int, int, int]] = {}
    for number, offer in enumerate(problem.offers):
        if offer.option.id in kept:
            skills = {problem.needs[skill].skill for skill, _ in offer.gains}
            likeness = -len(skills & kept[offer.option.id]), len(skills), number
            likest[offer.option.id] = min(likest.get(offer.option.id, likeness), likeness)
    selection, left = nothing(problem), sorted(number for _, _, number in likest.values())
    while True:
        ready = [number for number in left if _unlocked(problem, selection, number)]
        if not ready:
            return selection
        selection = with_more(problem, selection, ready)
        left = [number for number in left if number not in ready]


def _unlocked(problem: Problem, selection: Selection, number: int) -> bool:
    return all(
        selection.gained[earlier] >= problem.unlock[earlier]
        for skill, _ in problem.offers[number].gains
        for earlier in problem.before[skill]
    )


def _part_of(problem: Problem, minutes: int, selection: Selection) -> Selection:
    """What closes most with a part of the selection's offers."""
    teaching = tuple(tuple(one for one in offers if selection.chosen >> one[0] & 1) for offers in problem.teaching)
    narrow = replace(problem, teaching=teaching)
    best = best_within(narrow, minutes, greedy_chain(narrow, minutes))
    return without_needless(problem, selection_of(problem, best.numbers))
