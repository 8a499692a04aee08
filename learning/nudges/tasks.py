"""Reminders in workers. Tasks take ids and may run twice."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from learning.models import MailState, Nudge
from learning.nudges.digests import digest_make
from learning.nudges.making import nudges_scan
from learning.nudges.ringing import DIGEST_TASK, SEND_TASK, heard, ring_mails
from learning.nudges.sending import nudge_send

SWEEP_LIMIT = 200


@shared_task(name="learning.scan_nudges")
def scan_nudges() -> None:
    """Make the reminders that are due for everybody whose hours it is."""
    nudges_scan()


@shared_task(name=DIGEST_TASK)
def make_digest(learner_id: str) -> None:
    """Make a learner's digest of the week, unless it is made."""
    heard(DIGEST_TASK, UUID(learner_id))
    digest_make(learner_id=UUID(learner_id))


@shared_task(name=SEND_TASK)
def send_nudge(nudge_id: str) -> None:
    """Make one attempt to mail a reminder, if it is due."""
    heard(SEND_TASK, UUID(nudge_id))
    nudge_send(nudge_id=UUID(nudge_id))


@shared_task(name="learning.sweep_nudges")
def sweep_nudges() -> None:
    """Ring for what is due: second attempts, the beginning of hours, and what the queue lost."""
    due = Nudge.objects.filter(mail=MailState.PENDING, next_attempt_at__lte=timezone.now())
    ring_mails(due.order_by("next_attempt_at").values_list("pk", flat=True)[:SWEEP_LIMIT])
