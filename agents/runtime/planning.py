"""From what a model wrote to calls that can be made: tool known, arguments readable and in order, nothing done twice."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence

from agents.providers.base import ToolRequest
from agents.runtime.calls import PlannedCall
from agents.runtime.context import Exchange
from agents.runtime.state import TurnState
from agents.tools.arguments import BadArguments, canonical, check_arguments, fingerprint, parse_arguments
from agents.tools.base import Tool
from agents.tools.registry import wire_name

MOST_CALLS = 8
LONGEST_NAME = 64
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_-]")

UNKNOWN_TOOL, BAD_ARGUMENTS, IDENTICAL_CALL = "UNKNOWN_TOOL", "BAD_ARGUMENTS", "IDENTICAL_CALL"
TOOL_FAILED, TOOL_TIMEOUT, TOO_MANY_CALLS = "TOOL_FAILED", "TOOL_TIMEOUT", "TOO_MANY_CALLS"
ALREADY_MADE = "This call was made before, with the same arguments. Use its result, or ask for something else."


def plan_calls(
    state: TurnState,
    text: str,
    requests: Sequence[ToolRequest],
    tools: Mapping[str, Tool],
    *,
    attempt: int,
    asked: bool = False,
) -> None:
    """Take a model's requests into the state, as an exchange and its pending calls. ``tools`` are by wire name; ``asked``
    says that they aren't a model's but read by rules from the person's own message.

    What goes back to the model later is made readable: chat templates choke on broken arguments, names and ids.
    """
    readable: list[ToolRequest] = []
    for place, request in enumerate(requests):
        state.calls += 1
        call_id = f"call-{attempt}-{state.calls}"
        request_id = call_id if any(request.id == other.id for other in readable) else _usable(request.id, call_id)
        blank = PlannedCall(call_id=call_id, request_id=request_id, name="", arguments={}, asked=asked)
        call = _checked(blank, request, tools)
        if not call.code and place >= MOST_CALLS:
            call = _refused(
                call, TOO_MANY_CALLS, f"At most {MOST_CALLS} calls are made at once. Ask again for the rest."
            )
        elif not call.code and call.fingerprint in state.seen:
            call = _refused(call, IDENTICAL_CALL, ALREADY_MADE)
        elif not call.code:
            state.seen.append(call.fingerprint)
        state.pending.append(call)
        name = request.name if request.name in tools else wire_name(call.name)
        readable.append(ToolRequest(request_id, name, canonical(call.arguments)))
    state.exchanges.append(Exchange(text, tuple(readable)))


def _checked(call: PlannedCall, request: ToolRequest, tools: Mapping[str, Tool]) -> PlannedCall:
    """The call with its tool's name and its arguments, or with what is wrong with them."""
    tool = tools.get(request.name)
    if tool is None:
        name = _NOT_IN_NAMES.sub("_", request.name)[:LONGEST_NAME] or "unknown"
        problem = f"There is no tool called {name!r}. Tools here: {', '.join(tools) or 'none'}."
        return _refused(dataclasses.replace(call, name=name), UNKNOWN_TOOL, problem)
    call = dataclasses.replace(call, name=tool.name, effect=tool.effect)
    try:
        arguments = parse_arguments(request.arguments)
        call = dataclasses.replace(call, arguments=arguments, fingerprint=fingerprint(tool.name, arguments))
        check_arguments(tool, arguments)
    except BadArguments as error:
        return _refused(call, BAD_ARGUMENTS, str(error))
    return call


def _refused(call: PlannedCall, code: str, problem: str) -> PlannedCall:
    return dataclasses.replace(call, code=code, problem=problem)


def _usable(request_id: str, otherwise: str) -> str:
    usable = 0 < len(request_id) <= LONGEST_NAME and request_id.isascii() and request_id.isprintable()
    return request_id if usable else otherwise
