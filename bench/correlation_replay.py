"""Lets strategies sort the alerts of a storm into incidents, one by one as they arrive, and compares with the truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bench.storm_making import StormAlert
from bench.storms import Storm
from incidents.correlation.facts import AlertFacts, Graph, IncidentFacts

FIRST, NEWEST = 5, 15
MOST_INCIDENTS = 50


@dataclass
class Opened:
    """An incident of the replay."""

    id: str
    alerts: list[AlertFacts] = field(default_factory=list)
    ended_at: datetime | None = None
    last_at: datetime | None = None

    def facts(self, now: datetime) -> IncidentFacts:
        shown = self.alerts if len(self.alerts) <= FIRST + NEWEST else self.alerts[:FIRST] + self.alerts[-NEWEST:]
        return IncidentFacts(id=self.id, alerts=shown, is_open=self.is_open(now))

    def is_open(self, now: datetime) -> bool:
        return self.ended_at is not None and self.ended_at > now


# Gets an alert, the incidents that it may join and the graph; says which it joins (None: a new one).
Strategy = Callable[[AlertFacts, Sequence[IncidentFacts], Graph], str | None]


def sorted_into(storm: Storm, strategy: Strategy, *, window: float, reopen: float = 900.0) -> list[str]:
    """The incident of each alert. Candidates are open or ended at most ``reopen`` seconds ago, with an alert within
    ``window`` seconds."""
    incidents: dict[str, Opened] = {}
    found = []
    for number, alert in enumerate(storm.alerts):
        now = alert.received_at
        candidates = [
            one
            for one in incidents.values()
            if _seconds(one.last_at, now) <= window and (one.is_open(now) or _seconds(one.ended_at, now) <= reopen)
        ]
        newest = sorted(candidates, key=lambda one: _seconds(one.last_at, now))[:MOST_INCIDENTS]
        facts = replace(alert.facts, received_at=now)
        name = strategy(facts, [one.facts(now) for one in newest], storm.graph) or str(number)
        _join(incidents.setdefault(name, Opened(name)), facts, alert)
        found.append(name)
    return found


def _join(incident: Opened, facts: AlertFacts, alert: StormAlert) -> None:
    incident.alerts.append(facts)
    incident.last_at = alert.received_at
    incident.ended_at = max(incident.ended_at or alert.ended_at, alert.ended_at)


def _seconds(before: datetime | None, now: datetime) -> float:
    return (now - before).total_seconds() if before else float("inf")


@dataclass(frozen=True)
class Pairs:
    """Pairs of alerts of a storm: put together and rightly so, put together at all, belonging together at all."""

    right: int = 0
    joined: int = 0
    true: int = 0

    def __add__(self, other: Pairs) -> Pairs:
        return Pairs(self.right + other.right, self.joined + other.joined, self.true + other.true)

    @property
    def precision(self) -> float:
        return self.right / self.joined if self.joined else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.true if self.true else 1.0

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def pairs_of(storm: Storm, found: Sequence[str]) -> Pairs:
    stories = [alert.story for alert in storm.alerts]
    return Pairs(_pairs(zip(stories, found, strict=True)), _pairs(found), _pairs(stories))


def _pairs(groups: Iterable[object]) -> int:
    return sum(size * (size - 1) // 2 for size in Counter(groups).values())
