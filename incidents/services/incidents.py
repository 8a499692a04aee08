"""Writes of incidents by people. Each commits its rows, the timeline entry and the ledger record together."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from uuid import UUID, uuid4, uuid5

from agents.runs.errors import IdempotencyKeyReused
from incidents import lifecycle
from incidents.errors import IncidentIsMerged, UnknownIncident
from incidents.journal import Journal, journal
from incidents.lifecycle import Cause
from incidents.models import Incident, IncidentStatus, Severity
from incidents.services.assigning import incident_record
from incidents.services.closing import alerts_close
from incidents.services.rosters import on_call_assign
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
    report = Report(title, service_name, severity, summary)
    return incident_create_once(organization_id=organization_id, actor_id=actor_id, report=report)[0]


@dataclass(frozen=True)
class Report:
    """What a person says of something that is wrong."""

    title: str
    service_name: str = ""
    severity: str = Severity.UNKNOWN
    summary: str = ""

    def digest(self) -> str:
        """Tells it from other reports."""
        return hashlib.sha256(json.dumps(astuple(self)).encode()).hexdigest()


def incident_create_once(
    *, organization_id: UUID, actor_id: str, report: Report, key: str = ""
) -> tuple[Incident, bool]:
    """As ``incident_create``; with a key that the person sent before, the incident of then and False.

    Raises IdempotencyKeyReused for a key of another report.
    """
    incident_id = uuid5(organization_id, f"{actor_id}:{key}") if key else uuid4()
    with journal(organization_id) as log:
        made = Incident.objects.for_organization(organization_id).filter(pk=incident_id).first()
        if made is not None:
            _require_same(made, report)
            return made, False
        return _reported(log, incident_id, actor_id, report), True


def _reported(log: Journal, incident_id: UUID, actor_id: str, report: Report) -> Incident:
    service = service_named(organization_id=log.organization_id, actor_id=actor_id, name=report.service_name)
    incident = Incident.objects.create(
        pk=incident_id,
        organization_id=log.organization_id,
        number=log.next_number(),
        title=report.title,
        service=service,
        severity=report.severity,
        severity_is_set=report.severity != Severity.UNKNOWN,
        summary=report.summary,
        started_at=log.now,
    )
    if service is not None:
        incident.services.add(service)
    data = {"severity": report.severity, "service": service.name if service else None}
    told = {**data, "report": report.digest()}
    log.add(incident, "incident.created", actor_id=actor_id, text="Reported by a person.", data=told)
    incident_record("created", incident, actor_id, data, {"title": report.title, "summary": report.summary})
    on_call_assign(log, incident)
    return incident


def _require_same(incident: Incident, report: Report) -> None:
    created = incident.timeline.filter(kind="incident.created").first()
    # The entry is empty once the person was erased.
    if created is not None and created.data.get("report", report.digest()) != report.digest():
        raise IdempotencyKeyReused


def incident_update(*, organization_id: UUID, actor_id: str, incident_id: UUID, **fields: str) -> Incident:
    """Set ``status``, ``severity``, ``aurora_status``, ``summary`` or ``active_tab``; what is equal already leaves no trace.

    A severity that a person set stays, even where it is the one there was. Resolving closes the alerts that fire: who repeats
    one later opens or reopens an incident by it.
    Raises UnknownIncident, TransitionNotAllowed, and IncidentIsMerged for the status of a merged incident.
    """
    with journal(organization_id) as log:
        incident = incident_locked(log, incident_id)
        changes = {name: (getattr(incident, name), value) for name, value in fields.items()}
        changes = {name: change for name, change in changes.items() if change[0] != change[1]}
        if "severity" in fields and not incident.severity_is_set:
            incident.severity_is_set = True
            incident.save(update_fields=["severity_is_set"])
        if not changes:
            return incident
        if "status" in changes:
            require_unmerged(incident)
            status_set(log, incident, changes["status"][1], Cause.PERSON, actor_id)
            if incident.status == IncidentStatus.RESOLVED:
                alerts_close(log, incident)
        for name in changes.keys() - {"status"}:
            setattr(incident, name, fields[name])
        incident.save()
        _changes_told(log, incident, actor_id, changes)
    return incident


Change = tuple[str, str]


def _changes_told(log: Journal, incident: Incident, actor_id: str, changes: Mapping[str, Change]) -> None:
    """Onto the timeline, one entry per kind of change, and into the ledger, one record of all."""
    told = {name: {"from": old, "to": new} for name, (old, new) in changes.items() if name != "summary"}
    by_kind: dict[str, list[str]] = {}
    for name in sorted(changes):
        by_kind.setdefault(_kind(name, changes[name]), []).append(name)
    for kind, names in by_kind.items():
        text = _TEXTS.get(kind) or "Changed " + ", ".join(name.replace("_", " ") for name in names) + "."
        log.add(incident, kind, actor_id=actor_id, text=text, data={name: told[name] for name in names if name in told})
    personal = {"summary": incident.summary} if "summary" in changes else {}
    incident_record("updated", incident, actor_id, {**told, "changed": sorted(changes)}, personal)


_TEXTS = {"incident.resolved": "Resolved.", "incident.reopened": "Reopened.", "incident.severity": "Changed severity."}


def _kind(name: str, change: Change) -> str:
    """What a change is called on the timeline: the same as when Aurora makes it."""
    if name == "severity":
        return "incident.severity"
    if name == "status" and IncidentStatus.RESOLVED in change:
        return "incident.resolved" if change[1] == IncidentStatus.RESOLVED else "incident.reopened"
    return "incident.updated"


def incident_locked(log: Journal, incident_id: UUID) -> Incident:
    """An incident of the journal's organisation, as it is now. Raises UnknownIncident."""
    rows = Incident.objects.for_organization(log.organization_id).select_related("service", "merged_into")
    incident = rows.filter(pk=incident_id).first()
    if incident is None:
        raise UnknownIncident("There is no such incident.")
    return incident


def incident_unmerged(log: Journal, incident_id: UUID) -> Incident:
    """As ``incident_locked``. Raises IncidentIsMerged, which names the target, for one that went into another."""
    incident = incident_locked(log, incident_id)
    require_unmerged(incident)
    return incident


def require_unmerged(incident: Incident) -> None:
    """Raises IncidentIsMerged, which names the target, for one that went into another."""
    if incident.merged_into is not None:
        raise IncidentIsMerged(
            f"This incident was merged into #{incident.merged_into.number}. Go on with that one, or unmerge it first.",
            details={"mergedIntoIncidentId": str(incident.merged_into_id)},
        )


def status_set(log: Journal, incident: Incident, status: str, cause: Cause, actor_id: str = "") -> None:
    """Bring an incident to a state, unsaved; ``actor_id`` is empty unless a person does.

    Raises TransitionNotAllowed and IncidentIsMerged.
    """
    lifecycle.check(incident.status, status, cause)
    incident.status = status
    is_resolved = status == IncidentStatus.RESOLVED
    incident.resolved_at, incident.resolved_by_id = (log.now, actor_id) if is_resolved else (None, "")
    if is_resolved:
        incident.snoozed_until = None
