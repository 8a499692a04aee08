"""Removing what old runs showed on their way, when their organisation wants it gone."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef

from agents.runs.models import Run, RunEvent
from audit.services import record
from aurora_site.core.retention import Kind

# How a run ended is told for ever: whoever reads its stream learns that nothing more comes.
LAST_EVENT = "run.finished"
RUNS_AT_ONCE = 500
MINIMUM_DAYS = 7


def events_prune(*, organization_id: str, before: datetime, dry_run: bool = False) -> int:
    """Remove the events of an organisation's runs that ended before a time, but for the last of each; how many."""
    ended = Run.objects.for_organization(organization_id).filter(finished_at__lt=before)
    shown = RunEvent.objects.exclude(type=LAST_EVENT)
    if dry_run:
        return shown.filter(run__in=ended.order_by()).count()
    unpruned, removed = ended.filter(Exists(shown.filter(run=OuterRef("pk")))), 0
    while run_ids := list(unpruned.order_by("finished_at").values_list("pk", flat=True)[:RUNS_AT_ONCE]):
        with transaction.atomic():
            count = shown.filter(run_id__in=run_ids).delete()[0]
            record(
                event="agents.events_pruned",
                organization_id=organization_id,
                subject=("organization", organization_id),
                data={"before": before.isoformat(), "runs": len(run_ids), "events": count},
            )
        removed += count
    return removed


KIND = Kind(
    name="events",
    meaning="What runs showed on their way: thoughts, tool calls, pieces of text. Questions and answers stay.",
    minimum_days=MINIMUM_DAYS,
    prune=events_prune,
)
