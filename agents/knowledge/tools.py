"""The tools that agents read documents with, and report outdated ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agents.embeddings.base import EmbeddingError
from agents.knowledge.models import Document
from agents.knowledge.passages import passages_from_chunks, passages_of, summary_of
from agents.knowledge.paths import MAXIMUM_LENGTH
from agents.knowledge.reports import MAXIMUM_NOTE, document_report
from agents.knowledge.selectors import document_at, document_owners
from agents.retrieval.errors import BadFilter, RetrievalError
from agents.retrieval.filters import MAXIMUM_SOURCE, filters_from
from agents.retrieval.search import search
from agents.retrieval.selectors import document_chunks
from agents.runs.database import in_database
from agents.tools.base import Effect, RoleName, ToolContext, ToolError, ToolOutput
from agents.tools.registry import register

PAGE_CHARACTERS = 8_000
PASSAGES_BY_DEFAULT = 5

_DAY = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
_PATH = {"type": "string", "minLength": 1, "maxLength": MAXIMUM_LENGTH, "description": "The document's path."}


def register_all() -> None:
    """Make the tools known."""
    for tool in (SearchTool(), ReadTool(), ReportOutdatedTool()):
        register(tool)


class SearchTool:
    """``knowledge.search``: the passages of the organisation's documents that fit a question."""

    name = "knowledge.search"
    title = "Search the documents"
    description = (
        "Searches the organisation's documents and gives numbered passages to cite. Ask a whole question in other words "
        "than before when the passages at hand don't hold the answer."
    )
    parameters: Mapping[str, Any] = {
        "type": "object",
        "properties": {
            "query": {"type": "string", "minLength": 2, "maxLength": 500, "description": "What to look for."},
            "limit": {
                "type": "integer",
                "minimum": 1,
                "maximum": 10,
                "description": "How many passages; 5 if left out.",
            },
            "collection": {"type": "string", "maxLength": 100, "description": "Only documents of this collection."},
            "source": {
                "type": "string",
                "maxLength": MAXIMUM_SOURCE,
                "description": "Only this document, by its path, or only those in this folder.",
            },
            "since": {**_DAY, "description": "Only text of this day (YYYY-MM-DD) or later."},
            "until": {**_DAY, "description": "Only text of this day (YYYY-MM-DD) or earlier."},
        },
        "required": ["query"],
        "additionalProperties": False,
    }
    effect: Effect = "read"
    idempotent = parallel = True
    role: RoleName = "viewer"

    def summary(self, arguments: Mapping[str, Any]) -> str:
        return f"Search the documents for “{arguments['query']}”"

    async def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolOutput:
        return await in_database(self._search, arguments, context)

    def _search(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolOutput:
        try:
            found = search(
                organization_id=context.organization_id,
                query=arguments["query"],
                limit=arguments.get("limit", PASSAGES_BY_DEFAULT),
                filters=filters_from(arguments),
            )
        except BadFilter as error:
            raise ToolError(f"{error.field}: {error}") from error
        except (RetrievalError, EmbeddingError) as error:
            raise ToolError(str(error)) from error
        relevant = [hit for hit in found.hits if hit.relevant]
        owners = document_owners(
            organization_id=context.organization_id, document_ids=[hit.document_id for hit in relevant]
        )
        told = summary_of(found)
        return ToolOutput(summary=told.pop("summary"), data=told, passages=passages_of(relevant, owners))


class ReadTool:
    """``knowledge.read``: a document's text, part by part."""

    name = "knowledge.read"
    title = "Read a document"
    description = (
        "Reads a document by its path, as numbered passages in order; `part` 2 and on go further. Use it when a passage "
        "shows that the answer stands near it."
    )
    parameters: Mapping[str, Any] = {
        "type": "object",
        "properties": {
            "path": _PATH,
            "part": {"type": "integer", "minimum": 1, "maximum": 1000, "description": "Which part; 1 if left out."},
        },
        "required": ["path"],
        "additionalProperties": False,
    }
    effect: Effect = "read"
    idempotent = parallel = True
    role: RoleName = "viewer"

    def summary(self, arguments: Mapping[str, Any]) -> str:
        return f"Read {arguments['path']}"

    async def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolOutput:
        return await in_database(self._read, arguments, context)

    def _read(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolOutput:
        document = _document(arguments, context)
        part: int = arguments.get("part", 1)
        chunks = list(document_chunks(organization_id=context.organization_id, document_id=str(document.pk)))
        parts = _parts([len(chunk.text) for chunk in chunks])
        if not parts:
            raise ToolError(f"{document.path} isn't indexed yet. Try again in a minute.")
        if part > len(parts):
            raise ToolError(f"{document.path} has {len(parts)} parts; there is no part {part}.")
        return ToolOutput(
            summary=f"Read part {part} of {len(parts)} of {document.path}.",
            data={"path": document.path, "part": part, "parts": len(parts)},
            passages=passages_from_chunks(chunks[parts[part - 1]]),
        )


class ReportOutdatedTool:
    """``knowledge.report_outdated``: tells those who keep a document that it is out of date."""

    name = "knowledge.report_outdated"
    title = "Report a document as outdated"
    description = (
        "Reports that a document is out of date, for those who keep it. Only when the user asks for it. A person must "
        "approve the report first."
    )
    parameters: Mapping[str, Any] = {
        "type": "object",
        "properties": {
            "path": _PATH,
            "note": {"type": "string", "maxLength": MAXIMUM_NOTE, "description": "What is out of date, in a sentence."},
        },
        "required": ["path"],
        "additionalProperties": False,
    }
    effect: Effect = "write"
    idempotent = True
    parallel = False
    role: RoleName = "viewer"

    def summary(self, arguments: Mapping[str, Any]) -> str:
        note = f": {arguments['note']}" if arguments.get("note") else ""
        return f"Report {arguments['path']} as outdated{note}"

    async def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolOutput:
        return await in_database(self._report, arguments, context)

    def _report(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolOutput:
        document = _document(arguments, context)
        report, made = document_report(
            document=document,
            reporter_id=context.actor_id,
            note=arguments.get("note", ""),
            trace_id=context.trace_id,
        )
        told = f"{document.path} is reported as outdated." if made else f"You have reported {document.path} before."
        told += f" {document.owner} keeps it." if document.owner else ""
        return ToolOutput(text=told, summary=told, data={"report": str(report.pk)})


def _document(arguments: Mapping[str, Any], context: ToolContext) -> Document:
    """The document at the path. Raises ToolError."""
    document = document_at(organization_id=context.organization_id, path=arguments["path"])
    if document is None:
        raise ToolError(f"There is no document at {arguments['path']}.")
    return document


def _parts(lengths: list[int]) -> list[slice]:
    """Runs of neighbouring chunks of about 8,000 characters each, at least one chunk in each."""
    parts, begin, size = [], 0, 0
    for index, length in enumerate(lengths):
        if index > begin and size + length > PAGE_CHARACTERS:
            parts.append(slice(begin, index))
            begin, size = index, 0
        size += length
    return [*parts, slice(begin, len(lengths))] if lengths else []
