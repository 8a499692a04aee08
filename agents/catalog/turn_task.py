"""From what an answer is about to the task that the agent turn carries out, by the settings of this installation."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings

from agents.catalog.turn_subject import Answerer, Subject
from agents.providers.base import Provider
from agents.providers.registry import ProviderConfig, providers_for
from agents.runs.executors import RunContext
from agents.runs.tool_calls import RunCalls
from agents.runtime.budget import Limits
from agents.runtime.prompts import turn_messages
from agents.runtime.task import Task
from agents.tools.base import ToolContext
from agents.tools.registry import tools_named

TOOL_SECONDS = 30.0


def providers_of(answerer: Answerer) -> Sequence[Provider]:
    """Who is asked, in order. An agent that doesn't answer from documents has nothing to quote. Call on an event loop."""
    chain = providers_for(ProviderConfig.from_settings(settings), answerer.provider, answerer.model)
    return chain if answerer.knowledge else [provider for provider in chain if provider.mode == "llm"]


def limits() -> Limits:
    """What a run may spend."""
    return Limits(
        steps=settings.AURORA_RUN_STEPS,
        tokens=settings.AURORA_RUN_TOKENS,
        seconds=settings.AURORA_RUN_SECONDS,
        cost_usd=settings.AURORA_RUN_COST_USD,
        tool_output=settings.AURORA_TOOL_OUTPUT,
    )


def task_for(subject: Subject, context: RunContext, providers: Sequence[Provider]) -> Task:
    """The task of an answer run."""

    def tool_context(call_id: str) -> ToolContext:
        return ToolContext(
            run_id=context.run_id,
            call_id=call_id,
            organization_id=context.organization_id,
            actor_id=context.actor_id,
            trace_id=context.trace_id,
        )

    return Task(
        instructions=subject.answerer.instructions,
        question=subject.question,
        query=subject.query,
        turns=turn_messages(subject.turns),
        passages=subject.passages,
        grounded=subject.answerer.knowledge,
        answerable=subject.answerable,
        searched=subject.searched,
        providers=providers,
        tools=tools_named(subject.answerer.tools),
        limits=limits(),
        window=settings.AURORA_MODEL_CONTEXT,
        max_tokens=settings.AURORA_MODEL_MAX_TOKENS,
        timeout=settings.AURORA_MODEL_TIMEOUT,
        tool_seconds=TOOL_SECONDS,
        attempt=context.attempt,
        calls=RunCalls(context),
        context=tool_context,
    )
