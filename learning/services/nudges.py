"""Writes of reminders by people: dismissing one, and having one sent again."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from audit.services import record
from learning.errors import NotRetriable, UnknownReference
from learning.models import MailState, Nudge
from learning.nudges.ringing import ring_mails


@transaction.atomic
def nudge_dismiss(*, organization_id: UUID, actor_id: str, learner_id: UUID, nudge_id: UUID) -> Nudge:
    """Take a reminder off the learner's pages; a mail that hasn't left yet doesn't leave. Again it changes nothing.

    Raises UnknownReference for one that the learner doesn't have.
    """
    rows = Nudge.objects.for_organization(organization_id).select_for_update()
    nudge = rows.filter(pk=nudge_id, learner_id=learner_id).first()
    if nudge is None:
        raise UnknownReference("The learner has no such reminder.", field="nudge")
    if nudge.seen_at is None:
        nudge.seen_at = timezone.now()
        nudge.save(update_fields=["seen_at"])
        _record("learning.nudge_dismissed", nudge, actor_id)
    return nudge


@transaction.atomic
def nudge_resend(*, organization_id: UUID, actor_id: str, nudge_id: UUID) -> Nudge:
    """Mail a reminder again that was given up, with as many attempts as a new one.

    Raises UnknownReference, and NotRetriable for one that was sent, is still tried, or was never to be mailed.
    """
    rows = Nudge.objects.for_organization(organization_id).select_for_update()
    nudge = rows.filter(pk=nudge_id).first()
    if nudge is None:
        raise UnknownReference("There is no such reminder.", field="nudge")
    if nudge.mail != MailState.DEAD:
        raise NotRetriable(f"This reminder is {nudge.get_mail_display()}; only those given up are sent again.")
    nudge.mail, nudge.attempts, nudge.next_attempt_at = MailState.PENDING, 0, timezone.now() - timedelta(seconds=1)
    nudge.save(update_fields=["mail", "attempts", "next_attempt_at"])
    _record("learning.nudge_resent", nudge, actor_id)
    transaction.on_commit(partial(ring_mails, [nudge.pk]), robust=True)
    return nudge


def _record(event: str, nudge: Nudge, actor_id: str) -> None:
    record(
        event=event,
        organization_id=nudge.organization_id,
        actor_id=actor_id,
        subject=("nudge", nudge.pk),
        data={"learner": str(nudge.learner_id), "kind": nudge.kind},
    )
