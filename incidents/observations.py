"""What deliveries say, read by their sources: one observation for each alert in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from incidents.fingerprint import explained, fingerprint
from incidents.models import Delivery, Integration
from incidents.sources import registry
from incidents.sources.base import ParsedAlert, Source, WebhookRequest
from incidents.trials import TEST_HEADER, as_test


@dataclass(frozen=True)
class Observation:
    """A source said that an alert was in a state at a time (``at``; by our clock where the source doesn't say)."""

    delivery: Delivery
    source: str
    alert: ParsedAlert
    fingerprint: str
    parts: Sequence[Mapping[str, str]]
    at: datetime


@dataclass(frozen=True)
class Reading:
    """What was read from one delivery; ``note`` says what of it is no alert, or couldn't be read. ``follow_up`` is the task
    that goes on with the delivery, if any."""

    delivery: Delivery
    observations: Sequence[Observation]
    note: str
    follow_up: str = ""


def delivery_read(delivery: Delivery) -> Reading:
    """Read a delivery, which comes with its integration. Raises UnreadablePayload, and UnknownSource for a source that is
    no longer there."""
    integration = delivery.integration
    source = registry.source(integration.source)
    parsed = source.parse(request_of(delivery, integration.options))
    alerts = parsed.alerts
    if TEST_HEADER in delivery.headers:
        alerts = [as_test(alert, str(delivery.pk)) for alert in alerts]
    found = [observation(delivery, integration, source, alert) for alert in alerts]
    return Reading(delivery, found, parsed.note, parsed.follow_up)


def observation(delivery: Delivery, integration: Integration, source: Source, alert: ParsedAlert) -> Observation:
    """What one alert of a delivery says, with the fingerprint that tells which alert that is."""
    scope = "" if source.shares_identity else str(integration.pk)
    return Observation(
        delivery=delivery,
        source=source.name,
        alert=alert,
        fingerprint=fingerprint(source.name, scope, alert.identity),
        parts=explained(source.name, scope, alert.identity),
        at=alert.occurred_at or delivery.received_at,
    )


def request_of(delivery: Delivery, options: Mapping[str, Any]) -> WebhookRequest:
    """A stored delivery as its source reads it."""
    return WebhookRequest(
        headers=delivery.headers, body=bytes(delivery.body), received_at=delivery.received_at, options=options
    )
