"""Folds old text: once a day has passed, the pieces in which an answer was streamed give way to its message."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Exists, OuterRef
from django.utils import timezone

from agents.runs.models import Run, RunEvent

FOLD_AFTER = timedelta(days=1)
# How far back a sweep looks, so that it needs no list of what it did.
LOOK_BACK = timedelta(days=8)
RUNS_AT_ONCE = 200


def events_fold() -> int:
    """Remove the ``token`` events of runs that ended over a day ago and whose ``message`` carries the text; how many."""
    now = timezone.now()
    ended = Run.objects.filter(
        state__in=Run.FINAL_STATES,
        created_at__gt=now - LOOK_BACK,
        created_at__lt=now - FOLD_AFTER,
        finished_at__lt=now - FOLD_AFTER,
    )
    events = RunEvent.objects.filter(run=OuterRef("pk"))
    unfolded = ended.filter(Exists(events.filter(type="token")), Exists(events.filter(type="message")))
    removed = 0
    while run_ids := list(unfolded.order_by("created_at").values_list("pk", flat=True)[:RUNS_AT_ONCE]):
        removed += RunEvent.objects.filter(run_id__in=run_ids, type="token").delete()[0]
    return removed
