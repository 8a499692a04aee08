"""Sets of resources, and the greedy chain from nothing to the whole goal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from learning.planner.problem import Problem
from learning.planner.rules import MINUTES_PER_SKILL


@dataclass(frozen=True, slots=True)
class Selection:
    """Chosen offers by number, what they bring of each skill, their price in minutes, and what of the gap they close."""

    chosen: frozenset[int]
    gained: tuple[int, ...]
    minutes: int
    gain: int


def nothing(problem: Problem) -> Selection:
    return Selection(frozenset(), (0,) * len(problem.needs), 0, 0)


def with_more(problem: Problem, selection: Selection, numbers: Iterable[int]) -> Selection:
    """The selection and these offers, which are not in it yet."""
    gained = list(selection.gained)
    minutes, gain = selection.minutes, selection.gain
    numbers = list(numbers)
    for number in numbers:
        offer = problem.offers[number]
        minutes += offer.minutes
        for skill, brings in offer.gains:
            if not gained[skill]:
                minutes += MINUTES_PER_SKILL
            goal = problem.goal[skill]
            gain += min(goal, gained[skill] + brings) - min(goal, gained[skill])
            gained[skill] += brings
    return Selection(selection.chosen | frozenset(numbers), tuple(gained), minutes, gain)


def selection_of(problem: Problem, numbers: Iterable[int]) -> Selection:
    return with_more(problem, nothing(problem), sorted(numbers))


class Bundles:
    """What has to be taken along so that an offer can be studied: its prerequisites, as far as they are missing."""

    def __init__(self, problem: Problem, *, by_effort: bool = False) -> None:
        self._problem = problem
        self._price = [offer.effort if by_effort else float(offer.minutes) for offer in problem.offers]

    def with_prerequisites(self, selection: Selection, number: int) -> list[int] | None:
        """The offer and what it needs, in an order that can be studied; None where that can't be had."""
        added: list[int] = []
        taken = set(selection.chosen)
        gained = dict(enumerate(selection.gained))
        if self._add(number, taken, gained, added):
            return added
        return None

    def _add(self, number: int, taken: set[int], gained: dict[int, int], added: list[int]) -> bool:
        taken.add(number)
        for skill, _ in self._problem.offers[number].gains:
            for earlier in self._problem.before[skill]:
                if not self._unlock(earlier, taken, gained, added):
                    return False
        for skill, brings in self._problem.offers[number].gains:
            gained[skill] += brings
        added.append(number)
        return True

    def _unlock(self, skill: int, taken: set[int], gained: dict[int, int], added: list[int]) -> bool:
        while gained[skill] < self._problem.unlock[skill]:
            best = self.best_for(skill, taken, gained, self._problem.unlock[skill])
            if best is None or not self._add(best, taken, gained, added):
                return False
        return True

    def best_for(self, skill: int, taken: Iterable[int], gained: dict[int, int], level: int) -> int | None:
        """The offer that brings most of what is missing up to the level, per minute."""
        best, merit = None, 0.0
        missing = level - gained[skill]
        for number in self._problem.teaching[skill]:
            if number in taken:
                continue
            brings = next(gain for index, gain in self._problem.offers[number].gains if index == skill)
            value = min(brings, missing) / self._price[number]
            if value > merit:
                best, merit = number, value
        return best


def greedy_chain(problem: Problem, *, by_effort: bool = False) -> list[Selection]:
    """Selections that grow by what closes most per minute, prerequisites included, until nothing more can be closed."""
    bundles = Bundles(problem, by_effort=by_effort)
    chain = [nothing(problem)]
    while (longer := _longer(problem, bundles, chain[-1])) is not None:
        chain.append(longer)
    return chain


def _longer(problem: Problem, bundles: Bundles, selection: Selection) -> Selection | None:
    best: Selection | None = None
    merit = 0.0
    gained = dict(enumerate(selection.gained))
    for skill, goal in enumerate(problem.goal):
        if selection.gained[skill] >= goal:
            continue
        number = bundles.best_for(skill, selection.chosen, gained, goal)
        added = bundles.with_prerequisites(selection, number) if number is not None else None
        if added is None:
            continue
        after = with_more(problem, selection, added)
        value = (after.gain - selection.gain) / (after.minutes - selection.minutes)
        if value > merit:
            best, merit = after, value
    return best
