"""The comparisons of two alerts, each from 0 to 1, or None where there is nothing to compare. Pure.

``alert`` is the one that just came, ``other`` one of an incident. What is unknown is never equal to anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from incidents.correlation.distance import ServiceGraph
from incidents.correlation.facts import AlertFacts
from incidents.correlation.settings import CorrelationSettings
from incidents.correlation.words import likeness, names_in, words_of

# Labels that say where something runs, and what they are called here.
PLACES = {
    **dict.fromkeys(("host", "hostname", "node", "instance"), "host"),
    **dict.fromkeys(("release", "version"), "release"),
    **{name: name for name in ("pod", "deployment", "project", "namespace", "zone", "cluster", "region")},
}
# How much it says that two alerts have the same.
SHARED = {
    "host": 1.0,
    "pod": 1.0,
    "deployment": 0.8,
    "project": 0.8,
    "release": 0.6,
    "namespace": 0.3,
    "zone": 0.2,
    "cluster": 0.1,
    "region": 0.1,
}
PART_NAMES = ("time", "service", "graph", "names", "text", "labels")


@dataclass(frozen=True)
class Subject:
    """An alert with what is needed of it again and again."""

    facts: AlertFacts
    words: frozenset[str]
    named: frozenset[str]
    places: Mapping[str, str]
    started: float
    received: float | None


def subject(facts: AlertFacts, graph: ServiceGraph) -> Subject:
    """``named`` are the services that its title names, without its own; ``words`` are those that name no service."""
    by_word = graph.by_word
    named = {by_word[name] for name in names_in(facts.title) & by_word.keys()} - {facts.service}
    words = words_of(facts.title)
    for name in (facts.service, *named):
        words -= words_of(name)
    return Subject(
        facts=facts,
        words=words,
        named=frozenset(named),
        places={PLACES[name]: value for name in sorted(PLACES.keys() & facts.labels) if (value := facts.labels[name])},
        started=facts.started_at.timestamp(),
        received=facts.received_at.timestamp() if facts.received_at else None,
    )


Values = tuple[float | None, ...]


def values(alert: Subject, other: Subject, graph: ServiceGraph, settings: CorrelationSettings) -> Values:
    """The value of each part, in the order of ``PART_NAMES``."""
    return (
        0.5 ** (gap_seconds(alert, other, settings) / settings.halving_seconds),
        _service(alert, other),
        _graph(alert, other, graph),
        _names(alert, other),
        likeness(alert.words, other.words) if alert.words and other.words else None,
        _labels(alert, other),
    )


def gap_seconds(alert: Subject, other: Subject, settings: CorrelationSettings) -> float:
    """Seconds between the starts, without a sign. Clocks of two systems may differ: where the alerts came closer together
    than they say they started, up to ``skew_seconds`` are forgiven."""
    gap = abs(alert.started - other.started)
    if alert.facts.source == other.facts.source or alert.received is None or other.received is None:
        return gap
    arrivals = abs(alert.received - other.received)
    return max(arrivals, gap - settings.skew_seconds) if arrivals < gap else gap


def _service(alert: Subject, other: Subject) -> float | None:
    one, two = alert.facts.service, other.facts.service
    return float(one == two) if one and two else None


def _graph(alert: Subject, other: Subject, graph: ServiceGraph) -> float | None:
    one, two = alert.facts.service, other.facts.service
    if not one or not two or one == two or one not in graph or two not in graph:
        return None
    way = graph.ways_from(one).get(two)
    return way.value if way else 0.0


def _names(alert: Subject, other: Subject) -> float | None:
    """Whether a title names the other's service, or both name the same one."""
    if not alert.named and not other.named:
        return None
    one, two = alert.facts.service, other.facts.service
    return float(two in alert.named or one in other.named or not alert.named.isdisjoint(other.named))


def names_shared(alert: Subject, other: Subject) -> list[str]:
    """The services that make the two titles belong together."""
    shared = alert.named & other.named
    return sorted(shared | ({other.facts.service} & alert.named) | ({alert.facts.service} & other.named))


def _labels(alert: Subject, other: Subject) -> float | None:
    apart, is_comparable = 1.0, False
    for name, value in alert.places.items():
        theirs = other.places.get(name)
        is_comparable = is_comparable or theirs is not None
        if theirs == value:
            apart *= 1.0 - SHARED[name]
    return 1.0 - apart if is_comparable else None


def labels_shared(alert: Subject, other: Subject) -> list[str]:
    """The labels of places that have one value in both, the most telling first."""
    shared = [name for name, value in alert.places.items() if other.places.get(name) == value]
    return sorted(shared, key=lambda name: (-SHARED[name], name))
