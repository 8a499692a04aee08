"""The web pages of documents: the list, one to read, and adding some."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from pathlib import PurePosixPath

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from agents.knowledge.models import Document
from agents.knowledge.paths import InvalidPath
from agents.knowledge.selectors import document_get, documents_of
from agents.knowledge.services import document_upload
from agents.page_rendering import MAXIMUM_CHARACTERS, Span, render_markdown, render_source
from agents.pages.access import is_part, member_page
from agents.retrieval.loading_errors import LoadingError
from aurora_site.accounts.identity import Identity
from aurora_site.accounts.models import Role

DOCUMENTS_ON_A_PAGE = 50
MAXIMUM_MARKS = 10
MAXIMUM_UPLOADS = 20
READABLE_SUFFIXES = (".md", ".markdown", ".html", ".htm")


@require_safe
@member_page
def documents(request: HttpRequest, identity: Identity) -> HttpResponse:
    """The organisation's documents, filtered by ``q``; only the list itself when a script asks for it."""
    text = request.GET.get("q", "").strip()[:200]
    rows = Paginator(documents_of(identity.organization_id, text=text), DOCUMENTS_ON_A_PAGE)
    context = {
        "section": "documents",
        "organization": identity.organization,
        "text": text,
        "page": rows.get_page(request.GET.get("page")),
        "can_upload": identity.has_role(Role.EDITOR),
    }
    return render(request, "agents/_documents.html" if is_part(request) else "agents/documents.html", context)


@require_safe
@member_page
def document(request: HttpRequest, identity: Identity, document_id: uuid.UUID) -> HttpResponse:
    """A document for reading or as its source; ``start`` and ``end`` show a passage, ``mark`` its quoted stretches."""
    found = document_get(organization_id=identity.organization_id, document_id=document_id)
    if found is None:
        raise Http404("There is no such document, or it is not yours to read.")
    passage = _passage(request, len(found.source_text))
    readable = (
        PurePosixPath(found.path).suffix.lower() in READABLE_SUFFIXES and len(found.source_text) <= MAXIMUM_CHARACTERS
    )
    as_source = not readable or request.GET.get("view") == "source"
    context = {
        "section": "documents",
        "document": found,
        "overdue": bool(found.review_date and found.review_date < timezone.localdate()),
        "passage": passage,
        "readable": readable,
        "as_source": as_source,
        "shortened": len(found.source_text) > MAXIMUM_CHARACTERS,
        "reading_url": _view_url(request, ""),
        "source_url": _view_url(request, "source"),
        "body": _body(found, passage, _marks(request, passage), as_source=as_source),
    }
    return render(request, "agents/_document.html" if is_part(request) else "agents/document.html", context)


@require_POST
@member_page
def upload(request: HttpRequest, identity: Identity) -> HttpResponse:
    """Take in the files of the form and say of each what became of it."""
    if not identity.has_role(Role.EDITOR):
        messages.error(request, "Adding documents needs the role of an editor.")
        return redirect("document-list-page")
    files = request.FILES.getlist("files")
    if not files:
        messages.error(request, "Choose a file to add.")
    if len(files) > MAXIMUM_UPLOADS:
        messages.error(request, f"Add at most {MAXIMUM_UPLOADS} files at once.")
        files = []
    folder = request.POST.get("folder", "").strip().strip("/")
    for file in files:
        name = file.name or ""
        try:
            stored = document_upload(
                organization=identity.organization,
                actor=identity.user,
                filename=name,
                content=file.read(),
                path=f"{folder}/{name}" if folder else name,
            )
        except (LoadingError, InvalidPath) as error:
            messages.error(request, f"{name} was not added. {error}")
        else:
            messages.success(request, f"{stored.title} was added. It can be found as soon as it is indexed.")
    return redirect("document-list-page")


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
