"""Reads of reminders."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from learning.models import Learner, Nudge

SHOWN_FOR = timedelta(days=14)


def nudges_for(learner: Learner) -> QuerySet[Nudge]:
    """What the learner's pages show: reminders of the last two weeks that weren't dismissed, newest first."""
    since = timezone.now() - SHOWN_FOR
    rows = Nudge.objects.for_organization(learner.organization_id)
    return rows.filter(learner=learner, seen_at=None, created_at__gte=since)
