"""Carries out an ``answer`` run: search the documents, choose the agent, let it answer over what was found."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from agents.catalog.turn_beginning import Beginning
from agents.catalog.turn_responder import ResponderTurn
from agents.catalog.turn_subject import Subject
from agents.catalog.turn_task import task_for
from agents.knowledge.passages import citation_evidence
from agents.knowledge.questions import question_unanswered_note
from agents.runs import executors, hooks
from agents.runs.database import in_database
from agents.runs.executors import RunContext, RunOutcome
from agents.runs.tool_calls import calls_end
from agents.runtime import events, loop
from agents.runtime.events import Event
from agents.runtime.task import TurnResult

NO_CONSENT_TEXT = "Consent required to proceed."


def register() -> None:
    """Make this module carry out answer runs, and the refusals of those who did not consent."""
    executors.register("answer", answer_question)
    executors.register("refusal", refuse)
    hooks.on_finish(calls_end)


async def refuse(context: RunContext, outcome: RunOutcome) -> AsyncGenerator[Event, None]:
    """Show that nothing is done without consent. The question was not stored."""
    outcome.output = {"answer": NO_CONSENT_TEXT, "citations": [], "answered": False}
    outcome.ledger = {"consent": False}
    yield events.token(NO_CONSENT_TEXT)
    yield Event("message", {"text": NO_CONSENT_TEXT, "citations": [], "answered": False})


async def answer_question(context: RunContext, outcome: RunOutcome) -> AsyncGenerator[Event, None]:
    """The events of an answer run, from its beginning or from where it waited for an approval; fills ``outcome`` as it
    goes, so that a stopped run keeps what it had."""
    outcome.personal = {"question": context.input["question"]}
    begun = Beginning(context, outcome)
    async with aclosing(begun.events()) as beginning:
        async for event in beginning:
            yield event
    if begun.subject is None or begun.state is None:
        return
    if (responder := begun.responder()) is not None:
        async with aclosing(ResponderTurn(context, outcome, begun, responder).events()) as turn:
            async for event in turn:
                yield event
        return
    result, warnings = TurnResult(), begun.warnings
    task = task_for(begun.subject, context, begun.providers)
    try:
        async with aclosing(loop.answer(task, begun.state, result)) as turn:
            async for event in turn:
                if event.type == "warning":
                    warnings.append(dict(event.data))
                yield event
    finally:
        conclude(outcome, begun.subject, result, warnings)
    if _found_nothing(begun.subject, result, warnings):
        await in_database(
            question_unanswered_note,
            organization_id=context.organization_id,
            question=begun.subject.query,
            hits=begun.subject.passages,
        )


def _found_nothing(subject: Subject, result: TurnResult, warnings: list[dict[str, Any]]) -> bool:
    """Whether the documents were searched in vain, whoever says so: the search, or a model that read what was found.
    A search by words alone, while the index's model is away, says nothing of that."""
    finished = not result.error and result.checkpoint is None
    degraded = any(warning["code"] == "SEARCH_DEGRADED" for warning in warnings)
    return subject.answerer.knowledge and finished and not result.answered and not degraded


def conclude(outcome: RunOutcome, subject: Subject, result: TurnResult, warnings: list[dict[str, Any]]) -> None:
    """What the run came to, for its row, its reader and the ledger."""
    outcome.mode, outcome.usage, outcome.error = result.mode, result.usage, result.error
    outcome.output = {
        "answer": result.text,
        "citations": result.citations,
        "answered": result.answered,
        "searched": subject.searched,
        "warnings": warnings,
    }
    outcome.personal["answer"] = result.text
    outcome.ledger = {
        "consent": True,
        "index_version": subject.index_version,
        "model": result.model,
        "provider": result.provider,
        "answered": result.answered,
        "first_text_ms": result.first_text_ms,
        "retrieved": list(subject.retrieved),
        "cited": [citation_evidence(citation) for citation in result.citations],
        "tools": result.calls,
        "searched": subject.searched,
        "warnings": [warning["code"] for warning in warnings],
    }
    if result.checkpoint is not None:
        outcome.checkpoint = {"subject": subject.as_json(), "state": result.checkpoint, "warnings": warnings}
