"""Incidents, alerts and services as JSON, in the words of the incident API document."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from incidents.models import UNKNOWN_SERVICE, Alert, Incident, Service, TimelineEntry
from incidents.selectors import AlertFacts


def incident_summary(incident: Incident, facts: AlertFacts) -> dict[str, Any]:
    """An incident as the list shows it."""
    service = _service_name(incident)
    return {
        "id": incident.pk,
        "sourceType": incident.source_type,
        "sourceAlertId": incident.source_alert_id,
        "status": incident.status,
        "severity": incident.severity,
        "alert": {
            "title": incident.title,
            "service": service,
            "source": incident.source_type,
            "sourceUrl": incident.source_url,
        },
        "auroraStatus": incident.aurora_status,
        "summary": incident.summary,
        "activeTab": incident.active_tab,
        "assignee": incident.assignee_id,
        "mergedIntoIncidentId": incident.merged_into_id,
        "startedAt": incident.started_at,
        "acknowledgedAt": incident.acknowledged_at,
        "resolvedAt": incident.resolved_at,
        "createdAt": incident.created_at,
        "updatedAt": incident.updated_at,
        # The alert that opened the incident isn't correlated with itself.
        "correlatedAlertCount": max(facts.count - 1, 0),
        "affectedServices": sorted((facts.services | {service}) - {UNKNOWN_SERVICE}),
    }


def incident_detail(incident: Incident, facts: AlertFacts, alerts: Sequence[Alert]) -> dict[str, Any]:
    """An incident in full. ``alerts`` are its alerts in order of arrival, or the first of them."""
    shape = incident_summary(incident, facts)
    opening = alerts[0] if alerts else None
    shape["alert"]["rawPayload"] = json.dumps(opening.payload if opening else {}, indent=2, ensure_ascii=False)
    shape["alert"]["triggeredAt"] = opening.started_at if opening else incident.started_at
    return {
        **shape,
        "suggestions": [],
        "streamingThoughts": [],
        "citations": [],
        "correlatedAlerts": [_correlated_alert(alert) for alert in alerts[1:]],
        "chatSessions": [],
    }


def _service_name(row: Incident | Alert) -> str:
    return row.service.name if row.service else UNKNOWN_SERVICE


def _correlated_alert(alert: Alert) -> dict[str, Any]:
    return {
        "id": alert.pk,
        "sourceType": alert.source_type,
        "alertTitle": alert.title,
        "alertService": _service_name(alert),
        "alertSeverity": alert.severity,
        "status": alert.status,
        "receivedAt": alert.received_at,
    }


def alert_as_json(alert: Alert) -> dict[str, Any]:
    return {
        "id": alert.pk,
        "title": alert.title,
        "service": _service_name(alert),
        "severity": alert.severity,
        "status": alert.status,
        "sourceType": alert.source_type,
        "sourceAlertId": alert.source_alert_id,
        "sourceUrl": alert.source_url,
        "fingerprint": alert.fingerprint,
        "labels": alert.labels,
        "annotations": alert.annotations,
        "startedAt": alert.started_at,
        "endedAt": alert.ended_at,
        "receivedAt": alert.received_at,
    }


def timeline_entry_as_json(entry: TimelineEntry) -> dict[str, Any]:
    return {
        "id": entry.pk,
        "kind": entry.kind,
        "text": entry.text,
        "actorId": entry.actor_id,
        "data": entry.data,
        "at": entry.at,
    }


def service_as_json(service: Service) -> dict[str, Any]:
    return {
        "id": service.pk,
        "name": service.name,
        "description": service.description,
        "dependencies": sorted(link.callee_id for link in service.callee_links.all()),
    }
