"""Calls tools for an agent that answers by code of its own: checked, recorded, bounded and shown as a model's calls are."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from agents.providers.base import ToolRequest, ToolSpec
from agents.runtime.budget import Budget
from agents.runtime.calls import CallResult
from agents.runtime.events import Event
from agents.runtime.planning import plan_calls
from agents.runtime.state import TurnState
from agents.runtime.task import Task
from agents.runtime.tool_step import ToolStep
from agents.tools.arguments import canonical
from agents.tools.registry import tool_spec, wire_name


class Toolbox:
    """The tools of a turn. ``results`` are what its calls came to, in order; ``parked`` says that a person must decide
    about one first, and that the turn is to end here."""

    def __init__(self, task: Task, state: TurnState, budget: Budget) -> None:
        self._task, self._state, self._budget = task, state, budget
        self._by_wire_name = {wire_name(tool.name): tool for tool in task.tools}
        self.results: list[CallResult] = []
        self.parked = False

    def specs(self) -> list[ToolSpec]:
        """The tools as a model is told of them."""
        return [tool_spec(tool) for tool in self._task.tools]

    async def call(self, name: str, arguments: Mapping[str, Any]) -> AsyncGenerator[Event, None]:
        """Make a call that rules read from the person's own message; a person isn't asked again for what is their own."""
        self._plan("", [ToolRequest("", wire_name(name), canonical(arguments))], asked=True)
        async with aclosing(self.work()) as events:
            async for event in events:
                yield event

    async def propose(self, text: str, requests: Sequence[ToolRequest]) -> AsyncGenerator[Event, None]:
        """Make the calls that a model asked for; what changes anything waits for a person."""
        self._plan(text, requests, asked=False)
        async with aclosing(self.work()) as events:
            async for event in events:
                yield event

    async def work(self) -> AsyncGenerator[Event, None]:
        """Work off the pending calls: also those that were parked, once a person has decided."""
        step = ToolStep(self._task, self._state, self._budget.seconds_left())
        try:
            async with aclosing(step.events()) as events:
                async for event in events:
                    yield event
        finally:
            self.results += step.results
            self.parked = step.parked

    def _plan(self, text: str, requests: Sequence[ToolRequest], *, asked: bool) -> None:
        plan_calls(self._state, text, requests, self._by_wire_name, attempt=self._task.attempt, asked=asked)
