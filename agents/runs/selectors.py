"""Reads of runs: for the API, and for those who carry them out."""

from __future__ import annotations

from typing import Any

from django.db.models import OuterRef, Prefetch, QuerySet, Subquery

from agents.runs.approvals import approvals_of
from agents.runs.ending import latency_ms
from agents.runs.models import Feedback, Run, RunEvent
from agents.runs.tool_models import ToolCall
from agents.runs.turns import with_position


def runs_visible_to(*, organization_id: object, user_id: str, is_admin: bool) -> QuerySet[Run]:
    """A person's own runs; all of the organisation's for its administrators."""
    runs = Run.objects.for_organization(organization_id)
    return runs if is_admin else runs.filter(actor_id=user_id)


def runs_to_show(runs: QuerySet[Run], user_id: str) -> QuerySet[Run]:
    """Runs with all that ``run_as_json`` shows to a person, in a constant number of queries."""
    newest = RunEvent.objects.filter(run=OuterRef("pk")).order_by("-seq").values("seq")[:1]
    own = Feedback.objects.filter(user_id=user_id)
    return with_position(runs.annotate(newest_seq=Subquery(newest))).prefetch_related(
        Prefetch("feedback", queryset=own, to_attr="own_feedback")
    )


def run_as_json(run: Any) -> dict[str, Any]:
    """A run of ``runs_to_show`` as the API shows it."""
    own = run.own_feedback[0] if run.own_feedback else None
    return {
        "id": str(run.pk),
        "kind": run.kind,
        "agent": run.agent,
        "state": run.state,
        "mode": run.mode,
        "attempt": run.attempt,
        "input": run.input,
        "output": run.output,
        "route": run.route or None,
        "usage": run.usage or None,
        "cost": (run.usage or {}).get("cost_usd"),
        "error": run.error or None,
        "session_id": str(run.session_id) if run.session_id else None,
        "retry_of": str(run.retry_of_id) if run.retry_of_id else None,
        "position_in_line": run.position_in_line,
        "approvals": _pending_approvals(run),
        "feedback": feedback_as_json(own) if own else None,
        "trace_id": run.trace_id,
        "latency_ms": latency_ms(run),
        "last_seq": run.newest_seq or 0,
        "created_at": run.created_at,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
    }


def _pending_approvals(run: Run) -> list[dict[str, Any]]:
    if run.state in Run.FINAL_STATES or not run.attempt:
        return []
    return [approval for approval in approvals_of(run) if approval["state"] == ToolCall.State.PROPOSED]


def feedback_as_json(feedback: Feedback) -> dict[str, Any]:
    """What a person thought of an answer."""
    return {"rating": feedback.rating, "comment": feedback.comment}


def next_to_start(run_id: str) -> str | None:
    """The queued run whose turn it is in the session of a run."""
    session = Run.objects.filter(pk=run_id).values_list("session_id", flat=True).first()
    turn = Run.objects.filter(active_session=session, state=Run.State.QUEUED) if session else Run.objects.none()
    follower = turn.values_list("pk", flat=True).first()
    return str(follower) if follower else None


def stopped_before(run_id: str) -> list[str]:
    """The run that is to stop and still has the turn for which a queued run waits."""
    waiting = Run.objects.filter(pk=run_id, state=Run.State.QUEUED, active_session=None, session_id__isnull=False)
    session = waiting.values_list("session_id", flat=True).first()
    if session is None:
        return []
    stopped = Run.objects.filter(active_session=session, cancel_requested_at__isnull=False)
    return [str(pk) for pk in stopped.values_list("pk", flat=True)]
