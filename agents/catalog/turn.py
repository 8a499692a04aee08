"""Carries out an ``answer`` run: search the documents, choose the agent, let it answer over what was found."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from agents.catalog.definitions import AgentDefinition, definition_named
from agents.catalog.greeting import greeting_answer
from agents.catalog.models import Agent
from agents.catalog.router import Route, named_route, route_message
from agents.catalog.selectors import agent_for_run
from agents.knowledge.selectors import document_owners, documents_waiting
from agents.providers.base import Mode, ModelRequest, Passage, PassageSentence
from agents.providers.registry import ProviderConfig, providers_for
from agents.retrieval.search import Hit, SearchResult, search
from agents.runs import executors
from agents.runs.database import in_database
from agents.runs.executors import RunContext, RunOutcome
from agents.runtime import events, loop
from agents.runtime.events import Event
from agents.runtime.prompts import answer_messages
from audit.redaction import redact

SEARCH_LIMIT = 8
PASSAGES_SHOWN = 6
NO_CONSENT_TEXT = "Consent required to proceed."
# Addresses that the organisation publishes in its own documents are part of the answer; secrets never are.
KEPT_IN_PASSAGES = frozenset({"email", "phone"})


@dataclass(frozen=True, kw_only=True)
class Answerer:
    """Who answers: the instructions, and where they may lead to another provider or model."""

    name: str
    instructions: str
    provider: str = ""
    model: str = ""


def register() -> None:
    """Make this module carry out answer runs, and the refusals of those who did not consent."""
    executors.register("answer", answer_question)
    executors.register("refusal", refuse)


async def refuse(context: RunContext, outcome: RunOutcome) -> AsyncGenerator[Event, None]:
    """Show that nothing is done without consent. The question was not stored."""
    outcome.output = {"answer": NO_CONSENT_TEXT, "citations": [], "answered": False}
    outcome.ledger = {"consent": False}
    yield events.token(NO_CONSENT_TEXT)
    yield Event("message", {"text": NO_CONSENT_TEXT, "citations": [], "answered": False})


async def answer_question(context: RunContext, outcome: RunOutcome) -> AsyncGenerator[Event, None]:
    """The events of an answer run; fills ``outcome`` as it goes, so that a stopped run keeps what it had."""
    question: str = context.input["question"]
    outcome.personal = {"question": question}
    if greeting := greeting_answer(question):
        for event in _greet(greeting, context, outcome):
            yield event
        return
    arguments = {"query": redact(question).text, "limit": SEARCH_LIMIT}
    yield Event("tool.call", {"call_id": "search-1", "name": "knowledge.search", "arguments": arguments})
    found = await in_database(search, organization_id=context.organization_id, query=question, limit=SEARCH_LIMIT)
    yield Event("tool.result", _search_summary(found))
    answerer, route = await in_database(_choose, context, found)
    outcome.agent, outcome.route = answerer.name, route.as_json() if route else {}
    if route:
        yield Event("route", outcome.route)
    owners = await in_database(_owners, context.organization_id, found.hits)
    passages = _passages(found, owners)
    yield events.thought(_progress(found))
    warnings: list[dict[str, Any]] = []
    result = loop.TurnResult()
    try:
        if waiting := await in_database(documents_waiting, context.organization_id):
            warnings.append(_indexing(waiting))
            yield Event("warning", warnings[0])
        async for event in _answer(question, answerer, passages, found, result):
            if event.type == "warning":
                warnings.append(dict(event.data))
            yield event
    finally:
        _conclude(outcome, result, found)
        outcome.output["warnings"] = warnings


def _indexing(waiting: int) -> dict[str, Any]:
    documents = "1 document is" if waiting == 1 else f"{waiting} documents are"
    return {"code": "INDEXING", "message": f"{documents} still being indexed; the answer may be there."}


def _greet(text: str, context: RunContext, outcome: RunOutcome) -> list[Event]:
    """A greeting is answered by the welcome agent without a search, unless another was asked for."""
    outcome.agent = context.agent or definition_named("welcome").name
    outcome.mode = "extractive"
    outcome.output = {"answer": text, "citations": [], "answered": True}
    outcome.personal["answer"] = text
    outcome.ledger = {"consent": True, "greeting": True}
    message = Event("message", {"text": text, "citations": [], "answered": True, "mode": "extractive"})
    return [events.token(text), message]


def _answer(
    question: str, answerer: Answerer, passages: list[Passage], found: SearchResult, result: loop.TurnResult
) -> AsyncGenerator[Event, None]:
    config = ProviderConfig(
        openai_api_key=settings.OPENAI_API_KEY,
        openai_base_url=settings.OPENAI_BASE_URL,
        ollama_base_url=settings.OLLAMA_BASE_URL,
        timeout=settings.AURORA_MODEL_TIMEOUT,
    )
    providers = providers_for(config, answerer.provider)
    request = ModelRequest(
        model=answerer.model or settings.AURORA_MODEL,
        messages=answer_messages(
            instructions=answerer.instructions,
            question=redact(question).text,
            passages=[_redacted(passage) for passage in passages],
        ),
        question=question,
        passages=passages,
        answerable=found.answerable,
        searched=found.searched,
        timeout=settings.AURORA_MODEL_TIMEOUT,
    )
    return loop.answer(request, providers, result)


def _redacted(passage: Passage) -> Passage:
    return dataclasses.replace(passage, text=redact(passage.text, keep=KEPT_IN_PASSAGES).text)


def _choose(context: RunContext, found: SearchResult) -> tuple[Answerer, Route | None]:
    """The agent that answers. One that the organisation made answers as it is; a built-in one has a route."""
    if context.agent:
        agent = agent_for_run(context.organization_id, context.agent)
        if isinstance(agent, Agent):
            return _from_row(agent), None
        return _from_definition(agent), named_route(agent)
    collections = [hit.collection for hit in found.hits if hit.relevant]
    route = route_message(
        context.input["question"], action=context.input.get("action", ""), found_collections=collections
    )
    return _from_definition(route.agent), route


def _from_definition(definition: AgentDefinition) -> Answerer:
    return Answerer(name=definition.name, instructions=definition.instructions)


def _from_row(agent: Agent) -> Answerer:
    instructions = agent.instructions or agent.description or definition_named("assistant").instructions
    return Answerer(name=agent.name, instructions=instructions, provider=agent.provider, model=agent.model_name)


def _owners(organization_id: str, hits: Sequence[Hit]) -> dict[str, str]:
    return document_owners(organization_id=organization_id, document_ids=[hit.document_id for hit in hits])


def _passages(found: SearchResult, owners: dict[str, str]) -> list[Passage]:
    """The hits that an answer may use, numbered from 1; the nearest ones when none is relevant (to say what was seen)."""
    chosen = [hit for hit in found.hits if hit.relevant] or found.hits
    return [
        Passage(
            number=number,
            id=hit.id,
            document_id=hit.document_id,
            path=hit.path,
            title=hit.title,
            heading=hit.heading,
            text=hit.text,
            start=hit.start,
            end=hit.end,
            score=hit.score,
            relevant=hit.relevant,
            owner=owners.get(hit.document_id, ""),
            sentences=[PassageSentence(item.text, item.start, item.end, item.score) for item in hit.sentences],
        )
        for number, hit in enumerate(chosen[:PASSAGES_SHOWN], start=1)
    ]


def _search_summary(found: SearchResult) -> dict[str, Any]:
    relevant = [hit for hit in found.hits if hit.relevant]
    return {
        "call_id": "search-1",
        "name": "knowledge.search",
        "ok": True,
        "summary": _progress(found),
        "found": [{"path": hit.path, "heading": hit.heading, "score": round(hit.score, 3)} for hit in relevant],
        "index_version": found.index_version,
        "elapsed_ms": round(found.elapsed_ms, 1),
    }


def _progress(found: SearchResult) -> str:
    relevant = sum(hit.relevant for hit in found.hits)
    if not found.searched:
        return "There are no indexed documents to search."
    passages = "passage looks" if relevant == 1 else "passages look"
    return f"Searched {found.searched} passages; {relevant or 'no'} {passages} relevant."


def _conclude(outcome: RunOutcome, result: loop.TurnResult, found: SearchResult) -> None:
    mode: Mode = result.mode
    outcome.mode = mode
    outcome.usage = {**result.usage, "model": result.model, "provider": result.provider} if result.usage else {}
    outcome.error = result.error
    outcome.output = {
        "answer": result.text,
        "citations": result.citations,
        "answered": result.answered,
        "searched": found.searched,
    }
    outcome.personal["answer"] = result.text
    outcome.ledger = {
        "consent": True,
        "index_version": found.index_version,
        "model": result.model,
        "provider": result.provider,
        "answered": result.answered,
        "first_text_ms": result.first_text_ms,
        "retrieved": [{"chunk": hit.id, "score": hit.score, "relevant": hit.relevant} for hit in found.hits],
        "cited": [citation["id"] for citation in result.citations],
    }
