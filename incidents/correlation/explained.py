"""Reads why an alert is where it is, for REST and pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from incidents.models import Alert, Correlation, Incident


@dataclass(frozen=True)
class ConsideredIncident:
    """Another incident that an alert was compared with; ``would_join`` where the score was enough for it as well, so that
    the two may be one."""

    incident: Incident
    score: float
    reason: str
    would_join: bool


@dataclass(frozen=True)
class Explanation:
    """``correlation`` is None for an alert that was never in an incident."""

    alert: Alert
    correlation: Correlation | None
    considered: Sequence[ConsideredIncident]


def alert_explanation(*, organization_id: UUID, alert_id: UUID) -> Explanation | None:
    """Why an alert of the organisation is where it is now, the newest decision otherwise; None if there is no such alert."""
    alert = Alert.objects.for_organization(organization_id).filter(pk=alert_id).first()
    if alert is None:
        return None
    newest = alert.correlations.order_by("-at", "-id")
    stored = newest.filter(incident=alert.incident_id).first() or newest.first()
    return Explanation(alert, stored, _considered(organization_id, stored) if stored else [])


def _considered(organization_id: UUID, stored: Correlation) -> list[ConsideredIncident]:
    """Those that are still there, the best first."""
    told = {str(one["incident_id"]): one for one in stored.considered}
    incidents = Incident.objects.for_organization(organization_id).in_bulk(list(told))
    found = {str(pk): incident for pk, incident in incidents.items()}
    return [
        ConsideredIncident(
            found[pk], one["score"], one["reason"], stored.threshold is not None and one["score"] >= stored.threshold
        )
        for pk, one in told.items()
        if pk in found
    ]
