"""Makes the reminders that are due, for one batch of learners after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from learning.models import Learner, MailState, Nudge
from learning.nudges.addresses import addresses_of
from learning.nudges.deciding import Facts, digest_is_due, drafts
from learning.nudges.gathering import facts_of
from learning.nudges.hours import is_open
from learning.nudges.ringing import ring_digests, ring_mails

BATCH = 500


def nudges_scan(*, now: datetime | None = None) -> int:
    """Make what is due now for everybody whose hours it is, and have digests made; how many reminders.

    Safe to run twice and at the same time: constraints let each occasion, and each day's mail, be there once.
    """
    moment = now or timezone.now()
    return sum(nudges_make(learners, moment) for learners in _batches(moment))


def nudges_make(learners: Sequence[Learner], now: datetime) -> int:
    """Make the reminders of learners, the first of each as the day's mail where that is still to come."""
    facts = facts_of(learners, now)
    addresses = addresses_of(learners)
    rows: list[Nudge] = []
    digests: list[UUID] = []
    for learner in learners:
        known = facts[learner.pk]
        is_digest_day = learner.digest and digest_is_due(known)
        if is_digest_day:
            digests.append(learner.pk)
        # The digest says all that the others would, so that it is the day's mail.
        may_mail = learner.pk in addresses and not known.is_mailed and not is_digest_day
        if learner.nudges:
            rows += _nudges(learner, known, now, may_mail=may_mail)
    with transaction.atomic():
        Nudge.objects.bulk_create(rows, ignore_conflicts=True)
        mails = [row.pk for row in rows if row.mail == MailState.PENDING]
        transaction.on_commit(partial(ring_mails, mails), robust=True)
        transaction.on_commit(partial(ring_digests, digests), robust=True)
    return len(rows)


def _nudges(learner: Learner, facts: Facts, now: datetime, *, may_mail: bool) -> list[Nudge]:
    rows = [
        Nudge(
            organization_id=learner.organization_id,
            learner=learner,
            kind=draft.kind,
            occasion=draft.occasion,
            title=draft.title[:200],
            text=draft.text,
        )
        for draft in drafts(facts)
    ]
    if rows and may_mail:
        rows[0].mail, rows[0].mail_on, rows[0].next_attempt_at = MailState.PENDING, facts.today, now
    return rows


def _batches(now: datetime) -> Iterator[list[Learner]]:
    """Everybody who wants reminders and whose hours it is, so many at a time."""
    wanted = Learner.objects.filter(Q(nudges=True) | Q(digest=True)).select_related("user").order_by("pk")
    last: UUID | None = None
    while rows := list((wanted.filter(pk__gt=last) if last else wanted)[:BATCH]):
        last = rows[-1].pk
        if within := [learner for learner in rows if is_open(now, learner)]:
            yield within
