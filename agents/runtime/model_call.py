"""One call of one model: asks it within the window and the budget, and takes in what it says."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, asynccontextmanager

from agents.providers.base import (
    UNANSWERED,
    Finished,
    ModelEvent,
    ModelRequest,
    Provider,
    ProviderError,
    Renumbered,
    TextDelta,
    ToolRequest,
    ToolRequested,
    ToolSpec,
    Usage,
)
from agents.runtime import events
from agents.runtime.budget import Budget, BudgetExceeded
from agents.runtime.citations import renumbered
from agents.runtime.context import Prompt, fit
from agents.runtime.deadline import Deadline, DeadlinePassed
from agents.runtime.events import Event
from agents.runtime.state import TurnState
from agents.runtime.task import Task, TurnResult
from agents.tools.registry import tool_spec

MAXIMUM_ANSWER_CHARACTERS = 100_000
BETWEEN_STEPS = "\n\n"


class ModelCall:
    """Afterwards ``requests`` are the tools that the model wants called; none when it is done.

    Its text goes to ``state.text`` and is shown, unless there is nothing yet to rest an answer on: then it is held back
    in ``state.held``. What the call used is charged to the budget however it ends.
    """

    def __init__(self, task: Task, state: TurnState, result: TurnResult, budget: Budget, provider: Provider) -> None:
        self.task, self.state, self.result, self.budget, self.provider = task, state, result, budget, provider
        self.requests: tuple[ToolRequest, ...] = ()
        self.written = ""
        self._holds = provider.mode == "llm" and not state.supported
        self._warnings: list[Event] = []
        self._charged = True

    def prepare(self) -> list[Event]:
        """Make the request; warnings about it. Raises ContextTooLong and BudgetExceeded."""
        self._request = self._made_request()
        if self.provider.mode == "llm" and self.state.exchanges and self.budget.is_last_step():
            text = "The run has used up its steps; the model answers with what it has."
            self._warnings.append(events.warning("LAST_STEP", text))
        return self.warnings()

    @asynccontextmanager
    async def stream(self) -> AsyncGenerator[Deadline[ModelEvent], None]:
        """What the model sends, for ``take``. Raises ProviderError, and BudgetExceeded when the seconds are used up."""
        self._begin()
        try:
            async with aclosing(self.provider.stream(self._request)) as sent:
                with Deadline(sent, self.budget.seconds_left()) as bounded:
                    yield bounded
        except DeadlinePassed:
            raise BudgetExceeded("seconds", self.budget.limits) from None
        except ProviderError:
            self._charged = not self.written
            raise
        finally:
            self._charge_estimate()
        self.budget.spent.steps += self.provider.mode == "llm"

    def full(self) -> bool:
        """Whether the answer has its maximum length."""
        return len(self.state.text) >= MAXIMUM_ANSWER_CHARACTERS

    def _made_request(self) -> ModelRequest:
        """The request within window and budget. Raises ContextTooLong and BudgetExceeded."""
        task, state = self.task, self.state
        if self.provider.mode != "llm":
            return ModelRequest(
                messages=(),
                question=task.query or task.question,
                passages=state.passages or task.passages,
                answerable=state.supported,
                searched=task.searched,
            )
        tools = [tool_spec(tool) for tool in task.tools] if self.provider.supports_tools else []
        most = min(task.max_tokens, task.window // 2)
        fitted = fit(self._prompt(tools), task.window - most)
        if fitted.left_out and not state.shortened:
            state.shortened = True
            text = f"To fit into the model's window: {fitted.left_out}."
            self._warnings.append(events.warning("CONTEXT_SHORTENED", text))
        return ModelRequest(
            messages=fitted.messages,
            question=task.query or task.question,
            passages=state.passages,
            searched=task.searched,
            tools=tools,
            tool_choice="none" if self.budget.is_last_step() else "auto",
            max_tokens=self.budget.completion_room(fitted.tokens, most),
            timeout=task.timeout,
        )

    def _prompt(self, tools: Sequence[ToolSpec]) -> Prompt:
        state = self.state
        return Prompt(
            instructions=self.task.instructions,
            question=self.task.question,
            turns=self.task.turns,
            passages=state.passages[: state.given],
            exchanges=state.exchanges,
            tools=tools,
            grounded=self.task.grounded,
            as_text=not tools,
        )

    def _begin(self) -> None:
        result, provider = self.result, self.provider
        result.mode, result.provider, result.model = provider.mode, provider.name, provider.model
        result.passages = self.state.passages or self.task.passages
        self._charged = False

    def take(self, item: ModelEvent) -> Event | None:
        """Note what the model sent; the event that shows it, if it is to be shown."""
        match item:
            case TextDelta(text):
                return self._text(text)
            case ToolRequested(requests):
                self.requests = requests
            case Usage():
                self._charge(item)
            case Renumbered(numbers):
                self.result.passages = renumbered(self.result.passages, numbers)
            case Finished(reason):
                self.result.unanswered = reason == UNANSWERED
                if reason == "length":
                    self._warnings.append(events.warning("ANSWER_CUT", "The model stopped at its token limit."))
        return None

    def _text(self, text: str) -> Event | None:
        if not text:
            return None
        if not self.written and self.state.text:
            text = BETWEEN_STEPS + text
        if self.state.first_text_ms is None:
            self.state.first_text_ms = round(self.budget.settle().seconds * 1000, 1)
        self.written += text
        if self._holds:
            self.state.held = (self.state.held + text)[:MAXIMUM_ANSWER_CHARACTERS]
            return None
        text = text[: MAXIMUM_ANSWER_CHARACTERS - len(self.state.text)]
        self.state.text += text
        if self.full():
            self._warnings.append(events.warning("ANSWER_TOO_LONG", "The answer was cut at its maximum length."))
        return events.token(text)

    def _charge(self, usage: Usage) -> None:
        self._charged = True
        self.budget.charge(usage)
        self.state.charged = {"model": self.provider.model, "provider": self.provider.name}

    def _charge_estimate(self) -> None:
        """Charge a call that ended before its provider said what it used."""
        estimate = None if self._charged else self.provider.estimate_usage(self._request, self.written)
        if estimate is not None:
            self._charge(estimate)

    def warnings(self) -> list[Event]:
        """The warnings since the last time."""
        taken, self._warnings = self._warnings, []
        return taken
