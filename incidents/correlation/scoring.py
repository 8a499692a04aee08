"""Which incident an alert belongs to: evidence with weights, added up. Pure, and needs no other service.

An alert is compared with the alerts of each incident; the most alike one counts. A score is the sum of value × weight of
the parts, at most 1; what is unknown adds nothing. The same facts always give the same decision.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import cast

from incidents.correlation.distance import ServiceGraph
from incidents.correlation.facts import AlertFacts, Considered, Decision, Graph, IncidentFacts
from incidents.correlation.parts import PART_NAMES, Subject, Values, subject, values
from incidents.correlation.reasons import parts_of
from incidents.correlation.settings import CorrelationSettings

# How many incidents that it doesn't join are named.
MOST_CONSIDERED = 5
_MOST_KEPT = 10_000


@dataclass(frozen=True)
class _Match:
    """An incident and its alert that is most alike; ``score`` may be above 1 here, so that the best of several is found."""

    incident: IncidentFacts
    other: Subject
    found: Values
    score: float
    began: float

    @property
    def order(self) -> tuple[float, bool, float, str]:
        """The best first; among equals the open, then the older one."""
        return -self.score, not self.incident.is_open, self.began, self.incident.id


def decide(
    alert: AlertFacts, incidents: Sequence[IncidentFacts], graph: Graph, settings: CorrelationSettings
) -> Decision:
    """The incident that an alert joins, or None to open a new one; with every part of the best comparison."""
    services = graph if isinstance(graph, ServiceGraph) else ServiceGraph(graph)
    new = subject(alert, services)
    matches = sorted((_match(new, one, services, settings) for one in incidents), key=lambda match: match.order)
    if not matches:
        return Decision(incident_id=None, score=0.0, threshold=settings.threshold, parts=[], considered=[])
    best = matches[0]
    joined = best.incident.id if best.score >= settings.threshold else None
    others = matches[1:] if joined else matches
    return Decision(
        incident_id=joined,
        score=min(1.0, best.score),
        threshold=settings.threshold,
        parts=parts_of(new, best.other, best.found, services, settings),
        considered=[_considered(new, match, services, settings) for match in others[:MOST_CONSIDERED]],
    )


def _match(alert: Subject, incident: IncidentFacts, graph: ServiceGraph, settings: CorrelationSettings) -> _Match:
    weights = tuple(settings.weights[name] for name in PART_NAMES)
    compared = []
    for facts in incident.alerts:
        other = _subject(facts, graph)
        found = values(alert, other, graph, settings)
        compared.append((-_score(found, weights), other.started, other.facts.id, other, found))
    # Among equals the older alert; ids differ, so that nothing beyond them is compared.
    score, _, _, other, found = min(compared, key=itemgetter(0, 1, 2))
    return _Match(incident, other, found, -score, min(one[1] for one in compared))


def _subject(facts: AlertFacts, graph: ServiceGraph) -> Subject:
    """Made once for as long as the same facts are compared within the same graph."""
    known = graph.kept.get(facts.id)
    if known is not None and known.facts is facts:
        return cast("Subject", known)
    if len(graph.kept) >= _MOST_KEPT:
        graph.kept.clear()
    made = graph.kept[facts.id] = subject(facts, graph)
    return made


def _score(found: Values, weights: Sequence[float]) -> float:
    total = 0.0
    for value, weight in zip(found, weights, strict=True):
        if value:
            total += value * weight
    return round(total, 4)


def _considered(alert: Subject, match: _Match, graph: ServiceGraph, settings: CorrelationSettings) -> Considered:
    parts = parts_of(alert, match.other, match.found, graph, settings)
    told = sorted((part for part in parts if part.value), key=lambda part: -(part.value or 0) * part.weight)
    reason = "; ".join(part.reason for part in told[:3]) or "nothing in common"
    return Considered(incident_id=match.incident.id, score=min(1.0, match.score), reason=reason)
