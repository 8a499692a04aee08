"""The web pages of documents: the list, and one to read."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from agents.knowledge.overview import documents_shown, knowledge_overview
from agents.pages.access import is_part, member_page
from agents.pages.uploads import upload_limits
from aurora_site.accounts.identity import Identity
from aurora_site.accounts.models import Role

DOCUMENTS_ON_A_PAGE = 50
# What the list can be narrowed to, in the words of the page.
SHOWN = {
    "waiting": "waiting for their indexing",
    "failed": "that could not be indexed",
    "overdue": "whose review is overdue",
    "reported": "reported as outdated",
    "alike": "that say the same as another",
}


@require_safe
@member_page
def documents(request: HttpRequest, identity: Identity) -> HttpResponse:
    """The organisation's documents, filtered by ``q`` and ``show``; the list alone when a script asks for it."""
    text = request.GET.get("q", "").strip()[:200]
    show = request.GET.get("show", "")
    rows = Paginator(documents_shown(identity.organization_id, text=text, show=show), DOCUMENTS_ON_A_PAGE)
    context = {
        "section": "documents",
        "part": "documents",
        "organization": identity.organization,
        "text": text,
        "show": show if show in SHOWN else "",
        "shown_words": SHOWN.get(show, ""),
        "page": rows.get_page(request.GET.get("page")),
        "today": timezone.localdate(),
        "can_edit": identity.has_role(Role.EDITOR),
    }
    if is_part(request):
        return render(request, "agents/_documents.html", context)
    context |= {"upload": upload_limits(), "overview": knowledge_overview(identity.organization_id)}
    return render(request, "agents/documents.html", context)
