"""How an answer run begins: who was asked, what was said before, a greeting, the first search; or where it was parked."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agents.catalog.conversation import Conversation, conversation_of
from agents.catalog.definitions import UnknownAgent, definition_named
from agents.catalog.greeting import greeting_answer
from agents.catalog.models import Agent
from agents.catalog.responding import Responder
from agents.catalog.router import named_route
from agents.catalog.selectors import agent_for_run
from agents.catalog.turn_search import SEARCH_LIMIT, TOOL, search_failed, search_first
from agents.catalog.turn_subject import Answerer, Subject
from agents.catalog.turn_task import limits, providers_of
from agents.embeddings.base import EmbeddingError
from agents.providers.base import Provider
from agents.retrieval.errors import RetrievalError
from agents.runs.database import in_database
from agents.runs.executors import RunContext, RunOutcome
from agents.runs.tool_calls import calls_abandon
from agents.runtime import events, loop
from agents.runtime.budget import Budget
from agents.runtime.events import Event
from agents.runtime.followup import is_follow_up
from agents.runtime.rewriting import Rewriting, rewrite
from agents.runtime.state import TurnState
from agents.tools.arguments import fingerprint
from aurora_site.core.redaction import redact

# Built-in agents ask whichever model the installation has.
ANY_BUILTIN = Answerer(name="", instructions="")


@dataclass
class Beginning:
    """After its events ``subject`` and ``state`` are what the turn is carried out with; None when all is said."""

    context: RunContext
    outcome: RunOutcome
    subject: Subject | None = None
    state: TurnState | None = None
    providers: Sequence[Provider] = ()
    warnings: list[dict[str, Any]] = field(default_factory=list)
    conversation: Conversation = field(default_factory=Conversation)
    _answerer: Answerer | None = None

    async def events(self) -> AsyncGenerator[Event, None]:
        """What is shown before the model is asked."""
        if self.context.checkpoint is not None:
            await self._restore(self.context.checkpoint)
            return
        if self._needs_database():
            try:
                await in_database(self._look_up)
            except UnknownAgent as gone:
                yield self._fail("UNKNOWN_AGENT", str(gone))
                return
        question: str = self.context.input["question"]
        route = self._named()
        if self._answerer is not None and not self._answerer.knowledge:
            self._begin(Subject(question=question, answerer=self._answerer, turns=self.conversation.turns))
            return
        asked = definition_named(self._answerer.name) if self._answerer and _responder_of(self._answerer) else None
        if greeting := greeting_answer(question, self.conversation, asked):
            for event in self._greet(greeting, route, asked.fields if asked else {}):
                yield event
            return
        async for event in self._search(question, route):
            yield event

    def responder(self) -> Responder | None:
        """The code of its own by which the agent answers, if it has any."""
        return _responder_of(self.subject.answerer) if self.subject else None

    def _fail(self, code: str, message: str, *, retryable: bool = False) -> Event:
        self.outcome.error = {"code": code, "message": message, "retryable": retryable}
        return events.error(code, message, retryable=retryable)

    def _needs_database(self) -> bool:
        return bool(self.context.session_id) or self.context.attempt > 1 or not _is_builtin(self.context.agent)

    def _look_up(self) -> None:
        """What was said before, and the agent if the organisation made it."""
        context = self.context
        if context.attempt > 1:
            calls_abandon(context=context, keep=())
        self.conversation = conversation_of(context)
        if not _is_builtin(context.agent):
            agent = agent_for_run(context.organization_id, context.agent)
            self._answerer = Answerer.from_row(agent) if isinstance(agent, Agent) else None

    def _named(self) -> dict[str, Any]:
        """Note who was asked by name; the route of a built-in agent. One that the organisation made has none."""
        if self._answerer is None and self.context.agent:
            definition = definition_named(self.context.agent)
            self._answerer = Answerer.from_definition(definition)
            return named_route(definition).as_json()
        return {}

    def _greet(self, text: str, route: dict[str, Any], fields: Mapping[str, Any]) -> list[Event]:
        """A greeting is answered by the welcome agent without a search, unless another was asked for: then with that one's
        route and ``fields``, as all that it answers."""
        outcome = self.outcome
        outcome.agent = self.context.agent or definition_named("welcome").name
        outcome.mode = "extractive"
        outcome.route = route
        outcome.output = {
            **fields, "answer": text, "citations": [], "answered": True, "searched": 0, "warnings": [],
        }  # fmt: skip
        outcome.personal["answer"] = text
        outcome.ledger = {"consent": True, "greeting": True}
        message = Event("message", {**fields, "text": text, "citations": [], "answered": True, "mode": "extractive"})
        return [events.token(text), message]

    async def _search(self, question: str, route: dict[str, Any]) -> AsyncGenerator[Event, None]:
        self.providers = providers_of(self._answerer or ANY_BUILTIN)
        rewriting = await self._rewritten(question)
        query = redact(rewriting.text).text
        if rewriting.text != question:
            self.outcome.personal["query"] = rewriting.text
            yield events.thought(f"Searching for: {query}")
        call_id, arguments = f"search-{self.context.attempt}", {"query": query, "limit": SEARCH_LIMIT}
        yield Event("tool.call", {"call_id": call_id, "name": TOOL, "arguments": arguments, "effect": "read"})
        asked = (self.context, rewriting.text, self._answerer, route, self.conversation)
        try:
            found = await in_database(search_first, *asked)
        except (RetrievalError, EmbeddingError) as failure:
            yield search_failed(call_id, failure)
            yield self._without_search(question, route, failure)
            return
        for event in found.events(call_id):
            if event.type == "warning":
                self.warnings.append(dict(event.data))
            yield event
        by_model = self.providers[0].mode == "llm"
        self._begin(found.subject(question, self.conversation, by_model=by_model))
        self._note(fingerprint(TOOL, arguments), rewriting)

    def _without_search(self, question: str, route: dict[str, Any], failure: Exception) -> Event:
        """An agent that answers by code of its own does without the documents; for any other the run has failed."""
        answerer = self._answerer
        if answerer is None or _responder_of(answerer) is None:
            return self._fail("SEARCH_FAILED", str(failure), retryable=True)
        self._begin(Subject(question=question, answerer=answerer, route=route, turns=self.conversation.turns))
        warned = events.warning("SEARCH_FAILED", f"The documents could not be searched: {failure}")
        self.warnings.append(dict(warned.data))
        return warned

    def _note(self, searched: str, rewriting: Rewriting) -> None:
        """What was done before the model is asked counts for the run."""
        if self.state is None:
            return
        self.state.seen.append(searched)
        if rewriting.usage is not None:
            Budget(limits(), self.state.spent).charge(rewriting.usage)
            self.state.charged = {"model": rewriting.model, "provider": rewriting.provider}

    async def _rewritten(self, question: str) -> Rewriting:
        """The question made to stand alone."""
        if not is_follow_up(question, self.conversation):
            return Rewriting(question)
        return await rewrite(question, self.conversation, self.providers)

    def _begin(self, subject: Subject) -> None:
        self.subject = subject
        self.outcome.agent, self.outcome.route = subject.answerer.name, subject.route
        self.providers = providers_of(subject.answerer)
        self.state = loop.begin(subject.passages, grounded=subject.answerer.knowledge, answerable=subject.answerable)

    async def _restore(self, checkpoint: dict[str, Any]) -> None:
        """Go on where the run was parked."""
        self._begin(Subject.from_json(checkpoint["subject"]))
        self.state = TurnState.from_json(checkpoint["state"])
        self.warnings = list(checkpoint["warnings"])
        self.conversation = Conversation(self.subject.turns if self.subject else ())
        await in_database(calls_abandon, context=self.context, keep=self.state.proposed)


def _responder_of(answerer: Answerer) -> Responder | None:
    builtin = answerer.name and _is_builtin(answerer.name)
    return definition_named(answerer.name).responder if builtin else None


def _is_builtin(name: str) -> bool:
    """Whether code brings the agent along; so it is for no name, when one is to be chosen."""
    try:
        return not name or bool(definition_named(name))
    except UnknownAgent:
        return False
