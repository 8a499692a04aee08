"""The secret addresses by which calendars read plans. Each change commits its row and its ledger record together."""

from __future__ import annotations

import secrets
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from audit.services import record
from learning.models import CalendarSubscription, Learner
from learning.selectors.calendars import token_digest
from learning.services.mastery import learner_lock

TOKEN_BYTES = 24
READ_NOTED_EVERY = timedelta(hours=1)


@transaction.atomic
def calendar_subscribe(*, organization_id: UUID, actor_id: str, learner_id: UUID) -> str:
    """A new secret address of a learner's calendar; the one before, if any, shows nothing any more.

    Only a digest is kept: the address is shown this once. Raises UnknownLearner.
    """
    learner = learner_lock(organization_id, learner_id)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    CalendarSubscription.objects.for_organization(organization_id).update_or_create(
        learner=learner,
        defaults={"token_digest": token_digest(token), "created_at": timezone.now(), "read_at": None},
        create_defaults={"organization_id": organization_id, "token_digest": token_digest(token)},
    )
    _record("subscribed", learner, actor_id)
    return f"{settings.AURORA_PUBLIC_URL}/calendars/learning/{token}.ics"


@transaction.atomic
def calendar_unsubscribe(*, organization_id: UUID, actor_id: str, learner_id: UUID) -> bool:
    """Take the secret address of a learner's calendar away; whether there was one. Raises UnknownLearner."""
    learner = learner_lock(organization_id, learner_id)
    found = CalendarSubscription.objects.for_organization(organization_id).filter(learner=learner)
    removed = bool(found.delete()[0])
    if removed:
        _record("unsubscribed", learner, actor_id)
    return removed


def calendar_note_read(learner: Learner) -> None:
    """Note that a calendar read the address; calendars come often, so once an hour is enough."""
    now = timezone.now()
    stale = Q(read_at=None) | Q(read_at__lt=now - READ_NOTED_EVERY)
    rows = CalendarSubscription.objects.for_organization(learner.organization_id)
    rows.filter(stale, learner=learner).update(read_at=now)


def _record(verb: str, learner: Learner, actor_id: str) -> None:
    record(
        event=f"learning.calendar_{verb}",
        organization_id=learner.organization_id,
        actor_id=actor_id,
        subject=("learner", learner.pk),
    )
