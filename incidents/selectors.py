"""Reads of incidents. Every list takes a constant number of queries."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from incidents.graph_calls import cell_for_spreadsheets
from incidents.models import UNKNOWN_SERVICE, Alert, Incident, IncidentStatus, Service, TimelineEntry


@dataclass
class AlertFacts:
    """How many alerts an incident has, and the names of the services that they are about."""

    count: int = 0
    services: set[str] = field(default_factory=set)


def incidents(organization_id: object) -> QuerySet[Incident]:
    """The organisation's incidents, newest first, with their services."""
    return Incident.objects.for_organization(organization_id).select_related("service")


def matching_incidents(
    *, organization_id: object, status: str = "", severity: str = "", service: str = "", text: str = ""
) -> QuerySet[Incident]:
    """Incidents that meet every filter given; all but the merged ones where no status is asked for."""
    found = incidents(organization_id)
    found = found.filter(status=status) if status else found.exclude(status=IncidentStatus.MERGED)
    if severity:
        found = found.filter(severity=severity)
    if service:
        found = found.filter(**({"service": None} if service == UNKNOWN_SERVICE else {"service__name": service}))
    if text:
        found = found.filter(Q(title__icontains=text) | Q(summary__icontains=text) | Q(service__name__icontains=text))
    return found


def alert_facts(rows: Iterable[Incident]) -> dict[UUID, AlertFacts]:
    """The facts of each incident's alerts, by incident id, in one query."""
    facts = {incident.pk: AlertFacts() for incident in rows}
    groups = Alert.objects.filter(incident__in=facts).order_by().values("incident_id", "service__name")
    for group in groups.annotate(count=Count("pk")):
        one = facts[group["incident_id"]]
        one.count += group["count"]
        if group["service__name"]:
            one.services.add(group["service__name"])
    return facts


def incident_alerts(incident: Incident) -> QuerySet[Alert]:
    """An incident's alerts in order of arrival: the first is the one that opened it."""
    return incident.alerts.select_related("service").order_by("received_at", "id")


def incident_timeline(incident: Incident) -> QuerySet[TimelineEntry]:
    """An incident's timeline, oldest entry first."""
    return incident.timeline.order_by("seq")


def services(organization_id: object) -> QuerySet[Service]:
    """The organisation's services by name, with the links to those they call."""
    return Service.objects.for_organization(organization_id).prefetch_related("callee_links")


def services_csv(organization_id: object) -> str:
    """Every call as a line ``caller,callee``; services that call none have a line with an empty callee."""
    graph = Service.objects.for_organization(organization_id)
    rows = graph.order_by("name", "callee_links__callee__name").values_list("name", "callee_links__callee__name")
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(("caller", "callee"))
    writer.writerows((cell_for_spreadsheets(caller), cell_for_spreadsheets(callee or "")) for caller, callee in rows)
    return lines.getvalue()
