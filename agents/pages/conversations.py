"""The web pages that list conversations, rename and delete them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from asgiref.sync import async_to_sync
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from agents.chat.selectors import sessions_of
from agents.chat.services import session_delete, session_update
from agents.pages.access import member_page
from agents.pages.conversation import own_session
from agents.runs import bell, dispatch
from aurora_site.accounts.identity import Identity

CONVERSATIONS_ON_A_PAGE = 30
MAXIMUM_TITLE = 200


@require_safe
@member_page
def conversations(request: HttpRequest, identity: Identity) -> HttpResponse:
    """A person's conversations, latest first; ``q`` searches titles and what was said."""
    text = request.GET.get("q", "").strip()[:200]
    found = sessions_of(identity.organization_id, identity.user_id, text=text).filter(head__isnull=False)
    context = {
        "section": "conversations",
        "text": text,
        "page": Paginator(found, CONVERSATIONS_ON_A_PAGE).get_page(request.GET.get("page")),
        "back": request.get_full_path(),
    }
    return render(request, "agents/conversations.html", context)


@require_POST
@member_page
def rename(request: HttpRequest, identity: Identity, session_id: uuid.UUID) -> HttpResponse:
    """Give a conversation another title, and lead back."""
    own_session(identity, session_id)
    title = " ".join(request.POST.get("title", "").split())
    if not title or len(title) > MAXIMUM_TITLE or not title.isprintable():
        messages.error(request, f"Give a title of 1 to {MAXIMUM_TITLE} characters.")
        return redirect(_back(request))
    session_update(
        organization_id=identity.organization_id, user_id=identity.user_id, session_id=session_id, title=title
    )
    async_to_sync(bell.ring_session)(str(session_id))
    messages.success(request, f"The conversation is called “{title}” now.")
    return redirect(_back(request))


@require_POST
@member_page
def delete(request: HttpRequest, identity: Identity, session_id: uuid.UUID) -> HttpResponse:
    """Delete a conversation, stop what is being answered in it, and lead back."""
    title = own_session(identity, session_id).title
    stopped = session_delete(organization_id=identity.organization_id, user_id=identity.user_id, session_id=session_id)
    async_to_sync(_tell_of_deletion)(str(session_id), stopped)
    messages.success(request, f"“{title}” was deleted.")
    return redirect(_back(request))


async def _tell_of_deletion(session_id: str, stopped: Sequence[str]) -> None:
    for run_id in stopped:
        await dispatch.cancel(run_id)
    await bell.ring_session(session_id)


def _back(request: HttpRequest) -> str:
    """The page of the list that the form was on."""
    back = request.POST.get("back", "")
    return back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) else "/conversations"
