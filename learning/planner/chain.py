"""The greedy chain: selections that grow by what closes most per minute."""

from __future__ import annotations

import heapq
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from learning.planner.problem import Problem
from learning.planner.selection import Bundles, Selection, nothing, with_more


def greedy_chain(
    problem: Problem, minutes: int, *, by_effort: bool = False, start: Selection | None = None
) -> Iterator[Selection]:
    """Selections that grow by what closes most per minute, prerequisites included, as long as they take no more minutes.

    The minutes only end the chain: what is in it doesn't depend on them.
    """
    growing = _Growing(problem, Bundles(problem, by_effort=by_effort), start or nothing(problem))
    selection: Selection | None = growing.selection
    while selection is not None and selection.minutes <= minutes:
        yield selection
        selection = growing.grow()


@dataclass(slots=True)
class _Step:
    """What closes most of a skill per minute: how much, in how many minutes, with which offers. When something before it
    changed it is not ``exact`` any more, and ``minutes`` is the least that it may take then."""

    gain: int
    minutes: int
    least: int
    added: list[int]
    exact: bool = True


class _Growing:
    """The chain's end, and the next step of each target in a heap by what it closes per minute at best. Only the first is
    looked at anew: lazy evaluation, as for greedy coverings (Minoux, 1978)."""

    def __init__(self, problem: Problem, bundles: Bundles, selection: Selection) -> None:
        self.selection = selection
        self._problem = problem
        self._bundles = bundles
        self._affected = _affected(problem)
        self._steps: dict[int, _Step] = {}
        self._heap: list[tuple[float, int, int]] = []
        self._pushes: dict[int, int] = {}
        self._pushed = 0
        for skill, goal in enumerate(problem.goal):
            if goal:
                self._look_at(skill)

    def grow(self) -> Selection | None:
        """The selection with the best step taken; None where there is none."""
        while self._heap:
            _, skill, push = heapq.heappop(self._heap)
            if self._pushes.get(skill) != push:
                continue
            step = self._steps[skill]
            # A resource of the step may have been taken for a skill of another step meanwhile.
            if not step.exact or any(self.selection.chosen & self._problem.rivals[number] for number in step.added):
                self._look_at(skill)
                continue
            self._take(step)
            return self.selection
        return None

    def _take(self, step: _Step) -> None:
        before = self.selection
        self.selection = with_more(self._problem, before, step.added)
        credited = {skill for number in step.added for skill, _ in self._problem.offers[number].gains}
        for skill in set().union(*(self._affected[one] for one in credited)):
            if skill in credited:
                self._look_at(skill)
            elif skill in self._steps:
                other = self._steps[skill]
                other.exact = False
                other.minutes = max(other.least, other.minutes - (self.selection.minutes - before.minutes))
                self._push(skill)

    def _look_at(self, skill: int) -> None:
        selection, goal = self.selection, self._problem.goal[skill]
        self._steps.pop(skill, None)
        self._pushes.pop(skill, None)
        if selection.gained[skill] >= goal:
            return
        number = self._bundles.best_for(skill, selection.chosen, selection.gained[skill], goal)
        added = self._bundles.with_prerequisites(selection, number) if number is not None else None
        if number is not None and added is not None:
            after = with_more(self._problem, selection, added)
            gain, minutes = after.gain - selection.gain, after.minutes - selection.minutes
            self._steps[skill] = _Step(gain, minutes, self._problem.offers[number].minutes, added)
            self._push(skill)

    def _push(self, skill: int) -> None:
        step = self._steps[skill]
        self._pushed += 1
        self._pushes[skill] = self._pushed
        heapq.heappush(self._heap, (-step.gain / step.minutes, skill, self._pushed))


def _affected(problem: Problem) -> list[set[int]]:
    """For each skill the targets whose next step may change with it: those that build on it or on what is taught along
    with it, those taught along with these, and so on."""
    along: list[set[int]] = [{skill} for skill in range(len(problem.needs))]
    for offer in problem.offers:
        if len(offer.gains) > 1:
            for skill, _ in offer.gains:
                along[skill].update(other for other, _ in offer.gains)
    own: list[set[int]] = [{skill} if goal else set() for skill, goal in enumerate(problem.goal)]
    affected: list[set[int]] = [set() for _ in problem.needs]
    steps = [need.step for need in problem.needs]
    for step in sorted(set(steps), reverse=True):
        skills = range(bisect_left(steps, step), bisect_right(steps, step))
        for skill in skills:
            affected[skill] = own[skill].union(*(own[other] for other in along[skill]))
        for skill in skills:
            for earlier in problem.before[skill]:
                own[earlier] |= affected[skill]
    return affected
