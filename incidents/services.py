"""Writes of incidents. Each commits its rows, the timeline entry and the ledger record together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from audit.services import record
from incidents.errors import AlreadyExists, IncidentIsMerged, UnknownIncident, UnknownReference
from incidents.models import (
    UNKNOWN_SERVICE,
    Incident,
    IncidentStatus,
    Service,
    ServiceDependency,
    Severity,
    TimelineEntry,
)


@transaction.atomic
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
    incident = Incident.objects.create(
        organization_id=organization_id,
        title=title,
        service=_service_named(organization_id, actor_id, service_name),
        severity=severity,
        summary=summary,
        started_at=timezone.now(),
    )
    data = {"severity": severity, "service": incident.service.name if incident.service else None}
    _add_entry(incident, "incident.created", actor_id, "Reported by a person.", data)
    _record_incident("created", incident, actor_id, data, {"title": title, "summary": summary})
    return incident


@transaction.atomic
def incident_update(*, organization_id: UUID, actor_id: str, incident_id: UUID, **fields: str) -> Incident:
    """Set ``status``, ``aurora_status``, ``summary`` or ``active_tab``; what is equal already leaves no trace.

    Raises UnknownIncident, and IncidentIsMerged for the status of a merged incident.
    """
    incident = Incident.objects.for_organization(organization_id).select_for_update().filter(pk=incident_id).first()
    if incident is None:
        raise UnknownIncident("There is no such incident.")
    changes = {name: (getattr(incident, name), value) for name, value in fields.items()}
    changes = {name: change for name, change in changes.items() if change[0] != change[1]}
    if not changes:
        return incident
    if "status" in changes:
        _set_status(incident, changes["status"][1])
    for name in changes.keys() - {"status"}:
        setattr(incident, name, fields[name])
    incident.save()
    data = {name: {"from": old, "to": new} for name, (old, new) in changes.items() if name != "summary"}
    text = "Changed " + ", ".join(name.replace("_", " ") for name in sorted(changes)) + "."
    _add_entry(incident, "incident.updated", actor_id, text, data)
    personal = {"summary": incident.summary} if "summary" in changes else {}
    _record_incident("updated", incident, actor_id, {**data, "changed": sorted(changes)}, personal)
    return incident


@transaction.atomic
def service_create(
    *,
    organization_id: UUID,
    actor_id: str,
    name: str,
    description: str = "",
    dependency_ids: Iterable[UUID] = (),
) -> Service:
    """A new service that calls those of ``dependency_ids``.

    Raises AlreadyExists for a name that is taken, UnknownReference for a service of elsewhere.
    """
    wanted = set(dependency_ids)
    known = Service.objects.for_organization(organization_id).filter(pk__in=wanted).values_list("pk", flat=True)
    if missing := wanted - set(known):
        raise UnknownReference(f"No service has id {', '.join(sorted(map(str, missing)))}.", field="dependencies")
    try:
        with transaction.atomic():
            service = Service.objects.create(organization_id=organization_id, name=name, description=description)
    except IntegrityError as error:
        raise AlreadyExists(f"There is a service named {name} already.", field="name") from error
    ServiceDependency.objects.bulk_create(ServiceDependency(caller=service, callee_id=callee) for callee in wanted)
    _record_service(service, actor_id, {"dependencies": sorted(map(str, wanted))})
    return service


def _service_named(organization_id: UUID, actor_id: str, name: str) -> Service | None:
    if name in ("", UNKNOWN_SERVICE):
        return None
    service, created = Service.objects.get_or_create(organization_id=organization_id, name=name)
    if created:
        _record_service(service, actor_id, {})
    return service


def _set_status(incident: Incident, status: str) -> None:
    if incident.status == IncidentStatus.MERGED:
        raise IncidentIsMerged("This incident was merged into another, which carries the status now.")
    incident.status = status
    incident.resolved_at = timezone.now() if status == IncidentStatus.RESOLVED else None


def _add_entry(incident: Incident, kind: str, actor_id: str, text: str, data: Mapping[str, Any]) -> None:
    TimelineEntry.objects.create(
        incident=incident, kind=kind, actor_id=actor_id, text=text, data=dict(data), at=timezone.now()
    )


def _record_incident(
    verb: str, incident: Incident, actor_id: str, data: Mapping[str, Any], personal: Mapping[str, str]
) -> None:
    record(
        event=f"incidents.incident_{verb}",
        organization_id=incident.organization_id,
        actor_id=actor_id,
        subject=("incident", incident.pk),
        data=data,
        personal=personal,
    )


def _record_service(service: Service, actor_id: str, data: Mapping[str, Any]) -> None:
    record(
        event="incidents.service_created",
        organization_id=service.organization_id,
        actor_id=actor_id,
        subject=("service", service.pk),
        data={"name": service.name, **data},
    )
