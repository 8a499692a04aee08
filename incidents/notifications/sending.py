"""Sends a notification: claims it, calls its channel outside of any transaction, and writes down what came of it."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from audit.services import record
from incidents.journal import journal
from incidents.models import Notification, NotificationState, TimelineEntry
from incidents.notifications.content import content_of
from incidents.notifications.delivering import Outcome, deliver
from incidents.notifications.listening import held_until

# Longer than an attempt can take: who claimed it and is gone by then, sends it no more.
CLAIM_SECONDS = 120
LONGEST_DELAY_SECONDS = 4 * 3600.0
# After nobody answered, others to the same channel wait so long, that they don't all hold a worker until the time-out.
LONGEST_PAUSE_SECONDS = 30
JITTER = 0.25
LONGEST_ERROR = 500


@dataclass(frozen=True)
class Claim:
    """A notification that nobody else sends now."""

    row: Notification
    attempt: int


def notification_send(*, notification_id: UUID) -> Outcome | None:
    """Make one attempt if it is due; None where it isn't. Safe to call twice and at the same time: one of them sends."""
    claim = _claimed(notification_id)
    if claim is None:
        return None
    channel = claim.row.channel
    if channel.is_enabled:
        outcome = deliver(channel, content_of(claim.row))
    else:
        outcome = Outcome(is_delivered=False, text="The channel is switched off.", is_final=True)
    if outcome.is_away:
        cache.set(pause_key(channel.pk), 1, _pause_seconds())
    if outcome.is_delivered:
        _sent(claim, outcome)
    elif outcome.is_final or claim.attempt >= settings.AURORA_NOTIFICATION_ATTEMPTS:
        _dead(claim, outcome)
    else:
        _put_off(claim, outcome)
    return outcome


def pause_key(channel_id: UUID) -> str:
    """The cache's entry that says that a channel didn't answer lately."""
    return f"incidents.channel-away.{channel_id}"


def delay_seconds(attempt: int, jitter: float) -> float:
    """How long to wait after so many attempts: doubled each time, up to four hours. ``jitter`` is between -1 and 1."""
    first = float(settings.AURORA_NOTIFICATION_RETRY_SECONDS)
    return min(first * 2.0 ** (attempt - 1), LONGEST_DELAY_SECONDS) * (1 + JITTER * jitter)


def _claimed(notification_id: UUID) -> Claim | None:
    """Take a notification by compare-and-swap on its number of attempts and its turn."""
    now = timezone.now()
    due = Notification.objects.filter(pk=notification_id, state=NotificationState.PENDING, next_attempt_at__lte=now)
    row = due.select_related("channel", "incident__service", "incident__assignee", "entry").first()
    if row is None:
        return None
    same = Notification.objects.filter(
        pk=row.pk, state=NotificationState.PENDING, attempts=row.attempts, next_attempt_at=row.next_attempt_at
    )
    later = _not_now(row, now)
    if later is not None:
        same.update(next_attempt_at=later)
        return None
    if not same.update(attempts=row.attempts + 1, next_attempt_at=now + timedelta(seconds=CLAIM_SECONDS)):
        return None
    return Claim(row, row.attempts + 1)


def _not_now(row: Notification, now: datetime) -> datetime | None:
    """When to look again, for what is held back: its incident is snoozed, or its channel doesn't answer."""
    if cache.get(pause_key(row.channel_id)):
        return now + timedelta(seconds=_pause_seconds() * random.uniform(1, 2))  # noqa: S311 no secret
    return held_until(row.incident, row.entry, now)


def _pause_seconds() -> float:
    return min(float(settings.AURORA_NOTIFICATION_RETRY_SECONDS), LONGEST_PAUSE_SECONDS)


def _sent(claim: Claim, outcome: Outcome) -> None:
    note = outcome.text if outcome.is_skipped else ""
    with transaction.atomic():
        if _settle(claim, state=NotificationState.SENT, sent_at=timezone.now(), last_error=note):
            _recorded("sent", claim, {"reason": note} if note else {})


def _put_off(claim: Claim, outcome: Outcome) -> None:
    seconds = max(delay_seconds(claim.attempt, random.uniform(-1, 1)), outcome.retry_after)  # noqa: S311 no secret
    _settle(
        claim,
        next_attempt_at=timezone.now() + timedelta(seconds=seconds),
        last_error=outcome.text[:LONGEST_ERROR],
    )


def _dead(claim: Claim, outcome: Outcome) -> None:
    """Give it up, visibly: in the list, in the ledger, and the first time for the channel on the incident's timeline."""
    row = claim.row
    with journal(row.organization_id) as log:
        if not _settle(claim, state=NotificationState.DEAD, last_error=outcome.text[:LONGEST_ERROR]):
            return
        channel = {"id": str(row.channel_id), "name": row.channel.name, "kind": row.channel.kind}
        if not _is_on_timeline(row):
            told = {"notification": str(row.pk), "channel": channel, "kind": row.entry.kind, "attempts": claim.attempt}
            text = f"{row.channel.name} could not be told. {outcome.text}"
            log.add(row.incident, "notification.dead", text=text, data=told)
        _recorded("dead", claim, {"reason": outcome.text})


def _is_on_timeline(row: Notification) -> bool:
    """Whether the incident's timeline says already that the channel could not be told of something."""
    entries = TimelineEntry.objects.for_organization(row.organization_id).filter(incident_id=row.incident_id)
    return entries.filter(kind="notification.dead", data__channel__id=str(row.channel_id)).exists()


def _settle(claim: Claim, **fields: object) -> bool:
    """Write the outcome unless somebody else did, after the claim had run out."""
    same = Notification.objects.filter(pk=claim.row.pk, state=NotificationState.PENDING, attempts=claim.attempt)
    return bool(same.update(**fields))


def _recorded(outcome: str, claim: Claim, data: dict[str, str]) -> None:
    row = claim.row
    record(
        event=f"incidents.notification_{outcome}",
        organization_id=row.organization_id,
        subject=("notification", row.pk),
        data={
            "channel": str(row.channel_id),
            "incident": str(row.incident_id),
            "kind": row.entry.kind,
            "attempts": claim.attempt,
            **data,
        },
    )
