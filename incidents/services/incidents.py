"""Writes of incidents by people. Each commits its rows, the timeline entry and the ledger record together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from audit.services import record
from incidents import lifecycle
from incidents.errors import UnknownIncident
from incidents.journal import Journal, journal
from incidents.lifecycle import Cause
from incidents.models import Incident, IncidentStatus, Severity
from incidents.services.service_graph import service_named


def incident_create(
    *,
    organization_id: UUID,
    actor_id: str,
    title: str,
    service_name: str = "",
    severity: str = Severity.UNKNOWN,
    summary: str = "",
) -> Incident:
    """An incident that a person reports. A service not seen before is added; "" and "unknown" are no service."""
    with journal(organization_id) as log:
        service = service_named(organization_id=organization_id, actor_id=actor_id, name=service_name)
        incident = Incident.objects.create(
            organization_id=organization_id,
            number=log.next_number(),
            title=title,
            service=service,
            severity=severity,
            severity_is_set=severity != Severity.UNKNOWN,
            summary=summary,
            started_at=log.now,
        )
        if service is not None:
            incident.services.add(service)
        data = {"severity": severity, "service": service.name if service else None}
        log.add(incident, "incident.created", actor_id=actor_id, text="Reported by a person.", data=data)
        incident_record("created", incident, actor_id, data, {"title": title, "summary": summary})
    return incident


def incident_update(*, organization_id: UUID, actor_id: str, incident_id: UUID, **fields: str) -> Incident:
    """Set ``status``, ``severity``, ``aurora_status``, ``summary`` or ``active_tab``; what is equal already leaves no trace.

    Raises UnknownIncident, TransitionNotAllowed, and IncidentIsMerged for the status of a merged incident.
    """
    with journal(organization_id) as log:
        incident = incident_locked(log, incident_id)
        changes = {name: (getattr(incident, name), value) for name, value in fields.items()}
        changes = {name: change for name, change in changes.items() if change[0] != change[1]}
        if not changes:
            return incident
        if "status" in changes:
            status_set(log, incident, changes["status"][1], Cause.PERSON)
        if "severity" in changes:
            incident.severity_is_set = True
        for name in changes.keys() - {"status"}:
            setattr(incident, name, fields[name])
        incident.save()
        data = {name: {"from": old, "to": new} for name, (old, new) in changes.items() if name != "summary"}
        text = "Changed " + ", ".join(name.replace("_", " ") for name in sorted(changes)) + "."
        log.add(incident, "incident.updated", actor_id=actor_id, text=text, data=data)
        personal = {"summary": incident.summary} if "summary" in changes else {}
        incident_record("updated", incident, actor_id, {**data, "changed": sorted(changes)}, personal)
    return incident


def incident_locked(log: Journal, incident_id: UUID) -> Incident:
    """An incident of the journal's organisation, as it is now. Raises UnknownIncident."""
    rows = Incident.objects.for_organization(log.organization_id).select_related("service")
    incident = rows.filter(pk=incident_id).first()
    if incident is None:
        raise UnknownIncident("There is no such incident.")
    return incident


def status_set(log: Journal, incident: Incident, status: str, cause: Cause) -> None:
    """Bring an incident to a state, unsaved. Raises TransitionNotAllowed and IncidentIsMerged."""
    lifecycle.check(incident.status, status, cause)
    incident.status = status
    incident.resolved_at = log.now if status == IncidentStatus.RESOLVED else None
    if status == IncidentStatus.RESOLVED:
        incident.snoozed_until = None


def incident_record(
    verb: str,
    incident: Incident,
    actor_id: str,
    data: Mapping[str, Any],
    personal: Mapping[str, str] | None = None,
) -> None:
    """Record a change of an incident in the ledger, in the caller's transaction."""
    record(
        event=f"incidents.incident_{verb}",
        organization_id=incident.organization_id,
        actor_id=actor_id,
        subject=("incident", incident.pk),
        data=data,
        personal=personal,
    )
