"""What the ledger tells of tool calls: that each began, what it came to, and which ones weren't made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from agents.runs.executors import RunContext
from agents.runs.models import Run
from agents.runs.tool_models import ToolCall
from agents.runs.values import storable
from agents.runtime.calls import CallResult, PlannedCall
from agents.tools.arguments import fingerprint
from audit.services import record

# Whose record it is: organisation, actor, run and trace.
Owner = Mapping[str, Any]


def owner_of(run: Run | RunContext) -> dict[str, Any]:
    """Those of a run, or of one that is being carried out."""
    return {
        "organization_id": run.organization_id,
        "actor_id": run.actor_id,
        "subject": ("run", run.pk if isinstance(run, Run) else run.run_id),
        "trace_id": run.trace_id,
    }


def call_started_record(owner: Owner, call: PlannedCall | ToolCall) -> None:
    """A call begins, approved by somebody where it changes something. Its arguments may tell of people, so they stand
    where they can be erased."""
    record(
        **owner,
        event="agents.tool_call_started",
        data={
            "call_id": call.call_id,
            "tool": call.name,
            "effect": call.effect,
            "fingerprint": fingerprint(call.name, call.arguments),
            "approved_by": call.decided_by_id or "" if isinstance(call, ToolCall) else "",
        },
        personal={"arguments": _text(call.arguments)},
    )


def call_finished_record(owner: Owner, result: CallResult) -> None:
    """A call has an outcome; what the tool said is bound into the record."""
    record(
        **owner,
        event="agents.tool_call_finished",
        data={
            "call_id": result.call.call_id,
            "tool": result.call.name,
            "fingerprint": result.call.fingerprint,
            "ok": result.ok,
            "code": result.code,
            "characters": result.characters,
            "duration_ms": round(result.seconds * 1000),
        },
        personal=storable({"output": result.output}),
    )


def call_in_doubt_record(owner: Owner, call: ToolCall) -> None:
    """A run ended while a call was being made."""
    record(
        **owner,
        event="agents.tool_call_finished",
        data={
            "call_id": call.call_id,
            "tool": call.name,
            "fingerprint": fingerprint(call.name, call.arguments),
            "ok": False,
            "code": "IN_DOUBT",
        },
    )


def call_given_up_record(owner: Owner, call: ToolCall) -> None:
    """The run went on or ended without a call that was asked for or approved."""
    record(
        **owner,
        event="agents.tool_call_given_up",
        data={"call_id": call.call_id, "tool": call.name, "approved": call.state == ToolCall.State.APPROVED},
    )


def call_refused_record(owner: Owner, call: PlannedCall) -> None:
    """A call that a model asked for isn't made: not known, not readable, made before, or one too many."""
    record(
        **owner,
        event="agents.tool_call_refused",
        data={"call_id": call.call_id, "tool": call.name, "code": call.code},
        personal={"arguments": _text(call.arguments)},
    )


def _text(arguments: Mapping[str, Any]) -> str:
    return json.dumps(storable(dict(arguments)), ensure_ascii=False, sort_keys=True) if arguments else ""
