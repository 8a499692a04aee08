"""The web page of questions that the documents held no answer to: looked at, asked again, settled."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from agents.embeddings.base import EmbeddingError
from agents.knowledge.models import UnansweredQuestion
from agents.knowledge.questions import KEPT_DAYS, question_get, question_settle, questions_of
from agents.knowledge.selectors import documents_of
from agents.pages.access import editor_page, is_part
from agents.retrieval.errors import RetrievalError
from agents.retrieval.search import Hit, search
from aurora_site.accounts.identity import Identity

QUESTIONS_ON_A_PAGE = 30
State = UnansweredQuestion.State
# Each state as the page's heading of its list, and as what was done.
STATES = {State.OPEN: "Open", State.ANSWERED: "Answered", State.DISMISSED: "Dismissed"}
DONE = {
    State.OPEN: "The question is open again.",
    State.ANSWERED: "The question counts as answered. If it is declined again, it opens again.",
    State.DISMISSED: "The question is dismissed.",
}


@dataclass(frozen=True)
class Retry:
    """A question asked again: whether it would be answered now, the passage that comes first, or what went wrong."""

    answerable: bool = False
    first: Hit | None = None
    problem: str = ""


@require_safe
@editor_page
def questions(request: HttpRequest, identity: Identity) -> HttpResponse:
    """The organisation's questions in a state, the most asked first."""
    wanted = request.GET.get("state", "")
    state = State(wanted) if wanted in State.values else State.OPEN
    page = Paginator(questions_of(identity.organization_id, state=state), QUESTIONS_ON_A_PAGE).get_page(
        request.GET.get("page")
    )
    ids = {near["document_id"] for question in page for near in question.nearest}
    known = set(map(str, documents_of(identity.organization_id).filter(pk__in=ids).values_list("pk", flat=True)))
    context = {
        "section": "documents",
        "part": "questions",
        "can_edit": True,
        "page": page,
        "state": str(state),
        "states": [(str(value), words) for value, words in STATES.items()],
        "known": known,
        "most": max((question.times_asked for question in page), default=1),
        "kept_days": KEPT_DAYS,
        "query": urlencode({"state": state}),
    }
    return render(request, "agents/questions.html", context)


@require_safe
@editor_page
def ask_again(request: HttpRequest, identity: Identity, question_id: uuid.UUID) -> HttpResponse:
    """Search for a question once more and say whether it would be answered now."""
    question = question_get(organization_id=identity.organization_id, question_id=question_id)
    if question is None:
        raise Http404("There is no such question.")
    context = {
        "section": "documents",
        "part": "questions",
        "can_edit": True,
        "question": question,
        "retry": _retried(str(identity.organization_id), question.question),
    }
    return render(request, "agents/_retry.html" if is_part(request) else "agents/question.html", context)


@require_POST
@editor_page
def settle(request: HttpRequest, identity: Identity, question_id: uuid.UUID) -> HttpResponse:
    """Mark a question as answered or dismissed, or open it again, and lead back to the list."""
    wanted, back = request.POST.get("state", ""), request.POST.get("back", "")
    if question_get(organization_id=identity.organization_id, question_id=question_id) is None:
        raise Http404("There is no such question.")
    if wanted not in State.values:
        messages.error(request, "Say whether the question is answered or dismissed.")
    elif question_settle(
        organization_id=identity.organization_id, question_id=question_id, state=wanted, actor_id=identity.user_id
    ):
        messages.success(request, DONE[State(wanted)])
    else:
        messages.warning(request, "Somebody settled that question before.")
    response = redirect("question-list-page")
    if back in State.values:
        response["Location"] += f"?{urlencode({'state': back})}"
    return response


def _retried(organization_id: str, question: str) -> Retry:
    try:
        found = search(organization_id=organization_id, query=question, limit=3)
    except (RetrievalError, EmbeddingError) as error:
        return Retry(problem=str(error))
    if found.degraded and not found.answerable:
        return Retry(problem=f"It can't be told now. {found.degraded}")
    return Retry(found.answerable, found.hits[0] if found.hits else None)
