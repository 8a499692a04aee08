"""Ending alerts by ourselves: those of an incident that a person resolves, so that a later firing is news again, and those of
tests."""

from __future__ import annotations

from collections.abc import Sequence

from incidents.journal import Journal
from incidents.models import Alert, AlertSeries, AlertStatus, Incident
from incidents.series import History

# Rows per statement.
BATCH = 500


def alerts_close(log: Journal, incident: Incident) -> None:
    """End what fires in an incident, and say so in its series. The incident is left unsaved."""
    rows = Alert.objects.for_organization(log.organization_id).filter(incident=incident, status=AlertStatus.FIRING)
    alerts_end(log, list(rows.select_related("series").only("pk", "series__events")))
    incident.firing_count = 0


def alerts_end(log: Journal, alerts: Sequence[Alert]) -> None:
    """End these, read with their series. Their incidents are left as they are."""
    for alert in alerts:
        history = History.from_json(alert.series.events).closed(log.now)
        alert.series.events = history.as_json()
        alert.status, alert.open_key, alert.ended_at = AlertStatus.RESOLVED, None, history.events[-1].at
    own = AlertSeries.objects.for_organization(log.organization_id)
    own.bulk_update([alert.series for alert in alerts], ["events"], batch_size=BATCH)
    state = ["status", "open_key", "ended_at"]
    Alert.objects.for_organization(log.organization_id).bulk_update(alerts, state, batch_size=BATCH)
