"""Carries out a turn of an agent that answers by code of its own."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

from agents.catalog.responding import Asked, Reply, Responder
from agents.catalog.turn_beginning import Beginning
from agents.catalog.turn_subject import Subject
from agents.catalog.turn_task import task_for
from agents.knowledge.passages import citation_evidence
from agents.providers.base import Passage
from agents.runs.executors import RunContext, RunOutcome
from agents.runtime import events
from agents.runtime.budget import Budget
from agents.runtime.citations import citation
from agents.runtime.conclusion import usage_of
from agents.runtime.consulting import Consultant
from agents.runtime.events import Event
from agents.runtime.state import TurnState
from agents.runtime.toolbox import Toolbox

_PARAGRAPH = re.compile(r".+?(?:\n\n+|\Z)", re.DOTALL)


class ResponderTurn:
    """Runs a responder and shows what it answers. ``outcome`` is filled however the turn ends."""

    def __init__(self, context: RunContext, outcome: RunOutcome, begun: Beginning, responder: Responder) -> None:
        if begun.subject is None or begun.state is None:
            raise ValueError("The turn has not begun.")
        self._context, self._outcome, self._responder = context, outcome, responder
        self._subject: Subject = begun.subject
        self._state: TurnState = begun.state
        self._warnings = begun.warnings
        task = task_for(self._subject, context, begun.providers)
        self._budget = Budget(task.limits, self._state.spent)
        self._tools = Toolbox(task, self._state, self._budget)
        self._models = Consultant(task, self._state, self._budget)
        self._passages = self._state.passages[: self._state.given]
        self._conversation = begun.conversation

    async def events(self) -> AsyncGenerator[Event, None]:
        """What the responder does, then what it says, or nothing more where the turn is parked."""
        reply = Reply()
        try:
            async with aclosing(self._responder(self._asked(), reply)) as doing:
                async for event in doing:
                    yield self._noted(event)
            for event in self._models.warnings:
                yield self._noted(event)
        finally:
            self._conclude(reply)
        if not self._tools.parked:
            for event in self._said(reply):
                yield event

    def _asked(self) -> Asked:
        context, checkpoint = self._context, self._context.checkpoint
        return Asked(
            question=self._subject.question,
            given=context.input.get("given") or {},
            action=context.input.get("action", ""),
            organization_id=context.organization_id,
            actor_id=context.actor_id,
            conversation=self._conversation,
            passages=self._passages,
            tools=self._tools,
            models=self._models,
            kept=None if checkpoint is None else checkpoint["kept"],
        )

    def _noted(self, event: Event) -> Event:
        if event.type == "warning":
            self._warnings.append(dict(event.data))
        return event

    def _conclude(self, reply: Reply) -> None:
        """What the run came to, for its row, its reader and the ledger."""
        self._budget.settle()
        outcome, subject = self._outcome, self._subject
        citations = _citations(self._passages, reply)
        outcome.mode, outcome.usage = reply.mode, usage_of(self._state)
        outcome.output = {
            **reply.fields,
            "answer": reply.text,
            "citations": citations,
            "answered": reply.answered,
            "searched": subject.searched,
            "warnings": self._warnings,
        }
        outcome.personal["answer"] = reply.text
        outcome.ledger = {
            "consent": True,
            "index_version": subject.index_version,
            "model": reply.model,
            "provider": reply.provider,
            "answered": reply.answered,
            "retrieved": list(subject.retrieved),
            "cited": [citation_evidence(each) for each in citations],
            "tools": self._state.done,
            "searched": subject.searched,
            "warnings": [warning["code"] for warning in self._warnings],
        }
        if self._tools.parked:
            outcome.checkpoint = {
                "subject": subject.as_json(),
                "state": self._state.as_json(),
                "warnings": self._warnings,
                "kept": reply.kept,
            }

    def _said(self, reply: Reply) -> list[Event]:
        output = self._outcome.output
        shown = [events.token(part) for part in _PARAGRAPH.findall(reply.text)]
        shown += [Event("citation", each) for each in output["citations"]]
        message: dict[str, Any] = {
            **reply.fields,
            "text": reply.text, "citations": output["citations"], "answered": reply.answered, "mode": reply.mode,
        }  # fmt: skip
        shown.append(Event("message", message))
        if self._outcome.usage:
            shown.append(Event("usage", self._outcome.usage))
        return shown


def _citations(passages: Sequence[Passage], reply: Reply) -> list[dict[str, Any]]:
    by_number = {passage.number: passage for passage in passages}
    return [citation(by_number[number], reply.text, "cited") for number in reply.cited if number in by_number]
