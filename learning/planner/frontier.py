"""Many selections from cheap to expensive, found without looking at the budget.

A label-setting search over the price in minutes, as for shortest paths with resource constraints (Irnich and Desaulniers,
2005), with a bounded number of labels: prices fall into buckets that grow by a constant ratio, and of each bucket the best
few selections are continued. Continuing one only makes it dearer, so what a bucket holds depends on cheaper buckets
alone. Hence the selections up to a price are the same whatever the budget is, and a greater budget, which sees them all,
never closes less of the gap.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable

from learning.planner.problem import Problem
from learning.planner.selection import Bundles, Selection, nothing, with_more

# A bucket reaches from a price to one that is this much greater.
RATIO = math.log(1.02)
# So many selections of a bucket are continued, each in at most so many ways.
WIDTH, WAYS = 3, 6
# Where there are more pairs of a target and a resource, the greedy chains are close enough and the search too slow.
MOST_PAIRS = 250
# The search ends after so many continuations are weighed, each as heavy as the problem has skills.
EFFORT = 300_000

Label = tuple[int, int, int, Selection]


class Frontier:
    """The search. ``best`` is what closes most within the minutes, and of that the cheapest, when ``search`` is done."""

    def __init__(self, problem: Problem, minutes: int) -> None:
        self._problem = problem
        self._minutes = minutes
        self._last = _bucket(minutes)
        self._bundles = Bundles(problem)
        self._buckets: dict[int, list[Label]] = {}
        self._pending: list[int] = []
        self._seen: set[int] = set()
        self._effort = EFFORT
        self.best = nothing(problem)

    def add(self, selection: Selection) -> None:
        bucket = _bucket(selection.minutes)
        if bucket > self._last or selection.chosen in self._seen:
            return
        self._seen.add(selection.chosen)
        if bucket not in self._buckets:
            self._buckets[bucket] = []
            heapq.heappush(self._pending, bucket)
        label = (-selection.gain, selection.minutes, selection.chosen, selection)
        heapq.heappush(self._buckets[bucket], label)
        best = self.best
        if selection.minutes <= self._minutes and label[:3] < (-best.gain, best.minutes, best.chosen):
            self.best = selection

    def search(self) -> None:
        """Bucket after bucket, up to the whole of that in which the minutes lie."""
        while self._pending:
            bucket = self._pending[0]
            for _ in range(WIDTH):
                if not self._buckets[bucket]:
                    break
                if self._effort <= 0:
                    return
                self._continue(heapq.heappop(self._buckets[bucket])[3])
            heapq.heappop(self._pending)

    def _continue(self, selection: Selection) -> None:
        ways = self._ways(selection)
        self._effort -= (len(ways) + 1) * (len(self._problem.needs) + 20)
        closing_most = heapq.nsmallest(WAYS, ways, key=lambda way: way[0])
        for _, longer in {
            way[1].chosen: way for way in (*closing_most, *heapq.nsmallest(WAYS, ways, key=_price))
        }.values():
            self.add(longer)

    def _ways(self, selection: Selection) -> list[tuple[float, Selection]]:
        """Ways to go on, and what each closes per minute (negative, so that the best is least)."""
        ways: dict[int, tuple[float, Selection]] = {}
        for skill, goal in enumerate(self._problem.goal):
            if selection.gained[skill] >= goal:
                continue
            for number, _ in self._problem.teaching[skill]:
                if number not in ways and not selection.chosen & self._problem.rivals[number]:
                    added = self._bundles.with_prerequisites(selection, number)
                    if added is not None:
                        longer = with_more(self._problem, selection, added)
                        ways[number] = (selection.gain - longer.gain) / (longer.minutes - selection.minutes), longer
        return list(ways.values())


def _price(way: tuple[float, Selection]) -> int:
    return way[1].minutes


def best_within(problem: Problem, minutes: int, seeds: Iterable[Selection] = ()) -> Selection:
    """The selection that closes most within the minutes, and of those the cheapest, among all that are found."""
    frontier = Frontier(problem, minutes)
    for seed in (nothing(problem), *seeds):
        frontier.add(seed)
    if sum(len(offers) for goal, offers in zip(problem.goal, problem.teaching, strict=True) if goal) <= MOST_PAIRS:
        frontier.search()
    return frontier.best


def _bucket(minutes: int) -> int:
    return int(math.log(minutes + 1) / RATIO)
