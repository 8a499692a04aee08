"""Reads of incidents. Every list takes a constant number of queries."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import OuterRef, Prefetch, Q, QuerySet, Subquery

from aurora_site.accounts.models import Membership
from incidents.graph_calls import cell_for_spreadsheets
from incidents.models import (
    UNKNOWN_SERVICE,
    Alert,
    Correlation,
    Incident,
    IncidentFeedback,
    IncidentStatus,
    Responder,
    Roster,
    RunbookLink,
    Service,
    Shift,
    TimelineEntry,
)

# What a list may be asked for beside the states.
OPEN = "open"
OPEN_STATUSES = (IncidentStatus.INVESTIGATING, IncidentStatus.ANALYZED)


def incidents(organization_id: object) -> QuerySet[Incident]:
    """The organisation's incidents, newest first, with the names of their services."""
    found = Incident.objects.for_organization(organization_id).select_related("service")
    return found.prefetch_related(Prefetch("services", Service.objects.only("name")))


def matching_incidents(
    *,
    organization_id: object,
    status: str = "",
    severity: str = "",
    service: str = "",
    source: str = "",
    text: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> QuerySet[Incident]:
    """Incidents that meet every filter given; all but the merged ones where no status is asked for.

    ``status`` may be ``open``: investigating or analyzed. ``service`` is one that the incident, or an alert in it, is about;
    ``since`` and ``until`` bound its start.
    """
    found = incidents(organization_id)
    if status:
        found = found.filter(status__in=OPEN_STATUSES if status == OPEN else [status])
    else:
        found = found.exclude(status=IncidentStatus.MERGED)
    if severity:
        found = found.filter(severity=severity)
    if service:
        found = found.filter(_about(organization_id, service))
    if source:
        found = found.filter(source_type=source)
    if text:
        found = found.filter(Q(title__icontains=text) | Q(summary__icontains=text) | Q(service__name__icontains=text))
    if since is not None:
        found = found.filter(started_at__gte=since)
    return found if until is None else found.filter(started_at__lte=until)


def _about(organization_id: object, name: str) -> Q:
    if name == UNKNOWN_SERVICE:
        return Q(service=None)
    named = Service.objects.for_organization(organization_id).filter(name=name)
    links = Incident.services.through.objects.filter(service__in=named)
    return Q(service__in=named) | Q(pk__in=links.values("incident_id"))


def incidents_after(found: QuerySet[Incident], started_at: datetime, incident_id: UUID) -> QuerySet[Incident]:
    """What stands behind an incident in a list, newest first, whether that incident is still in it or not."""
    return found.filter(Q(started_at__lt=started_at) | Q(started_at=started_at, pk__lt=incident_id))


def incident_alerts(incident: Incident) -> QuerySet[Alert]:
    """An incident's alerts in order of arrival, without the bodies that they came in."""
    return incident.alerts.select_related("service").defer("payload").order_by("received_at", "id")


def opening_alert(incident: Incident) -> Alert | None:
    """The alert that opened an incident, which isn't its first where earlier ones were merged into it."""
    opened = Correlation.objects.filter(incident=incident, alert__incident=incident, strategy="opened")
    found = opened.select_related("alert__service").order_by("at", "id").first()
    return found.alert if found else incident.alerts.select_related("service").order_by("received_at", "id").first()


def reasons_of(alerts: Sequence[Alert]) -> dict[UUID, Correlation]:
    """Why each alert is in the incident that it is in, by the alert's id: the newest decision for that incident."""
    newest = Correlation.objects.filter(alert=OuterRef("pk"), incident=OuterRef("incident")).order_by("-at", "-id")
    shown = Alert.objects.filter(pk__in=[alert.pk for alert in alerts])
    ids = shown.order_by().annotate(newest=Subquery(newest.values("pk")[:1])).values_list("newest", flat=True)
    return {each.alert_id: each for each in Correlation.objects.filter(pk__in=[pk for pk in ids if pk])}


def incident_timeline(incident: Incident, after: int = 0) -> QuerySet[TimelineEntry]:
    """An incident's timeline behind the entry numbered ``after``, oldest first."""
    return incident.timeline.filter(seq__gt=after).order_by("seq")


def incident_notes(incident: Incident) -> QuerySet[TimelineEntry]:
    """What people noted, oldest first."""
    return incident_timeline(incident).filter(kind="incident.note")


def incident_responders(incident: Incident) -> QuerySet[Responder]:
    return incident.responders.select_related("user").order_by("added_at", "id")


def incident_feedback(incident: Incident) -> QuerySet[IncidentFeedback]:
    return incident.feedback.select_related("user").order_by("at", "id")


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


def service_by_name(organization_id: object, name: str) -> Service | None:
    return Service.objects.for_organization(organization_id).filter(name=name).first()


def rosters(organization_id: object, at: datetime) -> QuerySet[Roster]:
    """The organisation's rosters by name; ``current`` of each are the shifts that are on at a time."""
    # Who left the organisation is called no more, and not shown to it either.
    members = Membership.objects.for_organization(organization_id).values("user_id")
    on = Shift.objects.filter(starts_at__lte=at, ends_at__gt=at, user__is_active=True, user__in=members)
    found = Roster.objects.for_organization(organization_id).select_related("service")
    return found.prefetch_related(
        Prefetch("shifts", on.select_related("user").order_by("starts_at", "id"), to_attr="current")
    )


def shifts(roster: Roster, at: datetime) -> QuerySet[Shift]:
    """The shifts of a roster that aren't over, in order."""
    return roster.shifts.filter(ends_at__gt=at).select_related("user").order_by("starts_at", "id")


def runbooks(organization_id: object) -> QuerySet[RunbookLink]:
    """The organisation's links to runbooks, by title."""
    return RunbookLink.objects.for_organization(organization_id).select_related("service")
