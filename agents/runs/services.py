"""Writes of runs: make, claim, park, cancel, rate."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import DateTimeField, F, Value
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from agents.runs.database import locking
from agents.runs.ending import run_end, run_lock
from agents.runs.errors import IdempotencyKeyReused, RunOpen, SessionBusy
from agents.runs.executors import RunOutcome
from agents.runs.log import Append, StaleAttempt, last_seq, store
from agents.runs.models import Feedback, Run
from agents.runs.tool_models import ToolCall
from agents.runs.turns import line_lock, waiting_in, whose_turn_it_is
from agents.runs.values import fit, storable
from audit.services import record

OnConflict = Literal["enqueue", "reject", "interrupt"]
ON_CONFLICT: tuple[OnConflict, ...] = ("enqueue", "reject", "interrupt")

# A run whose lease has expired has lost its process. Renewed about three times as often.
LEASE = timedelta(seconds=15)


@dataclass(frozen=True)
class Claim:
    """A run that this process carries out from now on, and the number of its last event so far."""

    run: Run
    last_seq: int


def run_create(
    *,
    organization_id: UUID | str,
    actor_id: str,
    kind: str,
    agent: str,
    input: dict[str, Any],
    session_id: UUID | str | None = None,
    idempotency_key: str = "",
    on_conflict: OnConflict = "enqueue",
    retry_of: UUID | str | None = None,
    also: Callable[[Run], None] | None = None,
) -> tuple[Run, bool]:
    """Make a queued run, or join the one that the same person made with the same key. Returns (run, made).

    In a session that works on another run, ``on_conflict`` says what happens: ``enqueue`` waits in line, ``reject``
    raises SessionBusy, ``interrupt`` stops what runs or waits there and goes next. ``also`` is called in the
    transaction of a run that was really made. Raises IdempotencyKeyReused for a key of another request.
    """
    run = Run(
        organization_id=organization_id,
        actor_id=actor_id,
        session_id=session_id,
        kind=kind,
        agent=agent,
        input=storable(input),
        retry_of_id=retry_of,
        idempotency_key=_scoped_key(organization_id, actor_id, idempotency_key),
    )
    try:
        with locking():
            line_lock(session_id)
            run.save(force_insert=True)
            if session_id is not None:
                _queue_up(run, on_conflict)
            else:
                _record_asked(run)
            if also is not None:
                also(run)
    except IntegrityError:
        joined = _joined(run)
        if joined is None:
            raise
        return joined, False
    return run, True


def _record_asked(run: Run) -> None:
    """What was asked, before anything is answered. Conversations record their questions themselves."""
    consents, question = run.input.get("consent", True), run.input.get("question")
    record(
        event="agents.question_asked" if consents else "agents.consent_refused",
        organization_id=run.organization_id,
        actor_id=run.actor_id,
        subject=("run", run.pk),
        data={"kind": run.kind, "agent": run.agent, "consent": consents, "retry_of": str(run.retry_of_id or "")},
        personal={"question": question} if isinstance(question, str) else None,
        trace_id=run.trace_id,
    )


def _scoped_key(organization_id: object, actor_id: str, key: str) -> str | None:
    return hashlib.sha256(f"{organization_id}:{actor_id}:{key}".encode()).hexdigest() if key else None


def _joined(run: Run) -> Run | None:
    """The run that was made before with the same key. Raises IdempotencyKeyReused when it was for something else."""
    if run.idempotency_key is None:
        return None
    made = Run.objects.for_organization(run.organization_id).filter(idempotency_key=run.idempotency_key).first()
    if made is not None and _request_of(made) != _request_of(run):
        raise IdempotencyKeyReused
    return made


def _request_of(run: Run) -> tuple[str, dict[str, Any], str]:
    return run.kind, run.input, str(run.session_id or "")


def _queue_up(run: Run, on_conflict: OnConflict) -> None:
    """Take the session's turn or a place in its line, which the caller holds."""
    active = Run.objects.filter(active_session=run.session_id).first()
    if active is not None and on_conflict == "reject":
        raise SessionBusy
    if active is not None and on_conflict == "interrupt":
        for other in waiting_in(run.session_id).exclude(pk=run.pk):
            run_cancel(run=other, actor_id=run.actor_id)
        # Its end, which may be now, passes the turn to the one that is left in line.
        run_cancel(run=active, actor_id=run.actor_id)
        run.refresh_from_db(fields=["active_session"])
    elif active is None:
        run.active_session = run.session_id if isinstance(run.session_id, UUID) else UUID(str(run.session_id))
        run.save(update_fields=["active_session"])


def run_claim(*, run_id: str) -> Claim | None:
    """Take a queued run whose turn it is: from then on it carries this attempt's number.

    None when another process took it, or when it must wait.
    """
    taken = Run.objects.filter(whose_turn_it_is(), pk=run_id, state=Run.State.QUEUED).update(
        state=Run.State.RUNNING,
        attempt=F("attempt") + 1,
        started_at=Coalesce("started_at", Value(timezone.now(), output_field=DateTimeField())),
        lease_expires_at=Now() + LEASE,
    )
    if not taken:
        return None
    run = Run.objects.get(pk=run_id)
    # Nobody has written before the first attempt.
    return Claim(run, last_seq(run_id) if run.attempt > 1 else 0)


def run_park(*, run: Run, append: Append, outcome: RunOutcome) -> Run.State:
    """Lay a run aside until a person has decided, with what it needs to go on; its state from then on.

    That is ``queued`` when the decision fell already; ``running`` when its cancellation was asked for, and then it is to
    be ended. Raises StaleAttempt.
    """
    with locking():
        locked = run_lock(run)
        if locked is None or locked.attempt != append.attempt or locked.state != Run.State.RUNNING:
            raise StaleAttempt(append.run_id)
        store(append.events, again=True)
        if locked.cancel_requested_at is not None:
            return Run.State.RUNNING
        undecided = ToolCall.objects.filter(run=run, state=ToolCall.State.PROPOSED).exists()
        locked.state = Run.State.WAITING_APPROVAL if undecided else Run.State.QUEUED
        locked.checkpoint, locked.lease_expires_at = storable(outcome.checkpoint), None
        locked.agent, locked.mode, locked.route = outcome.agent, outcome.mode, storable(outcome.route)
        locked.usage, locked.output = storable(outcome.usage), storable(outcome.output)
        locked.save()
        return locked.state


def run_cancel(*, run: Run, actor_id: str) -> bool:
    """Stop a run: one that nobody carries out ends at once, the others as soon as their process hears of it.

    False when it has ended already; asking twice is as asking once. Afterwards call ``dispatch.cancel``.
    """
    with locking():
        locked = run_lock(run)
        if locked is None or locked.state in Run.FINAL_STATES:
            return False
        if locked.cancel_requested_at is None:
            locked.cancel_requested_at = timezone.now()
            locked.save(update_fields=["cancel_requested_at"])
            record(
                event="agents.run_cancel_requested",
                organization_id=locked.organization_id,
                actor_id=actor_id,
                subject=("run", locked.pk),
                trace_id=locked.trace_id,
            )
        if locked.state != Run.State.RUNNING:
            run_end(run=locked, state=Run.State.CANCELLED)
    return True


def run_retry(*, run: Run, actor_id: str, idempotency_key: str = "") -> tuple[Run, bool]:
    """A new run with the same input, outside of conversations. Returns (run, made). Raises RunOpen."""
    require_ended(run)
    return run_create(
        organization_id=run.organization_id,
        actor_id=actor_id,
        kind=run.kind,
        agent=run.input.get("agent", run.agent),
        input=run.input,
        idempotency_key=idempotency_key,
        retry_of=run.pk,
    )


def require_ended(run: Run) -> None:
    """Raises RunOpen for a run that hasn't ended."""
    if run.state not in Run.FINAL_STATES:
        raise RunOpen


def feedback_set(*, run: Run, user_id: str, rating: str | None, comment: str = "") -> Feedback | None:
    """Note what a person thinks of an answer, in place of what they thought before; None takes it back."""
    comment = fit(comment)
    with transaction.atomic():
        given = None
        if rating is None:
            Feedback.objects.filter(run=run, user_id=user_id).delete()
        else:
            given, _ = Feedback.objects.update_or_create(
                run=run, user_id=user_id, defaults={"rating": rating, "comment": comment}
            )
        record(
            event="agents.feedback_given",
            organization_id=run.organization_id,
            actor_id=user_id,
            subject=("run", run.pk),
            data={"rating": rating},
            personal={"comment": comment},
            trace_id=run.trace_id,
        )
    return given
