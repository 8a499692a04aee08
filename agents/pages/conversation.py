"""The web pages of one conversation: asking, reading, and the parts that keep an open page current."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.views.decorators.http import require_safe

from agents.chat.models import ChatSession
from agents.chat.selectors import sessions_of
from agents.knowledge.selectors import documents_of
from agents.pages.access import member_page
from agents.pages.thread import BLANK, NOTICE_KINDS, TURNS_SHOWN, thread_of, thread_version
from aurora_site.accounts.identity import Identity
from aurora_site.accounts.models import Role

RECENT = 24
# How many turns a page shows at most, however far back a reader goes.
MOST_TURNS = 2_000

# What the page's script imports, by whatever way: named ahead, so that a browser fetches them all at once.
MODULES = (
    "composer", "edit", "format", "guarded", "http", "live_turn", "reconcile", "run_follower", "sources", "sse", "steps",
    "tabs", "thread", "turn_actions", "words",
)  # fmt: skip

# Questions to start with, each shown where the organisation has the document that answers it.
EXAMPLES = {
    "policies/annual-leave.md": "How many days of annual leave do I get?",
    "engineering/on-call.md": "What am I paid for being on call?",
    "policies/expenses-and-travel.md": "How do I claim travel expenses?",
    "engineering/deployment.md": "How do I roll back a deployment?",
}


@require_safe
@member_page
def home(request: HttpRequest, identity: Identity) -> HttpResponse:
    """The page that asks: the first question makes a conversation of it."""
    return render(request, "agents/conversation.html", _context(identity, None))


@require_safe
@member_page
def conversation(request: HttpRequest, identity: Identity, session_id: uuid.UUID) -> HttpResponse:
    """A conversation, its last turns first to be read; ``turns`` asks for more of the earlier ones."""
    session = own_session(identity, session_id)
    context = _context(identity, session)
    context["thread"] = thread_of(session, user_id=identity.user_id, turns=_turns_asked(request))
    return render(request, "agents/conversation.html", context)


@require_safe
@member_page
def thread(request: HttpRequest, identity: Identity, session_id: uuid.UUID) -> HttpResponse:
    """The turns alone, for an open page; 304 while nothing changed since the ``ETag`` that it names."""
    session = own_session(identity, session_id)
    tag = f'"{thread_version(session)}"'
    if request.headers.get("If-None-Match") == tag:
        return HttpResponse(status=304, headers={"ETag": tag})
    turns = thread_of(session, user_id=identity.user_id, turns=_turns_asked(request))
    response = render(request, "agents/_thread.html", {"thread": turns, "session": session})
    response["ETag"] = tag
    response["Cache-Control"] = "no-cache"
    return response


@require_safe
@member_page
def recent(request: HttpRequest, identity: Identity) -> HttpResponse:
    """The list of recent conversations, for an open page."""
    context = {"recent": recent_sessions(identity), "current": request.GET.get("current", "")}
    return render(request, "agents/_recent.html", context)


def own_session(identity: Identity, session_id: uuid.UUID) -> ChatSession:
    """The person's conversation. Raises Http404 for another's, a deleted one and none."""
    found = sessions_of(identity.organization_id, identity.user_id).filter(pk=session_id).first()
    if found is None:
        raise Http404("There is no such conversation, or it is not yours to read.")
    return found


def recent_sessions(identity: Identity) -> list[ChatSession]:
    """The latest conversations in which something was said."""
    said = sessions_of(identity.organization_id, identity.user_id).filter(head__isnull=False)
    return list(said[:RECENT])


def _context(identity: Identity, session: ChatSession | None) -> dict[str, Any]:
    return {
        "section": "ask",
        "organization": identity.organization,
        "session": session,
        "current": str(session.pk) if session else "",
        "recent": recent_sessions(identity),
        "examples": _examples(identity),
        "can_upload": identity.has_role(Role.EDITOR),
        "modules": [static(f"aurora/js/{name}.js") for name in MODULES],
        "blank": BLANK,
        "notice_kinds": NOTICE_KINDS,
    }


def _turns_asked(request: HttpRequest) -> int:
    asked = request.GET.get("turns", "")
    return min(int(asked), MOST_TURNS) if asked.isdecimal() and len(asked) <= 6 else TURNS_SHOWN


def _examples(identity: Identity) -> list[str]:
    """Up to four questions that the organisation's documents can answer."""
    found = documents_of(identity.organization_id)
    paths = set(found.filter(path__in=EXAMPLES).values_list("path", flat=True))
    questions = [question for path, question in EXAMPLES.items() if path in paths]
    others = found.exclude(path__in=EXAMPLES).values_list("title", flat=True)[: 4 - len(questions)]
    return questions or [f"What does “{title}” say?" for title in others]
