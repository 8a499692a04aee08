"""Alerts for tests of the engine: a sender, what it sends, and what comes of it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from incidents.intake import delivery_accept
from incidents.models import Alert, Delivery, Integration
from incidents.processing import deliveries_process
from incidents.services.integrations import integration_create
from incidents.sources import registry
from incidents.sources.base import WebhookRequest

START = datetime(2026, 3, 2, 10, tzinfo=timezone.get_current_timezone())


def sender(organization: Any, source: str = "generic", name: str = "monitoring", **options: Any) -> Integration:
    return integration_create(
        organization_id=organization.pk, actor_id="user_admin", source=source, name=name, **options
    )


def said(
    status: str = "firing", minute: float = 0, *, id: str = "disk", start: datetime = START, **fields: Any
) -> dict[str, Any]:
    """An alert in Aurora's own form, at a minute after the start."""
    alert = {"id": id, "title": f"{id} is full", "status": status, "severity": "high", "service": id, **fields}
    return alert | {"timestamp": (start + timedelta(minutes=minute)).isoformat()}


def deliver(integration: Integration, *alerts: dict[str, Any], key: str = "", at: datetime | None = None) -> Delivery:
    """Take a delivery in, without processing it."""
    body: Any = {"alerts": list(alerts)} if len(alerts) != 1 else alerts[0]
    headers = {"content-type": "application/json", **({"idempotency-key": key} if key else {})}
    request = WebhookRequest(headers=headers, body=json.dumps(body).encode(), received_at=at or timezone.now())
    return delivery_accept(integration, registry.source(integration.source), request).delivery


def told(integration: Integration, *alerts: dict[str, Any], **options: Any) -> Delivery:
    """Take a delivery in and process it."""
    delivery = deliver(integration, *alerts, **options)
    deliveries_process(integration.organization_id)
    delivery.refresh_from_db()
    return delivery


def outcome(organization: Any) -> list[tuple[Any, ...]]:
    """What became of an organisation's alerts: (id at the source, start, end, status, count, state of the incident)."""
    rows = Alert.objects.for_organization(organization).select_related("incident")
    return sorted(
        (
            row.source_alert_id,
            row.started_at,
            row.ended_at,
            row.status,
            row.count,
            row.incident.status if row.incident else None,
        )
        for row in rows
    )
