"""The event log: appends in batches, each fenced by the run's attempt, each committed before anyone sees it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from agents.runs.models import Run, RunEvent
from agents.runtime.events import Event, StoredEvent


class StaleAttempt(Exception):
    """The run is finished or belongs to another attempt; nothing was written."""


@dataclass(frozen=True)
class Append:
    """Events for one run. ``also`` runs in the same transaction, with the locked row, before the events are stored;
    the row is saved afterwards. ``close`` says that these are the run's last events."""

    run_id: str
    attempt: int
    events: Sequence[Event]
    also: Callable[[Run], None] | None = None


def append_all(appends: Sequence[Append]) -> list[list[StoredEvent] | StaleAttempt]:
    """Commit a batch in one transaction. An append of a stale attempt is refused; the others go through.

    The answer has one entry for each append, in order.
    """
    with transaction.atomic():
        ids = {append.run_id for append in appends}
        locked = {str(run.pk): run for run in Run.objects.select_for_update().filter(pk__in=ids).order_by("pk")}
        outcomes: list[list[StoredEvent] | StaleAttempt] = []
        for append in appends:
            run = locked.get(append.run_id)
            if run is None or run.attempt != append.attempt or run.state in Run.FINAL_STATES:
                outcomes.append(StaleAttempt(append.run_id))
                continue
            outcomes.append(_number(run, append))
            if append.also is not None:
                append.also(run)
        stored = [event for outcome in outcomes if isinstance(outcome, list) for event in outcome]
        RunEvent.objects.bulk_create(
            RunEvent(run_id=event.run_id, seq=event.seq, type=event.type, ts=event.ts, data=event.data)
            for event in stored
        )
        _save(appends, locked)
    return outcomes


def _number(run: Run, append: Append) -> list[StoredEvent]:
    now = timezone.now()
    first = run.last_seq + 1
    run.last_seq += len(append.events)
    return [
        StoredEvent(append.run_id, first + offset, event.type, now, event.data)
        for offset, event in enumerate(append.events)
    ]


def _save(appends: Sequence[Append], locked: dict[str, Run]) -> None:
    changed = {append.run_id for append in appends if append.also is not None}
    for run_id, run in locked.items():
        if run_id in changed:
            run.save()
    Run.objects.bulk_update([run for run_id, run in locked.items() if run_id not in changed], ["last_seq"])


def events_after(run_id: str, after: int, limit: int = 500) -> list[StoredEvent]:
    """Committed events of a run with numbers above ``after``, in order."""
    rows = RunEvent.objects.filter(run_id=run_id, seq__gt=after).order_by("seq")[:limit]
    return [StoredEvent(str(row.run_id), row.seq, row.type, row.ts, row.data) for row in rows]
