"""Sets of resources, what has to be taken along with one, and ways to the whole goal."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from learning.planner.problem import Problem
from learning.planner.rules import MINUTES_PER_SKILL


@dataclass(frozen=True, slots=True)
class Selection:
    """Chosen offers as bits, what they bring of each skill, their price in minutes, and what of the gap they close."""

    chosen: int
    gained: tuple[int, ...]
    minutes: int
    gain: int

    @property
    def numbers(self) -> list[int]:
        """The chosen offers by number."""
        found, left = [], self.chosen
        while left:
            lowest = left & -left
            found.append(lowest.bit_length() - 1)
            left ^= lowest
        return found


def nothing(problem: Problem) -> Selection:
    return Selection(0, (0,) * len(problem.needs), 0, 0)


def with_more(problem: Problem, selection: Selection, numbers: Iterable[int]) -> Selection:
    """The selection and these offers, which are not in it yet."""
    gained = list(selection.gained)
    minutes, gain, chosen = selection.minutes, selection.gain, selection.chosen
    for number in numbers:
        offer = problem.offers[number]
        chosen |= 1 << number
        minutes += offer.minutes
        for skill, brings in offer.gains:
            before = gained[skill]
            if not before:
                minutes += MINUTES_PER_SKILL
            goal = problem.goal[skill]
            if before < goal:
                gain += min(goal - before, brings)
            gained[skill] = before + brings
    return Selection(chosen, tuple(gained), minutes, gain)


def selection_of(problem: Problem, numbers: Iterable[int]) -> Selection:
    return with_more(problem, nothing(problem), sorted(numbers))


class Bundles:
    """What has to be taken along so that an offer can be studied: its prerequisites, as far as they are missing."""

    def __init__(self, problem: Problem, *, by_effort: bool = False) -> None:
        self._problem = problem
        # A skill that is taught along has its own price, whether or not it is studied anyway.
        self._price = [
            (offer.effort if by_effort else offer.minutes) + (len(offer.gains) - 1) * MINUTES_PER_SKILL
            for offer in problem.offers
        ]
        self._rivals = problem.rivals
        self._teachers = [_any_of(problem.rivals[number] for number, _ in offers) for offers in problem.teaching]
        self._covers: dict[tuple[int, int, int, int], tuple[int, ...] | None] = {}
        self._locks = problem.locks

    def with_prerequisites(self, selection: Selection, number: int) -> list[int] | None:
        """The offer and what it needs, in an order that can be studied; None where that can't be had."""
        if all(selection.gained[skill] >= level for skill, level in self._locks[number]):
            return [number]
        added: list[int] = []
        return added if self._add(number, selection.chosen, list(selection.gained), added) is not None else None

    def _add(self, number: int, taken: int, gained: list[int], added: list[int]) -> int | None:
        """Adds an offer and what it needs; the taken ones after that, or None."""
        taken |= 1 << number
        for skill, level in self._locks[number]:
            while gained[skill] < level:
                cover = self.cover(skill, taken, gained[skill], level)
                after = self._add(cover[0], taken, gained, added) if cover else None
                if after is None:
                    return None
                taken = after
        for skill, brings in self._problem.offers[number].gains:
            gained[skill] += brings
        added.append(number)
        return taken

    def cover(self, skill: int, taken: int, gained: int, level: int) -> tuple[int, ...] | None:
        """Offers that together bring a skill to a level, cheaply; None where all together don't."""
        key = skill, taken & self._teachers[skill], gained, level
        if key not in self._covers:
            offers = [one for one in self._problem.teaching[skill] if not taken & self._rivals[one[0]]]
            self._covers[key] = self._cheapest(offers, level - gained)
        return self._covers[key]

    def _cheapest(self, offers: list[tuple[int, int]], missing: int) -> tuple[int, ...] | None:
        """Some of those that bring most per minute, and one that does the rest: the cheapest such set."""
        best: tuple[int, ...] | None = None
        least, spent = math.inf, 0.0
        begun: tuple[int, ...] = ()
        while missing > 0 and offers:
            enough = min(
                ((self._price[number], number) for number, brings in offers if brings >= missing), default=None
            )
            if enough and spent + enough[0] < least:
                least, best = spent + enough[0], (*begun, enough[1])
            number, brings = max(offers, key=lambda one: (min(one[1], missing) / self._price[one[0]], -one[0]))
            offers.remove((number, brings))
            begun = (*begun, number)
            missing, spent = missing - brings, spent + self._price[number]
        return best

    def best_for(self, skill: int, taken: int, gained: int, level: int) -> int | None:
        """The offer that brings most of what is missing up to the level, per minute."""
        best, merit = None, 0.0
        missing = level - gained
        for number, brings in self._problem.teaching[skill]:
            if not taken & self._rivals[number]:
                value = min(brings, missing) / self._price[number]
                if value > merit:
                    best, merit = number, value
        return best


def _any_of(bits: Iterable[int]) -> int:
    found = 0
    for one in bits:
        found |= one
    return found


def whole_goal(problem: Problem, *, by_effort: bool = False, start: Selection | None = None) -> Selection:
    """A cheap way to close the whole gap, as far as the offers go: skill by skill, then without what turned out needless."""
    bundles = Bundles(problem, by_effort=by_effort)
    selection = start or nothing(problem)
    for skill in range(len(problem.needs) - 1, -1, -1):
        goal = problem.goal[skill]
        while selection.gained[skill] < goal:
            gained = selection.gained[skill]
            cover = bundles.cover(skill, selection.chosen, gained, goal)
            number = cover[0] if cover else bundles.best_for(skill, selection.chosen, gained, goal)
            added = None if number is None else bundles.with_prerequisites(selection, number)
            if added is None:
                break
            selection = with_more(problem, selection, added)
    return without_needless(problem, selection)


def cheapest_whole(problem: Problem) -> Selection:
    """The cheaper of two ways to the whole goal: by minutes, and by minutes weighed by level fit and rating."""
    ways = whole_goal(problem), whole_goal(problem, by_effort=True)
    return min(ways, key=lambda one: (-one.gain, one.minutes, one.chosen))


def without_needless(problem: Problem, selection: Selection) -> Selection:
    """Without offers that nothing is missed without, the longest first."""
    while True:
        shorter = _without_some_needless(problem, selection)
        if shorter.chosen == selection.chosen:
            return selection
        selection = shorter


def _without_some_needless(problem: Problem, selection: Selection) -> Selection:
    gained = list(selection.gained)
    needed = {earlier for skill, brings in enumerate(gained) if brings for earlier in problem.before[skill]}
    floors = [max(goal, problem.unlock[skill] * (skill in needed)) for skill, goal in enumerate(problem.goal)]
    kept = set(selection.numbers)
    for number in sorted(kept, key=lambda number: (-problem.offers[number].minutes, number)):
        gains = problem.offers[number].gains
        if all(gained[skill] - brings >= min(floors[skill], selection.gained[skill]) for skill, brings in gains):
            kept.discard(number)
            for skill, brings in gains:
                gained[skill] -= brings
    return selection_of(problem, kept)
