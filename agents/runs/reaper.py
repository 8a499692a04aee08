"""Finds the runs that nobody carries out any more. Safe in several processes at once, and to run twice."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from agents.runs.database import locking
from agents.runs.ending import INTERRUPTED, run_end, run_lock
from agents.runs.leases import server_has_settled
from agents.runs.models import Run, RunEvent
from agents.runs.tool_models import ToolCall
from agents.runs.turns import line_lock, turn_pass, whose_turn_it_is

MAXIMUM_ATTEMPTS = 3
# A queued run that nobody claimed for so long was forgotten: its process died, or the queue lost it.
FORGOTTEN = timedelta(seconds=10)
LARGEST_REAPING = 200
ACTED = (ToolCall.State.RUNNING, ToolCall.State.SUCCEEDED, ToolCall.State.FAILED)


@dataclass
class Reaped:
    """What a sweep did: runs that it ended, and queued runs that somebody should start now."""

    ended: list[str] = field(default_factory=list)
    to_start: list[str] = field(default_factory=list)


def runs_reap() -> Reaped:
    """End or queue again the runs whose process died, and name the queued ones that nobody started.

    A run that has shown no text and done nothing to the world is queued again; any other ends as failed, INTERRUPTED,
    with what it had shown.
    """
    reaped = Reaped()
    if server_has_settled():
        dead = Run.objects.filter(state=Run.State.RUNNING, lease_expires_at__lt=Now())
        for run_id in list(dead.values_list("pk", flat=True)[:LARGEST_REAPING]):
            _reap(run_id, reaped)
    for session_id in _stuck_lines():
        with locking():
            line_lock(session_id)
            turn_pass(session_id)
    forgotten = Run.objects.filter(whose_turn_it_is(), state=Run.State.QUEUED, created_at__lt=Now() - FORGOTTEN)
    ids = forgotten.order_by("created_at").values_list("pk", flat=True)[:LARGEST_REAPING]
    reaped.to_start += [str(run_id) for run_id in ids if str(run_id) not in reaped.to_start]
    return reaped


def _reap(run_id: UUID, reaped: Reaped) -> None:
    with locking():
        run = run_lock(run_id)
        if run is None or not _is_dead(run):
            return
        if run.cancel_requested_at is None and run.attempt < MAXIMUM_ATTEMPTS and not _has_shown_or_acted(run):
            run.state, run.lease_expires_at = Run.State.QUEUED, None
            run.save(update_fields=["state", "lease_expires_at"])
            reaped.to_start.append(str(run.pk))
            return
        if run.cancel_requested_at is not None:
            follower = run_end(run=run, state=Run.State.CANCELLED)
        else:
            follower = run_end(run=run, state=Run.State.FAILED, failure=INTERRUPTED)
        reaped.ended.append(str(run.pk))
        if follower is not None:
            reaped.to_start.append(follower)


def _is_dead(run: Run) -> bool:
    """Whether the lease has run out, asked again under the lock: it may have been renewed meanwhile."""
    return Run.objects.filter(pk=run.pk, state=Run.State.RUNNING, lease_expires_at__lt=Now()).exists()


def _has_shown_or_acted(run: Run) -> bool:
    shown = RunEvent.objects.filter(run=run, type__in=["token", "message"])
    acted = ToolCall.objects.filter(run=run, state__in=ACTED).exclude(effect=ToolCall.Effect.READ)
    return shown.exists() or acted.exists()


def _stuck_lines() -> list[object]:
    """Sessions in which runs wait although it is nobody's turn."""
    busy = Run.objects.filter(active_session=OuterRef("session_id"))
    waiting = Run.objects.filter(state=Run.State.QUEUED, active_session=None, session_id__isnull=False)
    stuck = (
        waiting.filter(~Exists(busy), created_at__lt=Now() - FORGOTTEN).order_by().values_list("session_id", flat=True)
    )
    return list(stuck.distinct()[:LARGEST_REAPING])
