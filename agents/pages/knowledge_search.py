"""The web page that shows what a search finds, in which order, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from agents.embeddings.base import EmbeddingError
from agents.knowledge.selectors import documents_of
from agents.pages.access import member_page
from agents.pages.document import passage_url
from agents.pages.hit_html import best_sentence, render_hit
from agents.retrieval.errors import BadFilter, RetrievalError
from agents.retrieval.explain import hit_reasons, verdict_reasons
from agents.retrieval.filters import filters_from
from agents.retrieval.ranking import JUDGED
from agents.retrieval.search import Hit, SearchResult, search
from aurora_site.accounts.identity import Identity
from aurora_site.accounts.models import Role

HITS_SHOWN = 10
MAXIMUM_QUESTION = 500
FILTERS = ("collection", "source", "since", "until")


@dataclass(frozen=True)
class Part:
    """A part of a hit's score: its name, what it means, the number as text, and 0 to 100 for its bar."""

    name: str
    meaning: str
    text: str
    percent: int


@dataclass(frozen=True)
class ShownHit:
    """A hit as the page draws it; ``address`` leads to the passage in its document."""

    hit: Hit
    html: SafeString
    address: str
    parts: Sequence[Part]
    reasons: Sequence[str]


@require_safe
@member_page
def search_page(request: HttpRequest, identity: Identity) -> HttpResponse:
    """The passages nearest to ``q``, with their scores in parts, and whether an answer would be given."""
    question = request.GET.get("q", "").replace("\x00", "").strip()[:MAXIMUM_QUESTION]
    given = {name: request.GET.get(name, "").strip() for name in FILTERS}
    collections = documents_of(identity.organization_id).exclude(collection="").order_by("collection")
    context: dict[str, Any] = {
        "section": "documents",
        "part": "search",
        "can_edit": identity.has_role(Role.EDITOR),
        "question": question,
        "given": given,
        "filtered": any(given.values()),
        "collections": collections.values_list("collection", flat=True).distinct(),
        "maximum_question": MAXIMUM_QUESTION,
    }
    if question:
        context |= _searched(str(identity.organization_id), question, given)
    return render(request, "agents/search.html", context)


def _searched(organization_id: str, question: str, given: Mapping[str, str]) -> dict[str, Any]:
    try:
        result = search(organization_id=organization_id, query=question, limit=HITS_SHOWN, filters=filters_from(given))
    except BadFilter as error:
        return {"wrong": {error.field: str(error)}}
    except (RetrievalError, EmbeddingError) as error:
        return {"problem": str(error)}
    return {
        "result": result,
        "hits": shown_hits(result),
        "nearest": _nearest(result),
        "verdict": verdict_reasons(result),
        "relevant": sum(hit.relevant for hit in result.hits),
        "milliseconds": round(result.elapsed_ms),
    }


def _nearest(result: SearchResult) -> dict[str, Any] | None:
    """The sentence nearest to the question among the hits that the verdict is made of."""
    judged = [(hit.why.get("sentence", 0.0), best) for hit in result.hits[:JUDGED] if (best := best_sentence(hit))]
    if not judged:
        return None
    score, sentence = max(judged, key=lambda pair: float(pair[0]))
    return {"text": sentence.text, "part": _cosine("Nearest sentence", "", score)}


def shown_hits(result: SearchResult) -> list[ShownHit]:
    """The hits of a search, best first, with everything that the page says of them."""
    strongest = max((hit.why.get("bm25", 0.0) for hit in result.hits), default=0.0)
    return [_shown(hit, strongest) for hit in result.hits]


def _shown(hit: Hit, strongest: float) -> ShownHit:
    best = best_sentence(hit)
    marks = [(best.start, best.end)] if best else []
    return ShownHit(
        hit=hit,
        html=render_hit(hit),
        address=passage_url(hit.document_id, hit.start, hit.end, marks),
        parts=_parts(hit, strongest),
        reasons=hit_reasons(hit),
    )


def _parts(hit: Hit, strongest: float) -> list[Part]:
    why = hit.why
    words = why.get("bm25", 0.0)
    return [
        Part("Score", "what the order goes by", f"{hit.score:.2f}", _percent(hit.score)),
        _cosine("Meaning", "nearness of the whole passage to the question", why.get("dense", 0.0)),
        _cosine("Best sentence", "nearness of its best sentence", why.get("sentence", 0.0)),
        _cosine("Nearness", "nearness of the passage to each word of the question", why.get("closeness", 0.0)),
        Part("Words", "words in common, against the best passage here", f"{words:.1f}", _percent(words, strongest)),
    ]


def _cosine(name: str, meaning: str, value: float) -> Part:
    return Part(name, meaning, f"{value:.2f}", _percent(value))


def _percent(value: float, most: float = 1.0) -> int:
    return round(100 * min(1.0, max(0.0, value / most))) if most else 0
