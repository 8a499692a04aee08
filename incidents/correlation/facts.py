"""What correlation compares, and what it says. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class AlertFacts:
    """What correlation knows of an alert. ``service`` is empty while unknown.

    ``started_at`` is by the sender's clock, ``received_at`` by ours, where it is known.
    """

    id: str
    title: str
    service: str
    severity: str
    source: str
    started_at: datetime
    labels: Mapping[str, str] = field(default_factory=dict)
    received_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class IncidentFacts:
    """What correlation knows of an incident: some of its alerts, the first and the newest ones; at least one."""

    id: str
    alerts: Sequence[AlertFacts]
    is_open: bool = True


@dataclass(frozen=True, kw_only=True)
class Part:
    """One comparison: ``value`` from 0 to 1, None when there was nothing to compare."""

    name: str
    value: float | None
    weight: float
    reason: str


@dataclass(frozen=True, kw_only=True)
class Considered:
    """An incident that was compared."""

    incident_id: str
    score: float
    reason: str


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The incident to join (None: open a new one), how that was reached, and what else was compared, the best first.

    ``score`` and ``parts`` are those of the best incident, joined or not; 0 and empty where there was none.
    """

    incident_id: str | None
    score: float
    threshold: float
    parts: Sequence[Part]
    considered: Sequence[Considered]


# Which services each service calls, by name; every service of the organisation is in it.
Graph = Mapping[str, frozenset[str]]
