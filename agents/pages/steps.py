"""What a run did on the way to its answer, as pages show it: tool calls, decisions, thoughts and warnings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from agents.pages.wording import plain_arguments, sentence
from agents.runs.tool_models import ToolCall

# The types of events that tell of it; text and citations come with the answer.
TYPES = ("thought", "tool.call", "tool.result", "approval.required", "warning")
DECISIONS = {
    ToolCall.State.APPROVED: "Approved",
    ToolCall.State.RUNNING: "Approved",
    ToolCall.State.SUCCEEDED: "Approved",
    ToolCall.State.FAILED: "Approved",
    ToolCall.State.DENIED: "Denied",
    ToolCall.State.EXPIRED: "Nobody decided in time",
}


@dataclass
class Step:
    """A tool call, what came back, and who decided about it where that was needed."""

    call_id: str = ""
    title: str = ""
    arguments: list[tuple[str, str]] = field(default_factory=list)
    summary: str = ""
    output: str = ""
    failed: bool = False
    decision: str = ""
    note: str = ""


@dataclass
class Doings:
    """All that a run did."""

    steps: list[Step] = field(default_factory=list)
    thoughts: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def doings_of(events: Iterable[tuple[str, Mapping[str, Any]]], calls: Mapping[str, ToolCall]) -> Doings:
    """Events, in order, as (type, data); ``calls`` are the run's tool calls by their id."""
    doings = Doings()
    steps: dict[str, Step] = {}
    for kind, data in events:
        if kind == "thought":
            doings.thoughts.append(str(data.get("text", "")))
        elif kind == "warning":
            doings.warnings.append(str(data.get("message", "")))
        else:
            call_id = str(data.get("call_id", ""))
            step = steps.setdefault(call_id, Step(call_id=call_id))
            _tell(step, kind, data)
    for call_id, call in calls.items():
        _decide(steps.setdefault(call_id, Step(call_id=call_id)), call)
    doings.steps = list(steps.values())
    told = {step.summary for step in doings.steps}
    doings.thoughts = [thought for thought in doings.thoughts if thought not in told]
    return doings


def _tell(step: Step, kind: str, data: Mapping[str, Any]) -> None:
    step.title = sentence(str(data.get("name", ""))) or step.title
    if "arguments" in data:
        step.arguments = plain_arguments(data["arguments"])
    if kind == "tool.result":
        step.failed = data.get("ok") is False
        step.summary = str(data.get("summary", ""))
        step.output = str(data.get("output") or "") or _found(data.get("found"))


def _decide(step: Step, call: ToolCall) -> None:
    """What the call's row knows better than its events: who decided about it."""
    step.title = step.title or sentence(call.name)
    step.arguments = step.arguments or plain_arguments(call.arguments)
    if call.effect == ToolCall.Effect.READ or _by_own_words(call):
        return
    step.decision = DECISIONS.get(ToolCall.State(call.state), "")
    if step.decision and call.decided_by:
        step.decision += f" by {call.decided_by.name or call.decided_by.email}"
    step.note = call.note


def _by_own_words(call: ToolCall) -> bool:
    """Whether the person asked for it themselves, so that nobody had to decide."""
    return call.effect == ToolCall.Effect.OWN and call.expires_at is None


def _found(found: object) -> str:
    """The passages that a search found, one a line."""
    if not isinstance(found, list):
        return ""
    rows = [row for row in found if isinstance(row, Mapping)]
    return "\n".join(" › ".join(filter(None, [str(row.get("path", "")), str(row.get("heading", ""))])) for row in rows)
