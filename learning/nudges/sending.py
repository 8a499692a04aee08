"""Sends a reminder: claims it, mails it outside of any transaction, and writes down what came of it."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from audit.services import record
from aurora_site.core.mailing import Mailed, mail
from learning.models import MailState, Nudge, NudgeKind
from learning.nudges.addresses import addresses_of
from learning.nudges.content import message_of
from learning.nudges.hours import local, opens_at

# Longer than an attempt can take: who claimed it and is gone by then, sends it no more.
CLAIM_SECONDS = 120
LONGEST_DELAY_SECONDS = 4 * 3600.0
JITTER = 0.25
LONGEST_ERROR = 500
# Of an attempt whose worker was gone before it could say how it ended.
UNFINISHED = "The last attempt didn't end."
# What couldn't be sent for so long says nothing new any more.
STALE = timedelta(days=2)


@dataclass(frozen=True)
class Claim:
    """A reminder that nobody else sends now, and where it goes."""

    row: Nudge
    attempt: int
    address: str


def nudge_send(*, nudge_id: UUID) -> Mailed | None:
    """Make one attempt if it is due; None where it isn't. Safe to call twice and at the same time: one of them sends."""
    claim = _claimed(nudge_id, timezone.now())
    if claim is None:
        return None
    outcome = _attempted(claim)
    if outcome.is_sent:
        _sent(claim)
    elif outcome.is_final or claim.attempt >= settings.AURORA_NOTIFICATION_ATTEMPTS:
        _dead(claim, outcome.text)
    else:
        _put_off(claim, outcome)
    return outcome


def _attempted(claim: Claim) -> Mailed:
    """Build and mail the message. What nobody expected goes on to the task's log; its kind stays with the reminder, whose
    claim runs out, so that the sweep has it tried again as long as there are attempts."""
    try:
        return mail(message_of(claim.row, claim.address))
    except Exception as error:
        _settle(claim, error=f"An attempt broke off with {type(error).__name__}.")
        raise


def _claimed(nudge_id: UUID, now: datetime) -> Claim | None:
    """Take a reminder by compare-and-swap on its number of attempts and its turn; give up one that has none left."""
    due = Nudge.objects.filter(pk=nudge_id, mail=MailState.PENDING, next_attempt_at__lte=now)
    row = due.select_related("learner__user").first()
    if row is None:
        return None
    same = Nudge.objects.filter(
        pk=row.pk, mail=MailState.PENDING, attempts=row.attempts, next_attempt_at=row.next_attempt_at
    )
    address = addresses_of([row.learner]).get(row.learner_id, "")
    if reason := _unwanted(row, now, address):
        same.update(mail=MailState.DROPPED, next_attempt_at=None, error=reason)
        return None
    if row.attempts >= settings.AURORA_NOTIFICATION_ATTEMPTS:
        _dead(Claim(row, row.attempts, address), row.error or UNFINISHED)
        return None
    opening = opens_at(now, row.learner)
    if opening > now:
        same.update(next_attempt_at=opening)
        return None
    if not same.update(attempts=row.attempts + 1, next_attempt_at=now + timedelta(seconds=CLAIM_SECONDS)):
        return None
    return Claim(row, row.attempts + 1, address)


def _unwanted(row: Nudge, now: datetime, address: str) -> str:
    """Why a reminder isn't to be sent any more; empty where it is."""
    learner = row.learner
    if not address:
        return "There is no address to send it to."
    if not (learner.digest if row.kind == NudgeKind.DIGEST else learner.nudges):
        return "The learner wants none any more."
    if row.seen_at is not None:
        return "It was dismissed on the page before."
    if row.kind == NudgeKind.STREAK and row.occasion != local(now, learner).date().isoformat():
        return "Its day is over."
    return "It is too old." if now - row.created_at > STALE and not row.attempts else ""


def _sent(claim: Claim) -> None:
    with transaction.atomic():
        if _settle(claim, mail=MailState.SENT, sent_at=timezone.now(), next_attempt_at=None, error=""):
            _record("sent", claim, {})


def _put_off(claim: Claim, outcome: Mailed) -> None:
    seconds = delay_seconds(claim.attempt, random.uniform(-1, 1))  # noqa: S311 no secret
    later = timezone.now() + timedelta(seconds=seconds)
    _settle(claim, next_attempt_at=later, error=outcome.text[:LONGEST_ERROR])


def _dead(claim: Claim, reason: str) -> None:
    with transaction.atomic():
        if _settle(claim, mail=MailState.DEAD, next_attempt_at=None, error=reason[:LONGEST_ERROR]):
            _record("dead", claim, {"reason": reason})


def delay_seconds(attempt: int, jitter: float) -> float:
    """How long to wait after so many attempts: doubled each time, up to four hours. ``jitter`` is between -1 and 1."""
    first = float(settings.AURORA_NOTIFICATION_RETRY_SECONDS)
    return min(first * 2.0 ** (attempt - 1), LONGEST_DELAY_SECONDS) * (1 + JITTER * jitter)


def _settle(claim: Claim, **fields: object) -> bool:
    """Write the outcome unless somebody else did, after the claim had run out."""
    same = Nudge.objects.filter(pk=claim.row.pk, mail=MailState.PENDING, attempts=claim.attempt)
    return bool(same.update(**fields))


def _record(outcome: str, claim: Claim, data: dict[str, str]) -> None:
    row = claim.row
    record(
        event=f"learning.nudge_{outcome}",
        organization_id=row.organization_id,
        subject=("nudge", row.pk),
        data={"learner": str(row.learner_id), "kind": row.kind, "attempts": claim.attempt, **data},
    )
