"""The agent turn: ask a model over the passages found, call the tools it wants, stream what it says, check it, cite it.

Pure: knows no database and no request. It yields events; the caller commits and shows them before it goes on, so that
what is about to act is on record first.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from agents.providers.base import (
    Passage,
    Provider,
    ProviderBadResponse,
    ProviderError,
    ProviderUnavailable,
    ToolsUnsupported,
)
from agents.runtime import events
from agents.runtime.budget import Budget, BudgetExceeded
from agents.runtime.conclusion import conclude, only_asks_back, usage_of
from agents.runtime.events import Event
from agents.runtime.model_call import ModelCall
from agents.runtime.planning import plan_calls
from agents.runtime.state import TurnState
from agents.runtime.task import Task, TurnResult
from agents.runtime.tool_step import ToolStep
from agents.tools.registry import wire_name

RESTING = "The model failed repeatedly and is left alone for a moment."
LONGEST_THOUGHT = 500


def begin(passages: Sequence[Passage], *, grounded: bool, answerable: bool) -> TurnState:
    """The state of a turn that starts, with the passages that its question brought. An answer that must rest on
    passages has nothing to rest on while none is known to hold it."""
    if grounded and not answerable:
        return TurnState()
    return TurnState(passages=list(passages), given=len(passages), supported=True)


async def answer(task: Task, state: TurnState, result: TurnResult) -> AsyncGenerator[Event, None]:
    """Answer a question, from its beginning or from where an approval was waited for.

    A model that fails is followed by the next provider only while no text was shown. The turn ends with the answer, with
    an ``error`` event and ``result.error``, or with ``result.checkpoint`` where a person must approve a call first.
    ``result`` is complete also when this generator is closed or its task cancelled.
    """
    turn = AnswerTurn(task, state, result)
    try:
        while not turn.ended:
            async with aclosing(turn.step()) as step:
                async for event in step:
                    yield event
        for event in turn.conclusion():
            yield event
    finally:
        turn.settle()


class AnswerTurn:
    """Alternates between asking the model and calling its tools, until there is an answer or no way to go on."""

    def __init__(self, task: Task, state: TurnState, result: TurnResult) -> None:
        self.task, self.state, self.result = task, state, result
        self.budget = Budget(task.limits, state.spent)
        self.ended = False
        self._concluded = False
        self._by_wire_name = {wire_name(tool.name): tool for tool in task.tools}

    def step(self) -> AsyncGenerator[Event, None]:
        """The next thing to do."""
        return self._call_tools() if self.state.pending else self._ask()

    async def _call_tools(self) -> AsyncGenerator[Event, None]:
        step = ToolStep(self.task, self.state, self.budget.seconds_left())
        async for event in step.events():
            yield event
        if step.parked:
            self.result.checkpoint = {}
            self.ended = True

    async def _ask(self) -> AsyncGenerator[Event, None]:
        provider = self._provider()
        if provider is None:
            yield self._end("PROVIDER_UNAVAILABLE", "No language model is there to answer.", retryable=True)
            return
        call = ModelCall(self.task, self.state, self.result, self.budget, provider)
        try:
            if not provider.available():
                raise ProviderUnavailable(RESTING)
            for event in call.prepare():
                yield event
            async with call.stream() as stream:
                while not call.full() and (item := await stream.next()) is not None:
                    if (shown := call.take(item)) is not None:
                        yield shown
        except BudgetExceeded as exceeded:
            yield self._end("BUDGET_EXCEEDED", str(exceeded), retryable=exceeded.budget == "seconds")
        except ProviderError as failure:
            yield self._after_failure(provider, failure)
        else:
            for event in self._after_answer(provider, call):
                yield event

    def _provider(self) -> Provider | None:
        """Who answers next. While there is nothing to rest an answer on, only a model that can search further."""
        chain = self.task.providers
        while self.state.provider < len(chain):
            provider = chain[self.state.provider]
            last_resort = provider.mode != "llm" or not self.task.grounded
            if self.state.supported or last_resort or (self.task.tools and provider.supports_tools):
                return provider
            self.state.provider += 1
        return None

    def _after_failure(self, provider: Provider, failure: ProviderError) -> Event:
        """A warning and the next provider, or the end."""
        if isinstance(failure, ToolsUnsupported) and not provider.supports_tools and self.task.tools:
            return events.warning(failure.code, f"{provider.name}: {failure.message} It answers without them.")
        self.state.provider += 1
        follower = None if self.state.text else self._provider()
        if follower is None:
            return self._end(failure.code, failure.message, retryable=failure.retryable)
        text = f"{provider.name}: {failure.message} {follower.name} answers instead."
        return events.warning(failure.code, text)

    def _after_answer(self, provider: Provider, call: ModelCall) -> list[Event]:
        """Plan the calls that the model asked for, or end with what it said."""
        told = call.warnings()
        if call.requests and self.budget.spent.steps < self.task.limits.steps:
            return [*told, *self._plan(call)]
        if self.state.held.strip():
            return [*told, self._release()]
        if self.state.text:
            self.ended = True
            return told
        if call.requests:
            return [*told, self._end("BUDGET_EXCEEDED", str(BudgetExceeded("steps", self.task.limits)), retryable=True)]
        return [*told, self._after_failure(provider, ProviderBadResponse("The model's answer is empty."))]

    def _plan(self, call: ModelCall) -> list[Event]:
        held, self.state.held = self.state.held.strip(), ""
        plan_calls(self.state, call.written.strip(), call.requests, self._by_wire_name, attempt=self.task.attempt)
        return [events.thought(held[:LONGEST_THOUGHT])] if held else []

    def _release(self) -> Event:
        """Show what was held back if it claims nothing; else the last provider says that nothing was found."""
        held, self.state.held = self.state.held.strip(), ""
        if only_asks_back(held):
            self.ended = True
            self.state.text = held
            return events.token(held)
        self.state.provider = len(self.task.providers) - 1
        return events.thought("What the model said rests on no document, so it isn't shown.")

    def _end(self, code: str, message: str, *, retryable: bool) -> Event:
        self.ended = True
        self.result.error = {"code": code, "message": message, "retryable": retryable}
        return events.error(code, message, retryable=retryable)

    def conclusion(self) -> list[Event]:
        """The events that follow the text; none while an approval is waited for."""
        self._concluded = True
        return [] if self.result.checkpoint is not None else conclude(self.task, self.state, self.result)

    def settle(self) -> None:
        """Complete the result of a turn that was stopped, parked, or ended."""
        self.budget.settle()
        result = self.result
        result.calls, result.first_text_ms = self.state.done, self.state.first_text_ms
        if not self._concluded:
            conclude(self.task, self.state, result)
            result.answered, result.checkpoint = False, None
        elif result.checkpoint is not None:
            result.checkpoint = self.state.as_json()
            result.text, result.usage = self.state.text, usage_of(self.state)
