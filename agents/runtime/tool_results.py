"""What became of a tool call: for the model, for the record, and for the reader."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agents.providers.base import Passage
from agents.runtime.calls import CallResult, PlannedCall
from agents.runtime.events import Event
from agents.runtime.prompts import encodable, numbered_passages
from agents.tools.base import ToolOutput

# Characters of a tool's output and summary that an event carries; the whole is kept with the call.
SHOWN_OUTPUT = 4_000
SHOWN_SUMMARY = 300


def failed(call: PlannedCall, code: str, problem: str, decision: str = "", *, seconds: float = 0.0) -> CallResult:
    """A call that was refused, denied, or went wrong."""
    output = encodable(f"{code}: {problem}")
    return CallResult(
        call=call,
        ok=False,
        summary=problem[:SHOWN_SUMMARY],
        output=output,
        characters=len(output),
        code=code,
        decision=decision,
        seconds=seconds,
    )


def succeeded(
    call: PlannedCall, output: ToolOutput, passages: Sequence[Passage], limit: int, *, seconds: float = 0.0
) -> CallResult:
    """A call that was made, its text cut to ``limit`` characters; ``passages`` are those of the output, numbered."""
    text = encodable(numbered_passages(passages) or output.text or output.summary)
    cut = text[:limit]
    if len(text) > limit:
        cut += f"\n[cut: {limit} of {len(text)} characters are shown]"
    return CallResult(
        call=call,
        ok=True,
        summary=output.summary[:SHOWN_SUMMARY],
        output=cut,
        characters=len(text),
        supports=bool(passages or output.text),
        seconds=seconds,
        data=output.data,
    )


def result_event(result: CallResult) -> Event:
    """The event ``tool.result``."""
    shown = result.output[:SHOWN_OUTPUT]
    data: dict[str, Any] = {
        "call_id": result.call.call_id,
        "name": result.call.name,
        "ok": result.ok,
        "summary": result.summary,
        **result.data,
    }
    if result.ok:
        data |= {"output": shown, "truncated": len(shown) < result.characters}
    else:
        data["code"] = result.code
    return Event("tool.result", {**data, "decision": result.decision} if result.decision else data)
