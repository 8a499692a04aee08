"""Taking in files by the web: a form for many, or one request for each from the script that shows how far it is."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from agents.knowledge.models import Document
from agents.knowledge.paths import InvalidPath, clean_path
from agents.knowledge.selectors import document_at, documents_of
from agents.knowledge.services import document_upload
from agents.pages.access import is_part, member_page
from agents.retrieval.loading import SUFFIXES
from agents.retrieval.loading_errors import DocumentTooLarge, LoadingError, UnsupportedDocument
from aurora_site.accounts.identity import Identity
from aurora_site.accounts.models import Role

MAXIMUM_UPLOADS = 20
NOT_ALLOWED = "Adding documents needs the role of an editor."


@dataclass(frozen=True)
class Outcome:
    """What became of a file: its document, or why there is none. ``replaced`` if its path had a document before."""

    name: str
    document: Document | None = None
    replaced: bool = False
    refusal: str = ""
    status: int = 200


def upload_limits() -> dict[str, Any]:
    """What the form says of the files that it takes."""
    return {
        "suffixes": ",".join(SUFFIXES),
        "maximum_bytes": settings.MAX_UPLOAD_BYTES,
        "megabytes": settings.MAX_UPLOAD_BYTES // (1024 * 1024),
        "maximum_files": MAXIMUM_UPLOADS,
    }


@require_POST
@member_page
def upload(request: HttpRequest, identity: Identity) -> HttpResponse:
    """Take in the files of the form and say of each what became of it; to a script as a line of its list."""
    files = request.FILES.getlist("files")
    problem = _problem(identity, len(files))
    folder = request.POST.get("folder", "").strip().strip("/")
    if is_part(request):
        name = files[0].name or "" if files else ""
        outcome = (
            Outcome(name, refusal=problem[1], status=problem[0]) if problem else _take_in(identity, files[0], folder)
        )
        return render(request, "agents/_uploads.html", {"outcomes": [outcome]}, status=outcome.status)
    if problem:
        messages.error(request, problem[1])
        return redirect("document-list-page")
    for file in files:
        _tell(request, _take_in(identity, file, folder))
    return redirect("document-list-page")


@require_safe
@member_page
def states(request: HttpRequest, identity: Identity) -> HttpResponse:
    """How far the documents named by ``id`` are, as lines of the script's list; those that are gone say so."""
    wanted = [value for value in request.GET.getlist("id")[:MAXIMUM_UPLOADS] if _is_uuid(value)]
    rows = documents_of(identity.organization_id).filter(pk__in=wanted).select_related("duplicate_of")
    found = {str(row.pk): row for row in rows.defer("source_text", "duplicate_of__source_text")}
    replaced = set(request.GET.getlist("replaced"))
    outcomes = [Outcome(found[pk].path, found[pk], replaced=pk in replaced) for pk in wanted if pk in found]
    gone = [pk for pk in wanted if pk not in found]
    return render(request, "agents/_uploads.html", {"outcomes": outcomes, "gone": gone})


def _problem(identity: Identity, count: int) -> tuple[int, str] | None:
    """Why no file is taken at all, with the status that says so."""
    if not identity.has_role(Role.EDITOR):
        return 403, NOT_ALLOWED
    if not count:
        return 400, "Choose a file to add."
    if count > MAXIMUM_UPLOADS:
        return 400, f"Add at most {MAXIMUM_UPLOADS} files at once."
    return None


def _take_in(identity: Identity, file: UploadedFile, folder: str) -> Outcome:
    name = file.name or ""
    if (file.size or 0) > settings.MAX_UPLOAD_BYTES:
        megabytes = settings.MAX_UPLOAD_BYTES // (1024 * 1024)
        return Outcome(name, refusal=f"It is larger than the {megabytes} MB that a document may have.", status=413)
    try:
        path = clean_path(f"{folder}/{name}" if folder else name)
        # Only for the wording: who comes first at a new path is decided by the service.
        replaced = document_at(organization_id=identity.organization_id, path=path) is not None
        document = document_upload(
            organization=identity.organization, actor=identity.user, filename=name, content=file.read(), path=path
        )
    except (LoadingError, InvalidPath) as error:
        return Outcome(name, refusal=str(error), status=_status(error))
    return Outcome(name, document, replaced)


def _status(error: LoadingError | InvalidPath) -> int:
    return {DocumentTooLarge: 413, UnsupportedDocument: 415}.get(type(error), 400)


def _tell(request: HttpRequest, outcome: Outcome) -> None:
    if outcome.document is None:
        messages.error(request, f"{outcome.name} was not added. {outcome.refusal}")
        return
    done = "replaced the document that was at its path" if outcome.replaced else "was added"
    messages.success(request, f"{outcome.document.title} {done}. It can be found as soon as it is indexed.")


def _is_uuid(value: str) -> bool:
    try:
        uuid.UUID(value)
    except ValueError:
        return False
    return True
