"""Approvals: a person decides about a tool call that changes something, while its run lies parked.

A decision is a change of one row from ``proposed``, which one decider makes and all others find made. Whoever makes the
last one queues the run again.
"""

from __future__ import annotations

from typing import Any, Literal

from django.db.models import QuerySet
from django.db.models.functions import Now

from agents.runs.database import locking
from agents.runs.ending import run_lock
from agents.runs.errors import RunError
from agents.runs.models import Run
from agents.runs.tool_models import ToolCall
from agents.tools.registry import UnknownTool, tool_named
from audit.services import record
from aurora_site.accounts.models import Membership, Role

Choice = Literal["approve", "deny"]
CHOICES: tuple[Choice, ...] = ("approve", "deny")
MAXIMUM_NOTE = 500
LARGEST_SWEEP = 500

State = ToolCall.State
_CHOSEN = {"approve": State.APPROVED, "deny": State.DENIED}
_EVENTS = {
    State.APPROVED: "agents.call_approved",
    State.DENIED: "agents.call_denied",
    State.EXPIRED: "agents.call_expired",
}


class UnknownApproval(RunError):
    """The run has asked for no such approval."""

    text = "The run asks for no approval of that id."


class ApprovalDecided(RunError):
    """Somebody decided before."""


class ApprovalExpired(RunError):
    """It is too late to decide."""

    text = "The approval has expired. Ask again."


class ApprovalForbidden(RunError):
    """The tool may be allowed only by somebody with a higher role."""


def approval_decide(*, run: Run, call_id: str, decision: Choice, actor_id: str, note: str = "") -> ToolCall:
    """Approve or deny a call; the call as decided. The last decision of a parked run queues it: start it then.

    Raises UnknownApproval, ApprovalDecided, ApprovalExpired, and ApprovalForbidden for an approval by somebody without
    the tool's role; nothing has changed then (but for a late one, which is marked as expired).
    """
    with locking():
        locked = run_lock(run.pk)
        call = _proposals(run).filter(call_id=call_id).first()
        if locked is None or call is None:
            raise UnknownApproval
        if call.state == State.PROPOSED and decision == "approve":
            _require_role(locked, call, actor_id)
        overdue = ToolCall.objects.filter(pk=call.pk, state=State.PROPOSED, expires_at__lte=Now())
        decided = not _expire(locked, overdue) and _decide(locked, call, _CHOSEN[decision], actor_id, note)
    call.refresh_from_db()
    if not decided:
        raise _too_late(call)
    return call


def approvals_expire() -> list[str]:
    """Give up the approvals that nobody decided in time; the runs that are queued for it, to be started."""
    overdue = ToolCall.objects.filter(state=State.PROPOSED, expires_at__lte=Now()).order_by("expires_at")
    run_ids = dict.fromkeys(overdue.values_list("run_id", flat=True)[:LARGEST_SWEEP])
    queued = []
    for run_id in run_ids:
        with locking():
            run = run_lock(run_id)
            if run is not None and _expire(run, overdue.filter(run=run)) and run.state == Run.State.QUEUED:
                queued.append(str(run.pk))
    return queued


def approvals_of(run: Run) -> list[dict[str, Any]]:
    """The calls of a run that a person was asked about, as the API shows them."""
    return [_as_json(call) for call in _proposals(run).order_by("id")]


def _proposals(run: Run) -> QuerySet[ToolCall]:
    return ToolCall.objects.filter(run=run, expires_at__isnull=False)


def _as_json(call: ToolCall) -> dict[str, Any]:
    return {
        "call_id": call.call_id,
        "name": call.name,
        "arguments": call.arguments,
        "summary": _summary(call),
        "state": call.state,
        "expires_at": call.expires_at,
        "decided_by": call.decided_by_id,
        "decided_at": call.decided_at,
        "note": call.note,
    }


def _summary(call: ToolCall) -> str:
    try:
        return tool_named(call.name).summary(call.arguments)
    except UnknownTool:
        return call.name


def _require_role(run: Run, call: ToolCall, actor_id: str) -> None:
    """Raises ApprovalForbidden unless the person has the tool's role in the run's organisation."""
    try:
        needed = Role(tool_named(call.name).role)
    except UnknownTool:
        needed = Role.ADMIN
    membership = Membership.objects.for_organization(run.organization_id).filter(user_id=actor_id).first()
    if membership is None or Role(membership.role).rank < needed.rank:
        raise ApprovalForbidden(f"Approving {call.name} needs the role {needed.value} in the organisation.")


def _decide(run: Run, call: ToolCall, state: str, actor_id: str, note: str) -> bool:
    """Make the decision, unless somebody else has."""
    undecided = ToolCall.objects.filter(pk=call.pk, state=State.PROPOSED)
    if not undecided.update(state=state, decided_by_id=actor_id, decided_at=Now(), note=note[:MAXIMUM_NOTE]):
        return False
    _record(run, call, state, actor_id, note)
    _queue_if_decided(run)
    return True


def _expire(run: Run, overdue: QuerySet[ToolCall]) -> bool:
    """Mark calls as expired; whether there were any."""
    calls = list(overdue)
    for call in calls:
        ToolCall.objects.filter(pk=call.pk, state=State.PROPOSED).update(state=State.EXPIRED, decided_at=Now())
        _record(run, call, State.EXPIRED, "", "")
    _queue_if_decided(run)
    return bool(calls)


def _queue_if_decided(run: Run) -> None:
    """Let a parked run go on when nothing is left to decide."""
    undecided = ToolCall.objects.filter(run=run, state=State.PROPOSED)
    if run.state == Run.State.WAITING_APPROVAL and not undecided.exists():
        run.state = Run.State.QUEUED
        run.save(update_fields=["state"])


def _record(run: Run, call: ToolCall, state: str, actor_id: str, note: str) -> None:
    record(
        event=_EVENTS[State(state)],
        organization_id=run.organization_id,
        actor_id=actor_id,
        subject=("run", run.pk),
        trace_id=run.trace_id,
        data={"call_id": call.call_id, "tool": call.name, "asked_by": run.actor_id},
        personal={"note": note},
    )


def _too_late(call: ToolCall) -> RunError:
    if call.state == State.EXPIRED:
        return ApprovalExpired()
    decided = "denied" if call.state == State.DENIED else "approved"
    return ApprovalDecided(f"The call was {decided} already.")
