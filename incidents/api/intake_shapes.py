"""Integrations, deliveries, alerts and silences as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from aurora_site.core.secret_text import SecretUnreadable
from incidents.api.shapes import alert_as_json
from incidents.explaining import DryRun, fingerprint_as_json
from incidents.models import Alert, Delivery, Integration, Silence
from incidents.services.integrations import integration_address
from incidents.services.silences import is_over
from incidents.silences import is_active


def integration_as_json(
    integration: Integration, *, with_address: bool, of_today: Mapping[str, int] | None = None
) -> dict[str, Any]:
    """An integration; its address only for those who may know the token in it."""
    return {
        "id": integration.pk,
        "source": integration.source,
        "name": integration.name,
        "url": _address(integration) if with_address else None,
        "hasSecret": bool(integration.secret_sealed),
        "isEnabled": integration.is_enabled,
        "options": integration.options,
        "previousUntil": integration.previous_until,
        "previousSecretUntil": integration.previous_secret_until,
        "refusedCount": integration.refused_count,
        "refusedAt": integration.refused_at,
        "refusedReason": integration.refused_reason,
        "lastDeliveryAt": getattr(integration, "last_delivery_at", None),
        "deliveriesOfToday": dict(of_today or {}),
        "createdAt": integration.created_at,
        "updatedAt": integration.updated_at,
    }


def delivery_as_json(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.pk,
        "integrationId": delivery.integration_id,
        "vendorId": delivery.vendor_id,
        "state": delivery.state,
        "reason": delivery.reason,
        "alertCount": delivery.alert_count,
        "attempts": delivery.attempts,
        "duplicates": delivery.duplicates,
        "receivedAt": delivery.received_at,
        "processedAt": delivery.processed_at,
    }


def delivery_detail(delivery: Delivery, *, with_body: bool) -> dict[str, Any]:
    """A delivery in full; its body, for those who may see it, as text."""
    body = bytes(delivery.body).decode("utf-8", "replace") if with_body else None
    return {**delivery_as_json(delivery), "headers": delivery.headers, "body": body}


def alert_summary(alert: Alert) -> dict[str, Any]:
    """An alert as lists show it."""
    return {
        **alert_as_json(alert),
        "count": alert.count,
        "incidentId": alert.incident_id,
        "silenceId": alert.silence_id,
        "integrationId": alert.integration_id,
        "lastReceivedAt": alert.last_received_at,
    }


def silence_as_json(silence: Silence) -> dict[str, Any]:
    now = timezone.now()
    return {
        "id": silence.pk,
        "kind": silence.kind,
        "comment": silence.comment,
        "matchers": silence.matchers,
        "serviceIds": sorted(service.pk for service in silence.services.all()),
        "startsAt": silence.starts_at,
        "endsAt": silence.ends_at,
        "repeat": silence.repeat,
        "endedEarlyAt": silence.ended_early_at,
        "isActive": is_active(silence, now),
        "isOver": is_over(silence, now),
        "createdBy": silence.created_by_id,
        "createdAt": silence.created_at,
    }


def dry_run_as_json(run: DryRun) -> dict[str, Any]:
    """``effect`` is what each would do: open an alert, go on with the one that fires, end it, or nothing."""
    return {
        "readable": not run.problem,
        "problem": run.problem,
        "note": run.note,
        "alerts": [
            {
                "title": each.alert.title,
                "status": each.alert.status,
                "severity": each.alert.severity,
                "service": each.alert.service,
                "occurredAt": each.at,
                "labels": dict(each.alert.labels),
                "alertId": firing.pk if firing else None,
                "effect": _effect(each.alert.status, firing),
                **fingerprint_as_json(each.fingerprint, each.parts),
            }
            for each, firing in run.observations
        ],
    }


def _effect(status: str, firing: Alert | None) -> str:
    if status == "firing":
        return "continues" if firing else "opens"
    return "ends" if firing else "nothing"


def _address(integration: Integration) -> str | None:
    """None where AURORA_SECRET_KEY was changed: then the token has to be rotated."""
    try:
        return integration_address(integration)
    except SecretUnreadable:
        return None
