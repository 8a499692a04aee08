"""The web page of one document: reading it, what is known about it, reports, and the passages it is indexed as."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import Error as DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from agents.knowledge.describing import FIELDS, UnfitDescription, document_describe, is_overdue
from agents.knowledge.models import Document
from agents.knowledge.reports import MAXIMUM_NOTE, document_report, document_report_settle, reports_open
from agents.knowledge.selectors import document_get, documents_of
from agents.knowledge.services import document_delete
from agents.page_rendering import MAXIMUM_CHARACTERS, Span, render_markdown, render_source
from agents.pages.access import editor_page, is_part, member_page
from agents.retrieval.errors import RetrievalError
from agents.retrieval.selectors import document_chunks
from aurora_site.accounts.identity import Identity
from aurora_site.accounts.models import Role

MAXIMUM_MARKS = 10
PASSAGES_ON_A_PAGE = 50
READABLE_SUFFIXES = (".md", ".markdown", ".html", ".htm")


@require_safe
@member_page
def document(request: HttpRequest, identity: Identity, document_id: uuid.UUID) -> HttpResponse:
    """A document for reading or as its source; ``start`` and ``end`` show a passage, ``mark`` its quoted stretches."""
    found = own_document(identity, document_id)
    passage = _passage(request, len(found.source_text))
    readable = (
        PurePosixPath(found.path).suffix.lower() in READABLE_SUFFIXES and len(found.source_text) <= MAXIMUM_CHARACTERS
    )
    as_source = not readable or request.GET.get("view") == "source"
    context = {
        "section": "documents",
        "document": found,
        "overdue": is_overdue(found),
        "passage": passage,
        "readable": readable,
        "as_source": as_source,
        "shortened": len(found.source_text) > MAXIMUM_CHARACTERS,
        "reading_url": _view_url(request, ""),
        "source_url": _view_url(request, "source"),
        "body": _body(found, passage, _marks(request, passage), as_source=as_source),
    }
    if is_part(request):
        return render(request, "agents/_document.html", context)
    return render(request, "agents/document.html", context | _about(identity, found))


@require_POST
@editor_page
def describe(request: HttpRequest, identity: Identity, document_id: uuid.UUID) -> HttpResponse:
    """Change what is noted about a document, and lead back to it."""
    found = own_document(identity, document_id)
    changes = {name: request.POST[name] for name in FIELDS if name in request.POST}
    try:
        document_describe(document=found, actor_id=identity.user_id, changes=changes)
    except UnfitDescription as problem:
        messages.error(request, f"{problem.field.replace('_', ' ').capitalize()} was not changed. {problem}")
    else:
        messages.success(request, "Saved.")
    return redirect("document-page", document_id=document_id)


@require_POST
@editor_page
def delete(request: HttpRequest, identity: Identity, document_id: uuid.UUID) -> HttpResponse:
    """Delete the document, and lead back to the list."""
    found = own_document(identity, document_id)
    document_delete(document=found, actor_id=identity.user_id)
    messages.success(request, f"{found.title} was deleted.")
    return redirect("document-list-page")


@require_POST
@member_page
def report(request: HttpRequest, identity: Identity, document_id: uuid.UUID) -> HttpResponse:
    """Note that a reader finds the document out of date, and lead back to it."""
    found = own_document(identity, document_id)
    note = " ".join(request.POST.get("note", "").replace("\x00", "").split())
    if len(note) > MAXIMUM_NOTE:
        messages.error(request, f"It was not reported: say it in at most {MAXIMUM_NOTE} characters.")
        return redirect("document-page", document_id=document_id)
    _, made = document_report(document=found, reporter_id=identity.user_id, note=note)
    keeper = f" {found.owner} keeps it." if found.owner else ""
    told = "It is reported as outdated." if made else "You have reported it before, and that report is still open."
    messages.success(request, told + keeper)
    return redirect("document-page", document_id=document_id)


@require_POST
@editor_page
def report_settle(
    request: HttpRequest, identity: Identity, document_id: uuid.UUID, report_id: uuid.UUID
) -> HttpResponse:
    """Note that a report was dealt with, and lead back to the document."""
    own_document(identity, document_id)
    settled = document_report_settle(
        organization_id=identity.organization_id, report_id=report_id, actor_id=identity.user_id
    )
    if settled:
        messages.success(request, "The report is settled.")
    else:
        messages.warning(request, "That report was settled before.")
    return redirect("document-page", document_id=document_id)


@require_safe
@member_page
def passages(request: HttpRequest, identity: Identity, document_id: uuid.UUID) -> HttpResponse:
    """The passages that a document was cut into, in order, as the index has them."""
    found = own_document(identity, document_id)
    context: dict[str, Any] = {"section": "documents", "document": found, "unavailable": False}
    try:
        chunks = document_chunks(organization_id=str(identity.organization_id), document_id=str(found.pk))
        context["page"] = Paginator(chunks, PASSAGES_ON_A_PAGE).get_page(request.GET.get("page"))
        context["longest"] = max((len(chunk.text) for chunk in context["page"]), default=1)
    except (RetrievalError, DatabaseError):
        context |= {"page": None, "unavailable": True}
    return render(request, "agents/_passages.html" if is_part(request) else "agents/passages.html", context)


def own_document(identity: Identity, document_id: uuid.UUID) -> Document:
    """The document, if it is the organisation's. Raises Http404."""
    found = document_get(organization_id=identity.organization_id, document_id=document_id)
    if found is None:
        raise Http404("There is no such document, or it is not yours to read.")
    return found


def passage_url(document_id: object, start: int, end: int, marks: Sequence[tuple[int, int]] = ()) -> str:
    """The address of a document at a passage."""
    quoted = "".join(f"&mark={begin}-{stop}" for begin, stop in marks)
    return f"{reverse('document-page', kwargs={'document_id': document_id})}?start={start}&end={end}{quoted}#passage"


def _about(identity: Identity, found: Document) -> dict[str, Any]:
    """What stands beside the text: reports, documents that say the same, what may be done."""
    can_edit = identity.has_role(Role.EDITOR)
    reports = reports_open(identity.organization_id).filter(document=found).select_related("reporter")
    others = documents_of(identity.organization_id)
    return {
        "can_edit": can_edit,
        "reports": reports if can_edit else [],
        "reported": reports.filter(reporter_id=identity.user_id).exists(),
        "original": others.filter(pk=found.duplicate_of_id).first() if found.duplicate_of_id else None,
        "copies": others.filter(duplicate_of=found)[:10],
        "maximum_note": MAXIMUM_NOTE,
    }


def _passage(request: HttpRequest, length: int) -> Span | None:
    return _span(request.GET.get("start", ""), request.GET.get("end", ""), low=0, high=length)


def _marks(request: HttpRequest, passage: Span | None) -> list[Span]:
    """The quoted stretches that lie in the passage, each given as ``mark=start-end``."""
    if passage is None:
        return []
    pairs = [mark.partition("-") for mark in request.GET.getlist("mark")[:MAXIMUM_MARKS]]
    spans = [_span(start, end, low=passage.start, high=passage.end) for start, _, end in pairs]
    return [span for span in spans if span]


def _span(start: str, end: str, *, low: int, high: int) -> Span | None:
    """A stretch within bounds, or None when the numbers are not that."""
    if not (start.isdecimal() and end.isdecimal() and max(len(start), len(end)) <= 9):
        return None
    span = Span(int(start), int(end))
    return span if low <= span.start < span.end <= high else None


def _body(found: Document, passage: Span | None, marks: Sequence[Span], *, as_source: bool) -> str:
    if as_source:
        return render_source(found.source_text, passage=passage, marks=marks)
    return render_markdown(found.source_text, title=found.title, passage=passage, marks=marks)


def _view_url(request: HttpRequest, view: str) -> str:
    """This page's address in another view, at the same passage."""
    query = request.GET.copy()
    query.pop("view", None)
    if view:
        query["view"] = view
    return f"{request.path}?{query.urlencode()}" + ("#passage" if "start" in query else "")
