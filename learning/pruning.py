"""Removing old reminders when their organisation wants it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from audit.services import record
from aurora_site.core.retention import Kind
from learning.models import MailState, Nudge

NUDGES_AT_ONCE = 500
# What is younger may still be shown, and says of an occasion that it was told.
MINIMUM_DAYS = 30


def nudges_prune(*, organization_id: str, before: datetime, dry_run: bool = False) -> int:
    """Remove an organisation's reminders from before a time, but those that still wait to be mailed; how many."""
    rows = Nudge.objects.for_organization(organization_id).filter(created_at__lt=before).order_by()
    rows = rows.exclude(mail=MailState.PENDING)
    if dry_run:
        return rows.count()
    removed = 0
    while ids := list(rows.order_by("created_at").values_list("pk", flat=True)[:NUDGES_AT_ONCE]):
        with transaction.atomic():
            Nudge.objects.for_organization(organization_id).filter(pk__in=ids).delete()
            record(
                event="learning.nudges_pruned",
                organization_id=organization_id,
                subject=("organization", organization_id),
                data={"before": before.isoformat(), "nudges": len(ids)},
            )
        removed += len(ids)
    return removed


KIND = Kind(
    name="nudges",
    meaning="Reminders that learners got, on their pages and by mail.",
    minimum_days=MINIMUM_DAYS,
    prune=nudges_prune,
)
