"""A passage that a search found, as HTML: its best sentence and the question's words in it marked. All of it escaped."""

from __future__ import annotations

import re
from collections.abc import Collection

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from agents.retrieval.search import Hit, SentenceHit
from aurora_site.core.text.terms import terms

_WORD = re.compile(r"\w(?:[\w.'’/:@+-]*\w)?")


def best_sentence(hit: Hit) -> SentenceHit | None:
    """The sentence of a hit that is nearest to the question, or None where it has none."""
    return max(hit.sentences, key=lambda sentence: sentence.score, default=None)


def render_hit(hit: Hit) -> SafeString:
    """The passage's text; the best sentence is ``<mark>``, words that matched are ``<b>``."""
    matched = frozenset(hit.why.get("terms", ()))
    best = best_sentence(hit)
    if best is None:
        return _worded(hit.text, matched)
    start, end = max(0, best.start - hit.start), min(len(hit.text), best.end - hit.start)
    return format_html(
        '{}<mark><span class="visually-hidden">Best sentence: </span>{}</mark>{}',
        _worded(hit.text[:start], matched),
        _worded(hit.text[start:end], matched),
        _worded(hit.text[end:], matched),
    )


def _is_matched(word: str, matched: Collection[str]) -> bool:
    return any(term.text in matched for term in terms(word))


def _worded(text: str, matched: Collection[str]) -> SafeString:
    pieces: list[tuple[SafeString]] = []
    position = 0
    for word in _WORD.finditer(text):
        if _is_matched(word.group(), matched):
            before = text[position : word.start()]
            pieces.append((format_html('{}<b class="term">{}</b>', before, word.group()),))
            position = word.end()
    return format_html("{}{}", format_html_join("", "{}", pieces), text[position:])
