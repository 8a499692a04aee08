"""Writes of runs: make, claim, cancel, finish."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from agents.runs.executors import RunOutcome
from agents.runs.log import Append, StaleAttempt, append_all
from agents.runs.models import Run, RunEvent
from agents.runtime.events import Event, error
from audit.services import record

# A run whose lease has expired has lost its process. Renewed about four times as often.
LEASE = timedelta(seconds=20)
LARGEST_REAPING = 200
INTERRUPTED: dict[str, Any] = {
    "code": "INTERRUPTED",
    "message": "The server stopped while it answered.",
    "retryable": True,
}


def run_create(
    *,
    organization_id: UUID | str,
    actor_id: str,
    kind: str,
    agent: str,
    input: dict[str, Any],
    session_id: UUID | str | None = None,
    idempotency_key: str = "",
) -> tuple[Run, bool]:
    """Make a queued run, or join the one that the same person made with the same key. Returns (run, made)."""
    key = None
    if idempotency_key:
        key = hashlib.sha256(f"{organization_id}:{actor_id}:{idempotency_key}".encode()).hexdigest()
    run = Run(
        organization_id=organization_id,
        actor_id=actor_id,
        session_id=session_id,
        kind=kind,
        agent=agent,
        input=input,
        idempotency_key=key,
    )
    try:
        with transaction.atomic():
            run.save(force_insert=True)
    except IntegrityError:
        joined = Run.objects.for_organization(organization_id).filter(idempotency_key=key).first() if key else None
        if joined is None:
            raise
        return joined, False
    return run, True


def run_claim(*, run_id: str) -> Run | None:
    """Take a queued run: from then on it carries this attempt's number. None when another process took it."""
    taken = Run.objects.filter(pk=run_id, state=Run.State.QUEUED).update(
        state=Run.State.RUNNING,
        attempt=F("attempt") + 1,
        started_at=timezone.now(),
        lease_expires_at=Now() + LEASE,
    )
    return Run.objects.get(pk=run_id) if taken else None


def leases_renew(run_ids: Sequence[str]) -> None:
    """Say that the process that carries out these runs is alive."""
    Run.objects.filter(pk__in=run_ids, state=Run.State.RUNNING).update(lease_expires_at=Now() + LEASE)


def runs_reap() -> int:
    """End the runs whose process died, with what they had shown. Returns how many; safe to run twice and at once."""
    dead = Run.objects.filter(state=Run.State.RUNNING, lease_expires_at__lt=Now()).values_list("pk", "attempt")
    appends = [_interruption(str(run_id), attempt) for run_id, attempt in dead[:LARGEST_REAPING]]
    return sum(not isinstance(outcome, StaleAttempt) for outcome in append_all(appends)) if appends else 0


def _interruption(run_id: str, attempt: int) -> Append:
    run = Run.objects.get(pk=run_id)
    shown = RunEvent.objects.filter(run_id=run_id, type="token").order_by("seq").values_list("data", flat=True)
    outcome = RunOutcome(agent=run.agent, mode=run.mode, error=dict(INTERRUPTED))
    outcome.output = {"answer": "".join(data["text"] for data in shown), "citations": [], "answered": False}
    last = finished_event(run=run, outcome=outcome, state=Run.State.FAILED)
    events = [error(INTERRUPTED["code"], INTERRUPTED["message"], retryable=True), last]
    return Append(run_id, attempt, events, run_finisher(outcome=outcome, state=Run.State.FAILED))


def run_cancel(*, run: Run, actor_id: str) -> bool:
    """Ask for a run to be stopped. False when it has ended already; asking twice is as asking once."""
    open_states = [Run.State.QUEUED, Run.State.RUNNING, Run.State.WAITING_APPROVAL]
    with transaction.atomic():
        asked = Run.objects.filter(pk=run.pk, state__in=open_states, cancel_requested_at=None).update(
            cancel_requested_at=timezone.now()
        )
        if asked:
            record(
                event="agents.run_cancel_requested",
                organization_id=run.organization_id,
                actor_id=actor_id,
                subject=("run", run.pk),
                trace_id=run.trace_id,
            )
    return bool(asked) or Run.objects.filter(pk=run.pk, state__in=open_states).exists()


def runs_to_cancel(run_ids: Sequence[str]) -> list[str]:
    """Those of the given runs whose cancellation was asked for."""
    asked = Run.objects.filter(pk__in=run_ids, cancel_requested_at__isnull=False).values_list("pk", flat=True)
    return [str(run_id) for run_id in asked]


def finished_event(*, run: Run, outcome: RunOutcome, state: Run.State) -> Event:
    """The last event of a run."""
    return Event(
        "run.finished",
        {
            "state": state.value,
            "agent": outcome.agent,
            "mode": outcome.mode,
            "citations": outcome.output.get("citations", []),
            "answered": outcome.output.get("answered", False),
            "usage": outcome.usage,
            "error": outcome.error or None,
            "trace_id": run.trace_id,
        },
    )


def run_finisher(*, outcome: RunOutcome, state: Run.State) -> Callable[[Run], None]:
    """Writes a run's end into its locked row, with the ledger record, in the transaction of its last event."""

    def finish(run: Run) -> None:
        run.state = state
        run.finished_at = timezone.now()
        run.agent, run.mode, run.route = outcome.agent, outcome.mode, outcome.route
        run.output, run.usage, run.error = outcome.output, outcome.usage, outcome.error
        record(
            event=f"agents.run_{state.value}",
            organization_id=run.organization_id,
            actor_id=run.actor_id,
            subject=("run", run.pk),
            trace_id=run.trace_id,
            data={
                "agent": outcome.agent,
                "mode": outcome.mode,
                "attempt": run.attempt,
                "route": outcome.route,
                "usage": outcome.usage,
                "error": outcome.error,
                "latency_ms": latency_ms(run),
                **outcome.ledger,
            },
            personal=outcome.personal,
        )

    return finish


def latency_ms(run: Run) -> int:
    """Milliseconds from a run's making to its end (to now while it lasts)."""
    return int(((run.finished_at or timezone.now()) - run.created_at).total_seconds() * 1000)
