"""Reads of runs for the API."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from agents.runs.models import Run
from agents.runs.services import latency_ms


def runs_visible_to(*, organization_id: object, user_id: str, is_admin: bool) -> QuerySet[Run]:
    """A person's own runs; all of the organisation's for its administrators."""
    runs = Run.objects.for_organization(organization_id)
    return runs if is_admin else runs.filter(actor_id=user_id)


def run_as_json(run: Run) -> dict[str, Any]:
    """A run as the API shows it."""
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
        "error": run.error or None,
        "session_id": str(run.session_id) if run.session_id else None,
        "trace_id": run.trace_id,
        "latency_ms": latency_ms(run),
        "last_seq": run.last_seq,
        "created_at": run.created_at,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
    }
