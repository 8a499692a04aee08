"""Writes of channels, and sending again. Each is recorded in its transaction."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.utils import timezone

from audit.services import record
from aurora_site.accounts.models import User
from aurora_site.core.secret_text import seal
from incidents.errors import AlreadyExists, BadValue, NotRetriable, UnknownReference
from incidents.models import ChannelKind, Notification, NotificationChannel, NotificationState
from incidents.notifications.addresses import checked_address
from incidents.notifications.content import test_content
from incidents.notifications.delivering import Outcome, deliver
from incidents.notifications.ringing import ring
from incidents.notifications.rules import rule_create, rule_delete, rule_update
from incidents.notifications.sending import pause_key
from incidents.notifications.standard_webhooks import key_of, new_secret

__all__ = [
    "channel_create",
    "channel_delete",
    "channel_test",
    "channel_update",
    "notification_resend",
    "rule_create",
    "rule_delete",
    "rule_update",
]


def channel_create(
    *, organization_id: UUID, actor_id: str, name: str, kind: str, address: str, secret: str = ""
) -> NotificationChannel:
    """A new channel. A signed webhook gets a secret if none is given. Raises BadValue and AlreadyExists."""
    if kind not in ChannelKind.values:
        raise BadValue(f"Allowed values: {', '.join(ChannelKind.values)}.", field="kind")
    channel = NotificationChannel(
        organization_id=organization_id,
        name=name,
        kind=kind,
        address_sealed=seal(checked_address(kind, address)),
        secret_sealed=seal(_secret(kind, secret)),
        created_by_id=actor_id,
    )
    with transaction.atomic():
        _save(channel)
        _record("channel_created", channel, actor_id, {"name": name, "kind": kind})
    return channel


def channel_update(
    *,
    organization_id: UUID,
    actor_id: str,
    channel_id: UUID,
    name: str | None = None,
    address: str | None = None,
    secret: str | None = None,
    is_enabled: bool | None = None,
) -> NotificationChannel:
    """Change what is given; an empty secret is replaced by a new one. Raises UnknownReference, BadValue, AlreadyExists."""
    with transaction.atomic():
        channel = _locked(organization_id, channel_id)
        changed: dict[str, Any] = {}
        if name is not None and name != channel.name:
            changed["name"] = channel.name = name
        if is_enabled is not None and is_enabled != channel.is_enabled:
            changed["is_enabled"] = channel.is_enabled = is_enabled
        if address is not None:
            channel.address_sealed = seal(checked_address(channel.kind, address))
        if secret is not None:
            channel.secret_sealed = seal(_secret(channel.kind, secret))
        names = [field for field, value in (("address", address), ("secret", secret)) if value is not None]
        if changed or names:
            _save(channel)
            _record("channel_updated", channel, actor_id, {"changed": sorted([*changed, *names]), **changed})
    return channel


def channel_delete(*, organization_id: UUID, actor_id: str, channel_id: UUID) -> None:
    """Take a channel away with its rules and notifications. Raises UnknownReference."""
    with transaction.atomic():
        channel = _locked(organization_id, channel_id)
        rows = Notification.objects.for_organization(organization_id).filter(channel=channel)
        data = {"name": channel.name, "rules": channel.rules.count(), "notifications": rows.count()}
        _record("channel_deleted", channel, actor_id, data)
        channel.delete()


def channel_test(*, organization_id: UUID, actor_id: str, channel_id: UUID) -> Outcome:
    """Send a test message now, and tell how that ended. Not inside a transaction. Raises UnknownReference."""
    channel = NotificationChannel.objects.for_organization(organization_id).filter(pk=channel_id).first()
    if channel is None:
        raise UnknownReference("There is no such channel.", field="channel")
    tester = User.objects.filter(pk=actor_id).first()
    outcome = deliver(channel, test_content(channel, f"test_{uuid4().hex}", tester))
    if outcome.is_delivered:
        cache.delete(pause_key(channel.pk))
    data = {"delivered": outcome.is_delivered, "outcome": outcome.text}
    _record("channel_tested", channel, actor_id, data)
    return outcome


def notification_resend(*, organization_id: UUID, actor_id: str, notification_id: UUID) -> Notification:
    """Send a notification again that was given up, with as many attempts as a new one.

    Raises UnknownReference, and NotRetriable for one that was sent or is still tried.
    """
    with transaction.atomic():
        rows = Notification.objects.for_organization(organization_id).select_for_update()
        row = rows.filter(pk=notification_id).first()
        if row is None:
            raise UnknownReference("There is no such notification.", field="notification")
        if row.state != NotificationState.DEAD:
            raise NotRetriable(f"This notification is {row.state}; only those given up are sent again.")
        if not row.channel.is_enabled:
            raise NotRetriable("The notification's channel is switched off.")
        row.state, row.attempts, row.next_attempt_at = NotificationState.PENDING, 0, timezone.now()
        row.save(update_fields=["state", "attempts", "next_attempt_at"])
        record(
            event="incidents.notification_resent",
            organization_id=organization_id,
            actor_id=actor_id,
            subject=("notification", row.pk),
            data={"channel": str(row.channel_id), "incident": str(row.incident_id)},
        )
        transaction.on_commit(partial(ring, [row.pk]), robust=True)
    return row


def _secret(kind: str, secret: str) -> str:
    if kind != ChannelKind.WEBHOOK:
        if secret:
            raise BadValue("Only signed webhooks have a secret.", field="secret")
        return ""
    try:
        key_of(secret or new_secret())
    except ValueError as error:
        raise BadValue(str(error), field="secret") from None
    return secret or new_secret()


def _locked(organization_id: UUID, channel_id: UUID) -> NotificationChannel:
    rows = NotificationChannel.objects.for_organization(organization_id).select_for_update()
    channel = rows.filter(pk=channel_id).first()
    if channel is None:
        raise UnknownReference("There is no such channel.", field="channel")
    return channel


def _save(channel: NotificationChannel) -> None:
    try:
        with transaction.atomic():
            channel.save()
    except IntegrityError as error:
        raise AlreadyExists(f"There is a channel named {channel.name} already.", field="name") from error


def _record(event: str, channel: NotificationChannel, actor_id: str, data: Mapping[str, Any]) -> None:
    record(
        event=f"incidents.{event}",
        organization_id=channel.organization_id,
        actor_id=actor_id,
        subject=("channel", channel.pk),
        data=data,
    )
