"""A trace on the ledger, as a question, a tool call and an answer leave it."""

from __future__ import annotations

import hashlib
from typing import Any

from django.utils import timezone

from agents.models import Run
from audit.models import Record
from audit.services import record
from aurora_site.accounts.models import Membership

QUESTION = "How many days of leave do I get?"
ANSWER = "You get **25 days** [1]."
TEXT = "You get 25 days of annual leave a year."


def run_of(membership: Membership, **fields: Any) -> Run:
    """A finished run of a member."""
    fields = {"state": Run.State.SUCCEEDED, "finished_at": timezone.now(), **fields}
    return Run.objects.create(organization=membership.organization, actor=membership.user, **fields)


def passage(document: object, **changes: Any) -> dict[str, Any]:
    """A passage as a record tells of it."""
    return {
        "chunk": "5709a6a1-a1be-54ba-a30f-14231545da04",
        "document": str(document),
        "path": "leave.md",
        "title": "Leave",
        "heading": "Leave > Days",
        "start": 9,
        "end": 9 + len(TEXT),
        "text_sha256": hashlib.sha256(TEXT.encode()).hexdigest(),
        "score": 0.91,
        "relevant": True,
        **changes,
    }


def end_of(run: Run, **changes: Any) -> Record:
    """The record of a run's end; ``texts`` and fields of ``data`` can be given."""
    texts = {"question": QUESTION, "answer": ANSWER, **changes.pop("texts", {})}
    data = {
        "agent": "welcome", "mode": "llm", "model": "plain", "provider": "openai", "attempt": 1, "consent": True,
        "answered": True, "latency_ms": 1234, "first_text_ms": 80.5, "index_version": "v1", "retrieved": [], "cited": [],
        "route": {"agent": "welcome", "confidence": 0.9, "reason": "It is about leave.", "alternatives": {"assistant": 0.1}},
        "usage": {"prompt_tokens": 300, "completion_tokens": 100}, "error": {}, "tools": [], **changes,
    }  # fmt: skip
    return about(run, "agents.run_succeeded", data=data, personal=texts)


def about(run: Run, event: str, *, actor_id: str = "", **told: Any) -> Record:
    """A record of a run's trace, by its actor unless another is named."""
    return record(
        event=event,
        organization_id=run.organization_id,
        actor_id=actor_id or run.actor_id,
        subject=("run", run.pk),
        trace_id=run.trace_id,
        **told,
    )


def call_of(run: Run, approver_id: str) -> None:
    """A tool call that waits, is approved, begins and ends."""
    call = {"call_id": "c1", "tool": "knowledge.report_outdated"}
    about(run, "agents.approval_requested", data=call, personal={"summary": "Report leave.md as outdated"})
    about(
        run,
        "agents.call_approved",
        actor_id=approver_id,
        data={**call, "asked_by": run.actor_id},
        personal={"note": "Do."},
    )
    begun = {**call, "effect": "write", "fingerprint": "f" * 64, "approved_by": approver_id}
    about(run, "agents.tool_call_started", data=begun, personal={"arguments": '{"path": "leave.md"}'})
    ended = {**call, "ok": True, "characters": 8, "duration_ms": 5}
    about(run, "agents.tool_call_finished", data=ended, personal={"output": "Reported"})
