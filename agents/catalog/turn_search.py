"""The search that begins an answer: what was found, and who answers from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import Error as DatabaseError

from agents.catalog.router import route_message
from agents.catalog.turn_subject import Answerer, Subject
from agents.embeddings import get_embedder
from agents.knowledge.passages import (
    evidence_of,
    passages_completed,
    passages_from_chunks,
    passages_of,
    progress,
    summary_of,
)
from agents.knowledge.selectors import document_owners, documents_waiting
from agents.providers.base import Passage
from agents.retrieval.search import SearchResult, search
from agents.retrieval.selectors import chunk_of_organization
from agents.runs.executors import RunContext
from agents.runtime.conversation import Conversation
from agents.runtime.events import Event

SEARCH_LIMIT = 8
PASSAGES_SHOWN = 6
TOOL = "knowledge.search"


@dataclass(frozen=True, kw_only=True)
class Found:
    """What the search gave; ``waiting`` documents aren't in the index yet; ``carried`` are the passages of the answer
    before, for a question that nothing was found for."""

    result: SearchResult
    answerer: Answerer
    route: dict[str, Any]
    passages: Sequence[Passage]
    carried: Sequence[Passage]
    waiting: int

    def events(self, call_id: str) -> list[Event]:
        """The search's result, the route and a word on how it went."""
        shown = [Event("tool.result", {"call_id": call_id, "name": TOOL, "ok": True, **summary_of(self.result)})]
        if self.route:
            shown.append(Event("route", self.route))
        shown.append(Event("thought", {"text": progress(self.result)}))
        if self.result.degraded:
            shown.append(Event("warning", {"code": "SEARCH_DEGRADED", "message": self.result.degraded}))
        if self.waiting:
            shown.append(Event("warning", _indexing(self.waiting)))
        return shown

    def subject(self, question: str, conversation: Conversation, *, by_model: bool) -> Subject:
        """What the answer is about; only a model can make something of passages that were carried over."""
        carried = by_model and not self.result.answerable and bool(self.carried)
        return Subject(
            question=question,
            query=self.result.query,
            answerer=self.answerer,
            route=self.route,
            turns=conversation.turns,
            passages=self.carried if carried else self.passages,
            answerable=self.result.answerable or carried,
            searched=self.result.searched,
            index_version=self.result.index_version,
            retrieved=evidence_of(self.result),
        )


def search_first(
    context: RunContext, query: str, answerer: Answerer | None, route: dict[str, Any], conversation: Conversation
) -> Found:
    """Search, and choose who answers unless that is known. Synchronous; raises what ``search`` raises."""
    organization_id = context.organization_id
    result = search(organization_id=organization_id, query=query, limit=SEARCH_LIMIT)
    chosen = [hit for hit in result.hits if hit.relevant] or result.hits
    owners = document_owners(organization_id=organization_id, document_ids=[hit.document_id for hit in chosen])
    if answerer is None:
        answerer, route = _routed(query, context.input.get("action", ""), result)
    before = conversation.last_answer()
    return Found(
        result=result,
        answerer=answerer,
        route=route,
        passages=_passages(organization_id, query, result, passages_of(chosen[:PASSAGES_SHOWN], owners)),
        carried=_carried(organization_id, before.citations) if before and not result.answerable else (),
        waiting=documents_waiting(organization_id),
    )


def _passages(organization_id: str, query: str, result: SearchResult, found: list[Passage]) -> list[Passage]:
    """What was found, completed where it may hold the answer. Without what completes it, it still may."""
    if not result.answerable:
        return found
    try:
        return passages_completed(
            found, organization_id=organization_id, question=query, index_version=result.index_version
        )
    except DatabaseError:
        return found


def search_failed(call_id: str, failure: Exception) -> Event:
    """The result of a search that could not be made."""
    told = {"call_id": call_id, "name": TOOL, "ok": False, "summary": str(failure), "code": "TOOL_FAILED"}
    return Event("tool.result", told)


def _routed(query: str, action: str, result: SearchResult) -> tuple[Answerer, dict[str, Any]]:
    route = route_message(
        query,
        action=action,
        found_collections=[hit.collection for hit in result.hits if hit.relevant],
        vector=result.vector if result.embedder == get_embedder().name else None,
    )
    return Answerer.from_definition(route.agent), route.as_json()


def _carried(organization_id: str, citations: Sequence[Mapping[str, Any]]) -> list[Passage]:
    """The passages that an earlier answer cited, as far as they are still in the index."""
    ids = [str(citation.get("id", "")) for citation in citations[:PASSAGES_SHOWN]]
    found = [chunk_of_organization(organization_id=organization_id, chunk_id=chunk_id) for chunk_id in ids]
    return passages_from_chunks([chunk for chunk in found if chunk is not None])


def _indexing(waiting: int) -> dict[str, Any]:
    documents = "1 document is" if waiting == 1 else f"{waiting} documents are"
    return {"code": "INDEXING", "message": f"{documents} still being indexed; the answer may be there."}
