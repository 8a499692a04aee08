"""Makes the tool calls that a model asked for, in the order of its requests, or asks a person first."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

from agents.runtime.calls import CallResult, Decision, PlannedCall
from agents.runtime.events import Event
from agents.runtime.planning import ALREADY_MADE, IDENTICAL_CALL, TOOL_FAILED, TOOL_TIMEOUT, UNKNOWN_TOOL
from agents.runtime.state import TurnState
from agents.runtime.task import Task
from agents.runtime.tool_results import failed, result_event, succeeded
from agents.tools.base import Tool, ToolError, ToolOutput

logger = logging.getLogger(__name__)

# What a tool gave, or code and text of its failure; and how many seconds it took.
Timed = tuple[ToolOutput | tuple[str, str], float]

NEVER_DECIDED = Decision(state="expired")
IN_DOUBT = " It is not known whether it took effect."


class ToolStep:
    """Works off the pending calls of a turn; ``results`` are what they came to. ``parked`` says that it stopped to wait
    for a person."""

    def __init__(self, task: Task, state: TurnState, seconds_left: float) -> None:
        self.task = task
        self.state = state
        self.parked = False
        self.results: list[CallResult] = []
        self._tools: Mapping[str, Tool] = {tool.name: tool for tool in task.tools}
        self._seconds = min(task.tool_seconds, max(seconds_left, 0.1))

    async def events(self) -> AsyncGenerator[Event, None]:
        """The events of the pending calls. Those that only read and may run side by side do."""
        decided = await self.task.calls.decisions(self.state.proposed) if self.state.proposed else {}
        while self.state.pending:
            first = self.state.pending[0]
            if first.code:
                yield call_event(first)
                yield await self._refuse(first)
            elif not first.waits:
                group = self._side_by_side()
                for call in group:
                    yield call_event(call)
                for result in await self._make(group):
                    yield result_event(result)
            elif first.call_id in self.state.proposed:
                decision = decided.get(first.call_id, NEVER_DECIDED)
                if decision.state == "approved":
                    yield call_event(first, decision.decided_by)
                yield result_event(await self._decided(first, decision))
            else:
                for event in await self._propose():
                    yield event
                if self.parked:
                    return

    async def _refuse(self, call: PlannedCall) -> Event:
        await self.task.calls.refuse([call])
        return result_event(self._settled(failed(call, call.code, call.problem)))

    def _settled(self, result: CallResult) -> CallResult:
        self.state.settle(result)
        self.results.append(result)
        return result

    def _side_by_side(self) -> list[PlannedCall]:
        """The first pending call, with those behind it that may run at the same time."""
        group: list[PlannedCall] = []
        for call in self.state.pending:
            tool = self._tools.get(call.name)
            alone = call.code or call.effect != "read" or tool is None or not tool.parallel
            if group and alone:
                break
            group.append(call)
            if alone:
                break
        return group

    async def _make(self, group: Sequence[PlannedCall]) -> list[CallResult]:
        made_before = await self.task.calls.open(group)
        outcomes = await asyncio.gather(*(self._outcome(call, call.call_id in made_before) for call in group))
        results = [self._settled(self._result(*pair)) for pair in zip(group, outcomes, strict=True)]
        if made_before:
            again = [call for call in group if call.call_id in made_before]
            await self.task.calls.refuse([dataclasses.replace(call, code=IDENTICAL_CALL) for call in again])
        await self.task.calls.close([result for result in results if result.call.call_id not in made_before])
        return results

    async def _outcome(self, call: PlannedCall, made_before: bool) -> Timed:
        return ((IDENTICAL_CALL, ALREADY_MADE), 0.0) if made_before else await self._timed(call)

    async def _timed(self, call: PlannedCall) -> Timed:
        begun = time.monotonic()
        outcome = await self._perform(call)
        return outcome, time.monotonic() - begun

    async def _perform(self, call: PlannedCall) -> ToolOutput | tuple[str, str]:
        """What the tool gave, or code and text of its failure."""
        tool = self._tools.get(call.name)
        doubt = "" if call.effect == "read" else IN_DOUBT
        if tool is None:
            return UNKNOWN_TOOL, f"The tool {call.name} isn't there any more."
        try:
            async with asyncio.timeout(self._seconds):
                return await tool.call(call.arguments, self.task.context(call.call_id))
        except TimeoutError:
            return TOOL_TIMEOUT, f"The tool took longer than {self._seconds:g} seconds.{doubt}"
        except ToolError as error:
            return TOOL_FAILED, str(error)
        except Exception as error:
            logger.exception("tool %s failed", call.name)
            return TOOL_FAILED, f"The tool failed ({type(error).__name__}).{doubt}"

    def _result(self, call: PlannedCall, timed: Timed) -> CallResult:
        outcome, seconds = timed
        if isinstance(outcome, tuple):
            return failed(call, *outcome, seconds=seconds)
        numbered = self.state.add_passages(outcome.passages)
        return succeeded(call, outcome, numbered, self.task.limits.tool_output, seconds=seconds)

    async def _propose(self) -> list[Event]:
        """Ask for approval of all pending calls that change something; the turn is parked unless each was refused."""
        writes = [call for call in self.state.pending if call.waits and not call.code]
        summaries = {call.call_id: self._tools[call.name].summary(call.arguments) for call in writes}
        expiries = await self.task.calls.propose(writes, summaries)
        events = []
        for call in writes:
            if call.call_id in expiries:
                self.state.proposed.append(call.call_id)
                events.append(_approval_event(call, summaries[call.call_id], expiries[call.call_id]))
            else:
                self.state.refuse(call, IDENTICAL_CALL, ALREADY_MADE)
        self.parked = bool(expiries)
        return events

    async def _decided(self, call: PlannedCall, decision: Decision) -> CallResult:
        """Make an approved call; tell of one that was denied or left undecided."""
        if decision.state == "denied":
            said = f" They said: {decision.note}" if decision.note else ""
            return self._settled(failed(call, "APPROVAL_DENIED", f"A person declined this call.{said}", "denied"))
        if decision.state != "approved":
            return self._settled(failed(call, "APPROVAL_EXPIRED", "Nobody approved this call in time.", "expired"))
        if not await self.task.calls.start(call.call_id):
            return self._settled(failed(call, TOOL_FAILED, "The call was begun before and isn't made twice."))
        result = self._settled(self._result(call, await self._timed(call)))
        await self.task.calls.close([result])
        return result


def call_event(call: PlannedCall, approved_by: str = "") -> Event:
    data: dict[str, Any] = {
        "call_id": call.call_id, "name": call.name, "arguments": call.arguments, "effect": call.effect,
    }  # fmt: skip
    return Event("tool.call", {**data, "approved_by": approved_by} if approved_by else data)


def _approval_event(call: PlannedCall, summary: str, expires_at: str) -> Event:
    data = {"call_id": call.call_id, "name": call.name, "arguments": call.arguments, "summary": summary}
    return Event("approval.required", {**data, "expires_at": expires_at})
