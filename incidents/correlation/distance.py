"""How far services are from each other along calls. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from incidents.correlation.words import COMMON_WORDS

MOST_STEPS = 2
# By how many calls lie between: an alert whose service calls the failing one follows from it; the cause itself may
# be noticed later than its victims, so the other direction counts too, a little less.
CALLS = (1.0, 0.5)
CALLED = (0.8, 0.2)


@dataclass(frozen=True)
class Way:
    """How one service leads to another: ``calls`` when along its calls, else against them."""

    steps: int
    calls: bool

    @property
    def value(self) -> float:
        """From 0 to 1."""
        return (CALLS if self.calls else CALLED)[self.steps - 1]


class ServiceGraph(dict[str, frozenset[str]]):
    """A graph, read both ways. ``version`` tells it from what it was before services changed."""

    version = ""

    @cached_property
    def callers(self) -> dict[str, frozenset[str]]:
        """The same graph against the calls."""
        callers: dict[str, set[str]] = {}
        for caller, callees in self.items():
            for callee in callees:
                callers.setdefault(callee, set()).add(caller)
        return {callee: frozenset(names) for callee, names in callers.items()}

    @cached_property
    def by_word(self) -> dict[str, str]:
        """Services by their names in lower case, without names that are everyday words of alerts."""
        return {name.lower(): name for name in sorted(self) if len(name) > 2 and name.lower() not in COMMON_WORDS}

    @cached_property
    def _ways(self) -> dict[str, dict[str, Way]]:
        return {}

    @cached_property
    def kept(self) -> dict[str, Any]:
        """Room for what others compute of alerts with this graph, by the alert's id."""
        return {}

    def ways_from(self, service: str) -> dict[str, Way]:
        """The best way from a service to each that it calls or is called by, over at most two steps."""
        ways = self._ways.get(service)
        if ways is None:
            ways = self._ways[service] = _ways(service, self)
        return ways


def _ways(service: str, graph: ServiceGraph) -> dict[str, Way]:
    ways = {name: Way(steps, True) for name, steps in _steps(service, graph).items()}
    for name, steps in _steps(service, graph.callers).items():
        way = Way(steps, False)
        if name not in ways or way.value > ways[name].value:
            ways[name] = way
    return ways


def _steps(service: str, edges: Mapping[str, Iterable[str]]) -> dict[str, int]:
    found, ring = {service: 0}, [service]
    for steps in range(1, MOST_STEPS + 1):
        ring = sorted({name for known in ring for name in edges.get(known, ())} - found.keys())
        found |= dict.fromkeys(ring, steps)
    del found[service]
    return found
