"""How runs end: the last events, the row, the ledger record, what upper layers add, and whose turn is next; at once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone

from agents.runs import hooks
from agents.runs.database import locking
from agents.runs.executors import RunOutcome
from agents.runs.log import Append, StaleAttempt, is_stored, last_seq, numbered, store
from agents.runs.models import Run, RunEvent
from agents.runs.turns import line_lock, turn_pass
from agents.runs.values import storable
from agents.runtime.events import Event, error
from audit.services import record

INTERRUPTED: dict[str, Any] = {
    "code": "INTERRUPTED",
    "message": "The server stopped while it answered.",
    "retryable": True,
}


def run_lock(run: Run | UUID | str) -> Run | None:
    """A run, by itself or by its id, locked together with the line of its session until the transaction ends. None when
    there is none."""
    run_id = run.pk if isinstance(run, Run) else run
    if isinstance(run, Run):
        line_lock(run.session_id)
    else:
        line_lock(Run.objects.filter(pk=run).values_list("session_id", flat=True).first())
    return Run.objects.select_for_update().filter(pk=run_id).order_by().first()


def run_finish(*, run: Run, append: Append, outcome: RunOutcome, state: Run.State) -> str | None:
    """End a run with the last events of the attempt that carried it out; the run whose turn it is now, if any.

    Raises StaleAttempt. May be called again when it isn't known whether the commit went through.
    """
    with locking():
        locked = run_lock(run)
        if locked is None or locked.attempt != append.attempt or locked.state != Run.State.RUNNING:
            if is_stored(append.events[-1]):
                return None
            raise StaleAttempt(append.run_id)
        store(append.events, again=True)
        return _close(locked, outcome, state, append.events[-1].seq)


def run_end(*, run: Run, state: Run.State, failure: dict[str, Any] | None = None) -> str | None:
    """End a run that nobody carries out, with what it had shown; the run whose turn it is now, if any.

    The caller holds its lock (``run_lock``). ``failure`` is the error that it ends with, of INTERRUPTED's shape.
    """
    outcome, has_message = remains(run)
    outcome.error = dict(failure or {})
    events = closing_events(run, outcome, state, has_message=has_message)
    stored = numbered(str(run.pk), last_seq(run.pk) + 1, events)
    store(stored)
    return _close(run, outcome, state, stored[-1].seq)


def closing_events(run: Run, outcome: RunOutcome, state: Run.State, *, has_message: bool) -> list[Event]:
    """The error of a run that was broken off, its text as a message if it had none yet, and ``run.finished``."""
    events = []
    if outcome.error.get("code") in ("INTERRUPTED", "INTERNAL_ERROR"):
        events.append(error(outcome.error["code"], outcome.error["message"], retryable=True))
    if not has_message and outcome.output.get("answer"):
        message = {name: outcome.output.get(name, default) for name, default in _MESSAGE.items()}
        cut_off = {} if state == Run.State.SUCCEEDED else {"partial": True}
        events.append(Event("message", {"text": outcome.output["answer"], **message, "mode": outcome.mode, **cut_off}))
    return [*events, finished_event(run, outcome, state)]


_MESSAGE: dict[str, Any] = {"citations": [], "answered": False}


def finished_event(run: Run, outcome: RunOutcome, state: Run.State) -> Event:
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
            "error": {name: outcome.error[name] for name in INTERRUPTED} if outcome.error else None,
            "trace_id": run.trace_id,
        },
    )


def remains(run: Run) -> tuple[RunOutcome, bool]:
    """What an unfinished run had come to, from its row and its log; and whether it had shown its ``message``."""
    kept = RunEvent.objects.filter(run=run, type__in=["token", "route", "usage", "message"]).order_by("seq")
    shown = list(kept.values_list("type", "data"))
    newest = dict(shown)
    text = "".join(data["text"] for kind, data in shown if kind == "token")
    message = newest.get("message", {})
    outcome = RunOutcome(
        agent=run.agent,
        mode=message.get("mode") or run.mode,
        route=run.route or newest.get("route", {}),
        usage=run.usage or newest.get("usage", {}),
    )
    outcome.agent = outcome.route.get("agent") or run.agent
    outcome.output = {
        **run.output,
        **{name: value for name, value in message.items() if name not in ("text", "mode", "unverified", "partial")},
        "answer": message.get("text") or text or run.output.get("answer", ""),
        "citations": message.get("citations") or run.output.get("citations", []),
        "answered": message.get("answered", False),
    }
    question = run.input.get("question")
    outcome.personal = {"question": question if isinstance(question, str) else "", "answer": outcome.output["answer"]}
    return outcome, bool(message)


def _close(run: Run, outcome: RunOutcome, state: Run.State, seq: int) -> str | None:
    """Write a run's end into its locked row, and all that goes with it."""
    outcome.output, outcome.error = storable(outcome.output), storable(outcome.error)
    run.state, run.last_seq = state, seq
    run.finished_at = timezone.now()
    run.agent, run.mode = outcome.agent, outcome.mode
    run.route, run.usage = storable(outcome.route), storable(outcome.usage)
    run.output, run.error = outcome.output, outcome.error
    run.lease_expires_at = run.active_session = run.checkpoint = None
    run.save()
    _record(run, outcome)
    hooks.call_on_finish(run, outcome)
    return turn_pass(run.session_id)


def _record(run: Run, outcome: RunOutcome) -> None:
    record(
        event=f"agents.run_{run.state}",
        organization_id=run.organization_id,
        actor_id=run.actor_id,
        subject=("run", run.pk),
        trace_id=run.trace_id,
        data=storable(
            {
                "kind": run.kind,
                "session": str(run.session_id or ""),
                "agent": outcome.agent,
                "mode": outcome.mode,
                "attempt": run.attempt,
                "route": outcome.route,
                "usage": outcome.usage,
                "error": outcome.error,
                "latency_ms": latency_ms(run),
                **outcome.ledger,
            }
        ),
        personal=storable(outcome.personal),
    )


def latency_ms(run: Run) -> int:
    """Milliseconds from a run's making to its end (to now while it lasts)."""
    return int(((run.finished_at or timezone.now()) - run.created_at).total_seconds() * 1000)
