"""Other ways to sort alerts into incidents, for comparison, each with what it can be set to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bench.correlation_replay import Strategy
from incidents.correlation.facts import AlertFacts, Graph, IncidentFacts
from incidents.correlation.words import words_of

# By how many calls lie between, along the calls and against them.
HOPS = ((1.0, 0.7, 0.4), (0.8, 0.5, 0.2))


@dataclass(frozen=True)
class Peer:
    """``window``: incidents without an alert for so many seconds are no candidates."""

    kind: str
    setting: str
    strategy: Strategy
    window: float


def peers() -> Iterator[Peer]:
    """Every peer with every setting; the best of a kind on the tuning storms is the one that is compared."""
    for window in (300.0, 900.0, 1800.0):
        for name, key in LABELS.items():
            yield Peer("labels", f"by {name}, {window:.0f} s", _grouped(key), window)
        for name, key in SERVICES.items():
            yield Peer("service", f"by {name}, {window:.0f} s", _grouped(key), window)
    for window in (10.0, 20.0, 30.0, 60.0, 120.0, 300.0):
        yield Peer("time", f"within {window:.0f} s", _newest, window)
    for threshold in (0.5, 0.55, 0.65, 0.7, 0.75, 0.8):
        yield Peer("weights, threshold tuned", f"from {threshold}", _weighted(threshold), 300.0)
    yield Peer("weights", "from 0.6", _weighted(0.6), 300.0)


Key = Callable[[AlertFacts], tuple[str, ...]]


def _alertname(alert: AlertFacts) -> str:
    labels = alert.labels
    return labels.get("alertname") or labels.get("monitor") or labels.get("AlarmName") or alert.title


# What is missing is empty, as in Alertmanager,
LABELS: dict[str, Key] = {
    "alertname": lambda alert: (_alertname(alert),),
    "alertname and cluster": lambda alert: (_alertname(alert), alert.labels.get("cluster", "")),
    "alertname and service": lambda alert: (_alertname(alert), alert.service),
}
SERVICES: dict[str, Key] = {
    "service": lambda alert: (alert.service,),
    "service and cluster": lambda alert: (alert.service, alert.labels.get("cluster", "")),
    # or, better than that, stays alone.
    "service, the unknown alone": lambda alert: (alert.service or alert.id,),
    "namespace, else service": lambda alert: (alert.labels.get("namespace") or alert.service or alert.id,),
}


def _grouped(key: Key) -> Strategy:
    def strategy(alert: AlertFacts, incidents: Sequence[IncidentFacts], graph: Graph) -> str | None:
        return next((one.id for one in incidents if key(one.alerts[0]) == key(alert)), None)

    return strategy


def _newest(alert: AlertFacts, incidents: Sequence[IncidentFacts], graph: Graph) -> str | None:
    return incidents[0].id if incidents else None


def _weighted(threshold: float) -> Strategy:
    """0.5 topology + 0.3 time + 0.2 likeness, with Jaccard's likeness of titles (its own fallback for a model's)."""

    def strategy(alert: AlertFacts, incidents: Sequence[IncidentFacts], graph: Graph) -> str | None:
        best = max(((_weight(alert, one, graph), one.id) for one in incidents), default=(0.0, ""))
        return best[1] if best[0] >= threshold else None

    return strategy


def _weight(alert: AlertFacts, incident: IncidentFacts, graph: Graph) -> float:
    first = incident.alerts[0]
    gap = (_moment(alert) - max(map(_moment, incident.alerts))).total_seconds()
    time = max(0.0, 1 - gap / 300) if gap >= 0 else 0.0
    topology = max(_topology(alert, other, graph) for other in incident.alerts)
    service = 1.0 if alert.service == first.service else _jaccard(alert.service, first.service)
    return 0.5 * topology + 0.3 * time + 0.2 * (0.7 * _jaccard(alert.title, first.title) + 0.3 * service)


def _moment(alert: AlertFacts) -> datetime:
    return alert.received_at or alert.started_at


def _topology(alert: AlertFacts, other: AlertFacts, graph: Graph) -> float:
    """Two unknown services are the same one, as that platform has it."""
    one, two = alert.service, other.service
    if one == two:
        return 1.0
    for ways, begin, end in zip(HOPS, (one, two), (two, one), strict=True):
        ring = {begin}
        for value in ways:
            ring = {callee for name in ring for callee in graph.get(name, ())}
            if end in ring:
                return value
    return 0.0


def _jaccard(one: str, other: str) -> float:
    first, second = words_of(one), words_of(other)
    return len(first & second) / len(first | second) if first | second else 0.0
