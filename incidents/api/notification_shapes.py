"""Channels, rules and notifications as JSON. Addresses are shown without what is secret in them."""

from __future__ import annotations

from typing import Any

from incidents.models import Notification, NotificationChannel, NotificationRule
from incidents.notifications.addresses import shown_address


def channel_as_json(channel: NotificationChannel) -> dict[str, Any]:
    return {
        "id": channel.pk,
        "name": channel.name,
        "kind": channel.kind,
        "address": shown_address(channel),
        "isEnabled": channel.is_enabled,
        "createdAt": channel.created_at,
        # What lists count along.
        "givenUp": getattr(channel, "dead", 0),
        "lastError": getattr(channel, "last_error", None) or "",
    }


def rule_as_json(rule: NotificationRule) -> dict[str, Any]:
    return {
        "id": rule.pk,
        "name": rule.name,
        "channel": rule.channel_id,
        "minimumSeverity": rule.minimum_severity,
        "services": sorted(service.pk for service in rule.services.all()),
        "kinds": rule.kinds,
        "isEnabled": rule.is_enabled,
        "createdAt": rule.created_at,
    }


def notification_as_json(row: Notification) -> dict[str, Any]:
    return {
        "id": row.pk,
        "state": row.state,
        "kind": row.entry.kind,
        "channel": {"id": row.channel_id, "name": row.channel.name, "kind": row.channel.kind},
        "incident": {"id": row.incident_id, "number": row.incident.number, "title": row.incident.title},
        "attempts": row.attempts,
        "lastError": row.last_error,
        "nextAttemptAt": row.next_attempt_at if row.state == "pending" else None,
        "createdAt": row.created_at,
        "sentAt": row.sent_at,
    }
