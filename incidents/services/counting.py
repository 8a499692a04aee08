"""What incidents sum up of their alerts: how many, how bad, of which services; and that they end when all of them have."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Max, Min
from django.utils import timezone

from incidents.journal import Journal
from incidents.lifecycle import Cause
from incidents.models import MANUAL_SOURCE, Alert, AlertStatus, Incident, IncidentStatus, Severity
from incidents.services.assigning import incident_record
from incidents.services.incidents import status_set
from incidents.storing import rows_update

OPEN = (IncidentStatus.INVESTIGATING, IncidentStatus.ANALYZED)
# The worst first.
_RANKS = {severity: rank for rank, severity in enumerate(Severity.values)}


@dataclass
class Sums:
    """The alerts of one incident, added up."""

    count: int = 0
    firing: int = 0
    severity: str = Severity.UNKNOWN
    services: set[UUID] = field(default_factory=set)
    first_at: datetime | None = None
    last_at: datetime | None = None
    ended_at: datetime | None = None

    def add(self, group: dict[str, Any]) -> None:
        self.count += group["count"]
        self.firing += group["count"] if group["status"] == AlertStatus.FIRING else 0
        self.severity = worse(self.severity, group["severity"])
        self.services |= {group["service_id"]} - {None}
        self.first_at = min(filter(None, (self.first_at, group["first"])))
        self.last_at = max(filter(None, (self.last_at, group["last"])))
        self.ended_at = max(filter(None, (self.ended_at, group["ended"])), default=None)


def worse(one: str, other: str) -> str:
    """The worse of two severities."""
    return min(one, other, key=_RANKS.__getitem__)


def incident_recount(log: Journal, incident: Incident) -> None:
    """Count an incident's alerts anew and save what they sum up to.

    Its severity is that of the worst alert, unless a person set it or there is none to go by. The service that it was
    opened for stays among its services.
    """
    incidents_recount(log, [incident], is_told=False)


def incidents_recount(log: Journal, incidents: Collection[Incident], *, is_told: bool = True) -> dict[UUID, Sums]:
    """The same for several, in a constant number of queries; the sums by incident. A new severity goes onto the timeline
    where ``is_told``."""
    sums = sums_of(log, incidents)
    for incident in incidents:
        before = incident.severity
        _take_over(incident, sums[incident.pk])
        # By the clock: its row may be younger than the journal's time.
        incident.updated_at = timezone.now()
        if is_told and incident.severity != before:
            data = {"severity": {"from": before, "to": incident.severity}}
            log.add(incident, "incident.severity", text=f"Its worst alert is {incident.severity}.", data=data)
    fields = ["alert_count", "firing_count", "last_alert_at", "severity", "started_at", "updated_at"]
    rows_update(incidents, fields)
    _services_take_over(incidents, sums)
    return sums


def sums_of(log: Journal, incidents: Iterable[Incident]) -> dict[UUID, Sums]:
    """The alerts of incidents, added up in one query."""
    sums = {incident.pk: Sums() for incident in incidents}
    groups = Alert.objects.for_organization(log.organization_id).filter(incident__in=sums).order_by()
    groups = groups.values("incident_id", "status", "severity", "service_id")
    for group in groups.annotate(
        count=Count("pk"), first=Min("started_at"), last=Max("last_received_at"), ended=Max("ended_at")
    ):
        sums[group["incident_id"]].add(group)
    return sums


def incidents_settle(log: Journal, incidents: Iterable[Incident], sums: Mapping[UUID, Sums]) -> None:
    """Resolve those of which every alert has ended, unless one of them flaps. ``sums`` are theirs."""
    if not settings.AURORA_AUTO_RESOLVE:
        return
    over = [
        incident
        for incident in incidents
        if incident.status in OPEN and sums[incident.pk].count and not sums[incident.pk].firing
    ]
    if not over:
        return
    alerts = Alert.objects.for_organization(log.organization_id)
    flapping = alerts.filter(incident__in=over, series__flapping_since__isnull=False)
    restless = set(flapping.order_by().values_list("incident_id", flat=True))
    for incident in over:
        if incident.pk not in restless:
            _resolve(log, incident, sums[incident.pk])


def _resolve(log: Journal, incident: Incident, sums: Sums) -> None:
    before = incident.status
    status_set(log, incident, IncidentStatus.RESOLVED, Cause.ALERTS)
    incident.resolved_at = sums.ended_at or log.now
    incident.save(update_fields=["status", "resolved_at", "resolved_by_id", "snoozed_until", "updated_at"])
    data = {"status": {"from": before, "to": incident.status}, "alerts": sums.count}
    text = "Its alert ended." if sums.count == 1 else f"The last of its {sums.count} alerts ended."
    log.add(incident, "incident.resolved", text=text, data=data)
    incident_record("resolved", incident, "", data)


def _take_over(incident: Incident, sums: Sums) -> None:
    incident.alert_count, incident.firing_count = sums.count, sums.firing
    incident.last_alert_at = sums.last_at
    if sums.first_at is not None and incident.source_type != MANUAL_SOURCE:
        incident.started_at = sums.first_at
    if sums.count and not incident.severity_is_set:
        incident.severity = sums.severity


def _services_take_over(incidents: Iterable[Incident], sums: Mapping[UUID, Sums]) -> None:
    link = Incident.services.through
    wanted = {(incident.pk, service) for incident in incidents for service in sums[incident.pk].services}
    wanted |= {(incident.pk, incident.service_id) for incident in incidents if incident.service_id}
    known = set(link.objects.filter(incident_id__in=sums).values_list("incident_id", "service_id"))
    link.objects.bulk_create(link(incident_id=incident, service_id=service) for incident, service in wanted - known)
    for incident, service in known - wanted:
        link.objects.filter(incident_id=incident, service_id=service).delete()
