"""What an incident says of its alerts: how many there are, how many fire, of which services, and how bad they are."""

from __future__ import annotations

from django.db.models import Count, Max

from incidents.journal import Journal
from incidents.models import Alert, AlertStatus, Incident, Severity

_WORST_FIRST = list(Severity.values)


def incident_recount(log: Journal, incident: Incident) -> None:
    """Count an incident's alerts anew and save what they sum up to.

    Its severity is that of the worst alert, unless a person set it or there is none to go by. The service that it was
    opened for stays among its services.
    """
    alerts = Alert.objects.for_organization(log.organization_id).filter(incident=incident).order_by()
    groups = list(
        alerts.values("status", "severity", "service_id").annotate(count=Count("pk"), last=Max("last_received_at"))
    )
    incident.alert_count = sum(group["count"] for group in groups)
    incident.firing_count = sum(group["count"] for group in groups if group["status"] == AlertStatus.FIRING)
    incident.last_alert_at = max((group["last"] for group in groups), default=None)
    if groups and not incident.severity_is_set:
        incident.severity = min((group["severity"] for group in groups), key=_WORST_FIRST.index)
    incident.save(update_fields=["alert_count", "firing_count", "last_alert_at", "severity", "updated_at"])
    services = {*(group["service_id"] for group in groups), incident.service_id} - {None}
    incident.services.set(services)  # type: ignore[arg-type]  # ids serve as well
