"""Incidents, alerts and services as JSON, in the words of the incident API document."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from incidents.models import (
    UNKNOWN_SERVICE,
    Alert,
    Correlation,
    Incident,
    IncidentFeedback,
    Responder,
    Service,
    TimelineEntry,
)

# Why each alert is in its incident, by the alert's id.
Reasons = Mapping[UUID, Correlation]


def incident_summary(incident: Incident) -> dict[str, Any]:
    """An incident as the list shows it."""
    service = _service_name(incident)
    return {
        "id": incident.pk,
        "number": incident.number,
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
        "acknowledgedBy": incident.acknowledged_by_id or None,
        "snoozedUntil": incident.snoozed_until,
        "resolvedAt": incident.resolved_at,
        "resolvedBy": incident.resolved_by_id or None,
        "createdAt": incident.created_at,
        "updatedAt": incident.updated_at,
        "alertCount": incident.alert_count,
        "firingCount": incident.firing_count,
        # The alert that opened the incident isn't correlated with itself.
        "correlatedAlertCount": max(incident.alert_count - 1, 0),
        "affectedServices": sorted({each.name for each in incident.services.all()} | ({service} - {UNKNOWN_SERVICE})),
    }


def incident_detail(
    incident: Incident,
    opening: Alert | None,
    alerts: Sequence[Alert],
    reasons: Reasons,
    responders: Sequence[Responder],
) -> dict[str, Any]:
    """An incident in full. ``alerts`` are its alerts in order of arrival, or the first of them."""
    shape = incident_summary(incident)
    shape["alert"]["rawPayload"] = json.dumps(opening.payload if opening else {}, indent=2, ensure_ascii=False)
    shape["alert"]["triggeredAt"] = opening.started_at if opening else incident.started_at
    others = [alert for alert in alerts if opening is None or alert.pk != opening.pk]
    return {
        **shape,
        "suggestions": [],
        "streamingThoughts": [],
        "citations": [],
        "correlatedAlerts": [_correlated_alert(alert, reasons.get(alert.pk)) for alert in others],
        "responders": [responder_as_json(each) for each in responders],
        "chatSessions": [],
    }


def _service_name(row: Incident | Alert) -> str:
    return row.service.name if row.service else UNKNOWN_SERVICE


def _correlated_alert(alert: Alert, reason: Correlation | None) -> dict[str, Any]:
    why = correlation_as_json(reason)
    return {
        "id": alert.pk,
        "sourceType": alert.source_type,
        "alertTitle": alert.title,
        "alertService": _service_name(alert),
        "alertSeverity": alert.severity,
        "status": alert.status,
        "receivedAt": alert.received_at,
        "correlationStrategy": why["strategy"] if why else None,
        "correlationScore": why["score"] if why else None,
        "correlationDetails": {name: why[name] for name in ("reason", "threshold", "parts")} if why else None,
    }


def correlation_as_json(reason: Correlation | None) -> dict[str, Any] | None:
    """Why an alert is in its incident; ``reason`` is that of all parts, in words."""
    if reason is None:
        return None
    return {
        "strategy": reason.strategy,
        "score": reason.score,
        "threshold": reason.threshold,
        "reason": "; ".join(part["reason"] for part in reason.parts if part.get("reason")),
        "parts": reason.parts,
        "at": reason.at,
    }


def alert_as_json(alert: Alert, reason: Correlation | None = None) -> dict[str, Any]:
    return {
        "id": alert.pk,
        "title": alert.title,
        "service": _service_name(alert),
        "severity": alert.severity,
        "status": alert.status,
        "count": alert.count,
        "sourceType": alert.source_type,
        "sourceAlertId": alert.source_alert_id,
        "sourceUrl": alert.source_url,
        "fingerprint": alert.fingerprint,
        "labels": alert.labels,
        "annotations": alert.annotations,
        "startedAt": alert.started_at,
        "endedAt": alert.ended_at,
        "receivedAt": alert.received_at,
        "lastReceivedAt": alert.last_received_at,
        "correlation": correlation_as_json(reason),
    }


def timeline_entry_as_json(entry: TimelineEntry) -> dict[str, Any]:
    return {
        "id": entry.pk,
        "seq": entry.seq,
        "kind": entry.kind,
        "text": entry.text,
        "actorId": entry.actor_id,
        "data": entry.data,
        "at": entry.at,
    }


def note_as_json(entry: TimelineEntry) -> dict[str, Any]:
    return {"id": entry.pk, "seq": entry.seq, "text": entry.text, "userId": entry.actor_id, "at": entry.at}


def responder_as_json(responder: Responder) -> dict[str, Any]:
    """Somebody who responds; ``responder.user`` is read along."""
    return {
        "userId": responder.user_id,
        "name": responder.user.name,
        "role": responder.role,
        "addedAt": responder.added_at,
    }


def feedback_as_json(feedback: IncidentFeedback) -> dict[str, Any]:
    return {
        "userId": feedback.user_id,
        "helpful": feedback.is_helpful,
        "comment": feedback.comment,
        "at": feedback.at,
    }


def service_as_json(service: Service) -> dict[str, Any]:
    return {
        "id": service.pk,
        "name": service.name,
        "description": service.description,
        "dependencies": sorted(link.callee_id for link in service.callee_links.all()),
    }
