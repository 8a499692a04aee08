"""Hears of every change of incidents, and writes down who is to be told, in the transaction of the change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from incidents.models import (
    Incident,
    Notification,
    NotificationRule,
    NotificationState,
    TimelineEntry,
)
from incidents.notifications import kinds
from incidents.notifications.addresses import leads_to_assignee
from incidents.notifications.ringing import ring


def notifications_enqueue(entries: Sequence[TimelineEntry]) -> None:
    """A notification for each channel that a rule tells of a change; one for each channel and change, however many rules.

    A listener of the journal. What snoozed incidents say waits until the snooze ends.
    """
    organization_id = entries[0].organization_id
    told = [entry for entry in entries if entry.kind in kinds.KINDS]
    enabled = NotificationRule.objects.for_organization(organization_id).filter(
        is_enabled=True, channel__is_enabled=True
    )
    ordered = enabled.select_related("channel").prefetch_related("services").order_by("name", "id")
    rules = list(ordered) if told else []
    if not rules:
        return
    rows = Incident.objects.for_organization(organization_id).filter(pk__in={entry.incident_id for entry in told})
    incidents = {incident.pk: incident for incident in rows.prefetch_related("services")}
    now = timezone.now()
    made = [
        Notification(
            organization_id=organization_id,
            channel_id=rule.channel_id,
            rule=rule,
            incident_id=entry.incident_id,
            entry=entry,
            next_attempt_at=held_until(incidents[entry.incident_id], entry, now) or now,
        )
        for entry in told
        for rule in _telling(rules, entry, incidents).values()
    ]
    made = _without_second_mails(made, rules)
    Notification.objects.bulk_create(made)
    _wake(organization_id, entries, now)
    if due := [row.pk for row in made if row.next_attempt_at <= now]:
        transaction.on_commit(partial(ring, due), robust=True)


def _without_second_mails(made: list[Notification], rules: Sequence[NotificationRule]) -> list[Notification]:
    """Who has an incident from its first moment hears of it once: that it is new, and not also that it is theirs."""
    opened = {(row.channel_id, row.incident_id) for row in made if row.entry.kind in kinds.NEW}
    second = [
        row for row in made if row.entry.kind == "incident.assigned" and (row.channel_id, row.incident_id) in opened
    ]
    if not second:
        return made
    theirs = {rule.channel_id for rule in rules if leads_to_assignee(rule.channel)}
    left_out = {row.pk for row in second if row.channel_id in theirs}
    return [row for row in made if row.pk not in left_out]


def held_until(incident: Incident, entry: TimelineEntry, now: datetime) -> datetime | None:
    """Until when a change isn't told because its incident is snoozed; None where nothing holds it."""
    until: datetime | None = incident.snoozed_until
    if until is None or until <= now or kinds.is_rise(entry.kind, entry.data):
        return None
    return until


def _telling(
    rules: Sequence[NotificationRule], entry: TimelineEntry, incidents: Mapping[UUID, Incident]
) -> dict[UUID, NotificationRule]:
    """The first rule that tells of a change, by channel."""
    incident = incidents.get(entry.incident_id)
    if incident is None:
        return {}
    services = [service.pk for service in incident.services.all()]
    if incident.service_id is not None:
        services.append(incident.service_id)
    found: dict[UUID, NotificationRule] = {}
    for rule in rules:
        if kinds.tells(
            kinds=rule.kinds,
            minimum_severity=rule.minimum_severity,
            rule_services=[service.pk for service in rule.services.all()],
            kind=entry.kind,
            severity=kinds.worst_severity(incident.severity, entry.data),
            services=services,
        ):
            found.setdefault(rule.channel_id, rule)
    return found


def _wake(organization_id: UUID, entries: Sequence[TimelineEntry], now: datetime) -> None:
    """Let out what was held back for incidents that wait no longer."""
    awake = {entry.incident_id for entry in entries if entry.kind in kinds.WAKING}
    if not awake:
        return
    held = Notification.objects.for_organization(organization_id).filter(
        incident__in=awake, state=NotificationState.PENDING, attempts=0, next_attempt_at__gt=now
    )
    waiting = list(held.values_list("pk", flat=True))
    if waiting:
        Notification.objects.for_organization(organization_id).filter(pk__in=waiting).update(next_attempt_at=now)
        transaction.on_commit(partial(ring, waiting), robust=True)
