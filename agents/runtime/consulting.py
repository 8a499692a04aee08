"""Asks a model for something that is looked at before anybody sees it: its whole answer, or nothing with a warning."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass

from agents.providers.base import (
    ChatMessage,
    Mode,
    ModelRequest,
    Provider,
    ProviderBadResponse,
    ProviderError,
    ProviderTimeout,
    ProviderUnavailable,
    TextDelta,
    ToolRequest,
    ToolRequested,
    ToolSpec,
    ToolsUnsupported,
    Usage,
)
from agents.providers.tokens import estimate_message_tokens
from agents.runtime import events
from agents.runtime.budget import Budget, BudgetExceeded
from agents.runtime.events import Event
from agents.runtime.state import TurnState
from agents.runtime.task import Task

MAXIMUM_CHARACTERS = 20_000


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a model said, whole, and the tools that it wants called."""

    text: str
    requests: tuple[ToolRequest, ...] = ()
    mode: Mode = "llm"
    model: str = ""
    provider: str = ""


class Consultant:
    """Asks the models of a task in turn, within its budget. ``warnings`` tell why one gave nothing."""

    def __init__(self, task: Task, state: TurnState, budget: Budget) -> None:
        self._task, self._state, self._budget = task, state, budget
        self.warnings: list[Event] = []

    def available(self) -> bool:
        """Whether there is a model to ask at all."""
        return any(provider.mode == "llm" for provider in self._task.providers)

    async def ask(
        self, messages: Sequence[ChatMessage], *, seconds: float, max_tokens: int, tools: Sequence[ToolSpec] = ()
    ) -> Said | None:
        """What the first model says that answers within ``seconds`` altogether; None when none does."""
        deadline = asyncio.get_running_loop().time() + min(seconds, self._budget.seconds_left())
        for provider in self._task.providers:
            if provider.mode != "llm" or (tools and not provider.supports_tools):
                continue
            try:
                if not provider.available():
                    raise ProviderUnavailable("The model failed repeatedly and is left alone for a moment.")
                request = self._request(messages, tools, seconds, max_tokens)
                async with asyncio.timeout_at(deadline):
                    return await self._asked(provider, request)
            except BudgetExceeded as exceeded:
                self.warnings.append(events.warning("BUDGET_EXCEEDED", str(exceeded)))
                return None
            except ToolsUnsupported:
                continue
            except TimeoutError:
                self._failed(provider, ProviderTimeout(f"The model took longer than {seconds:g} seconds."))
                return None
            except ProviderError as failure:
                self._failed(provider, failure)
        return None

    def _failed(self, provider: Provider, failure: ProviderError) -> None:
        self.warnings.append(events.warning(failure.code, f"{provider.name}: {failure.message}"))

    def _request(
        self, messages: Sequence[ChatMessage], tools: Sequence[ToolSpec], seconds: float, max_tokens: int
    ) -> ModelRequest:
        room = self._budget.completion_room(estimate_message_tokens(messages), max_tokens)
        return ModelRequest(
            messages=messages,
            question=self._task.question,
            tools=tools,
            max_tokens=room,
            temperature=0.2,
            timeout=min(self._task.timeout, seconds),
        )

    async def _asked(self, provider: Provider, request: ModelRequest) -> Said:
        """Raises ProviderError, also for an answer that is empty or endless. What it used is charged in any case."""
        text, charged = "", False
        requests: tuple[ToolRequest, ...] = ()
        try:
            async with aclosing(provider.stream(request)) as stream:
                async for item in stream:
                    if isinstance(item, TextDelta):
                        text += item.text
                    elif isinstance(item, ToolRequested):
                        requests = item.requests
                    elif isinstance(item, Usage):
                        charged = True
                        self._charge(provider, item)
                    if len(text) > MAXIMUM_CHARACTERS:
                        raise ProviderBadResponse("The model's answer has no end.")
        finally:
            estimate = None if charged or not text else provider.estimate_usage(request, text)
            if estimate is not None:
                self._charge(provider, estimate)
        self._budget.spent.steps += 1
        if not text.strip() and not requests:
            raise ProviderBadResponse("The model's answer is empty.")
        return Said(text=text.strip(), requests=requests, model=provider.model, provider=provider.name)

    def _charge(self, provider: Provider, usage: Usage) -> None:
        self._budget.charge(usage)
        self._state.charged = {"model": provider.model, "provider": provider.name}
