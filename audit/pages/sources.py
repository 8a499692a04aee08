"""The passages that a search found, as the ledger has them, each led back to its document as it is today."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import Error as DatabaseError

from agents.knowledge.models import Document
from agents.pages.answer_html import citation_url
from agents.retrieval.errors import RetrievalError
from agents.retrieval.models import Chunk
from agents.retrieval.selectors import chunks_of_organization

CHANGED = "The document has changed since and doesn't hold this passage any more."
MOVED = "The document has changed since; the passage stands elsewhere in it now."
GONE = "The document is gone since."
UNKNOWN = "This passage is not in the index any more: its document has changed or gone, or the index was built anew."
AWAY = "The index can't be read right now."
OTHER_TEXT = "The text at hand is not the text that was found: its digest differs from the record's."


@dataclass
class Source:
    """A passage found. ``number`` is its marker in the answer, 0 for one that is not cited; ``url`` leads to it as long as
    the document has it; ``note`` says what has become of it since, empty when it stands as it was."""

    id: str
    score: float = 0.0
    relevant: bool = True
    number: int = 0
    title: str = ""
    heading: str = ""
    path: str = ""
    document_id: str = ""
    text: str = ""
    digest: str = ""
    start: int = 0
    end: int = 0
    marks: list[list[int]] = field(default_factory=list)
    url: str = ""
    note: str = ""

    @property
    def is_scored(self) -> bool:
        """Whether it was searched for; others came beside what was found."""
        return self.score >= 0

    @property
    def percent(self) -> int:
        return round(100 * min(1.0, max(0.0, self.score)))

    @property
    def within(self) -> str:
        """The heading path below the title."""
        parts = self.heading.split(" > ")
        return " › ".join(parts[1:] if parts[0] == self.title else parts)

    def as_citation(self) -> dict[str, Any]:
        """As an answer's marker links to it."""
        return {
            "number": self.number, "document_id": self.document_id, "title": self.title or self.path,
            "start": self.start, "end": self.end, "marks": self.marks,
        }  # fmt: skip


def sources_of(
    organization_id: object, data: Mapping[str, Any], citations: Sequence[Mapping[str, Any]]
) -> list[Source]:
    """The sources of a record: those retrieved, then those cited beside them. ``citations`` are what the run's row still
    has of the passages it cited."""
    retrieved = [row for row in data.get("retrieved") or [] if isinstance(row, Mapping)]
    cited = [_cited_row(row) for row in data.get("cited") or []]
    kept = {str(citation.get("id")): citation for citation in citations}
    sources: dict[str, Source] = {}
    for row in [*retrieved, *cited]:
        chunk_id = str(row.get("chunk") or row.get("id") or "")
        source = sources.setdefault(chunk_id, Source(chunk_id, score=-1.0))
        _tell(source, row)
    for number, row in enumerate(cited, start=1):
        source = sources[str(row.get("chunk") or row.get("id") or "")]
        source.number = _whole(row.get("number") or kept.get(source.id, {}).get("number")) or number
    for source in sources.values():
        _tell(source, kept.get(source.id, {}))
    _lead_back(str(organization_id), list(sources.values()))
    return list(sources.values())


def _cited_row(row: object) -> Mapping[str, Any]:
    return row if isinstance(row, Mapping) else {"chunk": str(row)}


def _tell(source: Source, row: Mapping[str, Any]) -> None:
    """Take in what a row says and nothing said before."""
    # A passage that came beside what was found has the score 0: it wasn't compared with the question.
    if source.score < 0 and (score := _number(row.get("score"))) > 0:
        source.score = score
    if row.get("relevant") is False:
        source.relevant = False
    for name in ("title", "heading", "path", "text"):
        if not getattr(source, name):
            setattr(source, name, str(row.get(name) or ""))
    source.document_id = source.document_id or str(row.get("document_id") or row.get("document") or "")
    source.digest = source.digest or str(row.get("text_sha256") or row.get("sha256") or "")
    if not source.end:
        source.start, source.end = _whole(row.get("start")), _whole(row.get("end"))
    source.marks = source.marks or list(row.get("marks") or [])


def _lead_back(organization_id: str, sources: Sequence[Source]) -> None:
    """Say of each source where it is now, and whether it is as it was."""
    try:
        chunks = chunks_of_organization(organization_id=organization_id, chunk_ids=[source.id for source in sources])
    except (RetrievalError, DatabaseError):
        chunks = {}
        for source in sources:
            source.note = AWAY
    for source in sources:
        if source.id in chunks:
            _tell(source, _row_of(chunks[source.id]))
    documents = _documents(organization_id, (source.document_id for source in sources))
    for source in sources:
        _settle(source, documents.get(source.document_id))


def _row_of(chunk: Chunk) -> dict[str, Any]:
    names = ("title", "heading", "path", "text", "document_id", "start", "end")
    return {name: getattr(chunk, name) for name in names}


def _documents(organization_id: str, ids: Iterable[str]) -> dict[str, Document]:
    wanted = {document_id for document_id in ids if _is_uuid(document_id)}
    rows = Document.objects.for_organization(organization_id).exclude(state=Document.State.DELETING)
    return {str(row.pk): row for row in rows.filter(pk__in=wanted)}


def _settle(source: Source, document: Document | None) -> None:
    if source.text and source.digest and hashlib.sha256(source.text.encode()).hexdigest() != source.digest:
        source.note, source.text = OTHER_TEXT, ""
        return
    if document is None:
        source.note = source.note or (GONE if source.document_id else UNKNOWN)
        return
    source.title, source.path = source.title or document.title, source.path or document.path
    if source.text and document.source_text[source.start : source.end] != source.text:
        _move(source, document.source_text.find(source.text))
    elif not source.text:
        source.note, source.start, source.end = source.note or CHANGED, 0, 0
    source.url = citation_url(source.as_citation()) if source.end else f"/documents/{source.document_id}"


def _move(source: Source, position: int) -> None:
    length = source.end - source.start
    source.marks = []
    if position < 0:
        source.note, source.start, source.end = CHANGED, 0, 0
    else:
        source.note, source.start, source.end = MOVED, position, position + length


def _number(value: object) -> float:
    """A number of a record, where fractions are written as text."""
    try:
        return float(str(value))
    except ValueError:
        return 0.0


def _whole(value: object) -> int:
    return int(str(value)) if str(value).isdecimal() else 0


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
