"""What a question's terms weigh in an organisation's documents, and which of them lead to candidates.

Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), with the usual constants. In
large corpora the commonest terms add to scores but propose nothing, after Turtle and Flood, "Query evaluation:
strategies and optimizations" (1995): reading the postings of a term that every third chunk has costs more than all else.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connections

from agents.retrieval.corpus import Corpus
from agents.retrieval.models import IndexVersion
from agents.retrieval.selectors import ALIAS

K1 = 1.2
B = 0.75
# So many postings are read in large corpora, those of the rarest terms first.
POSTINGS_READ = 20_000
# And no more of one term, should it be the only one: it says next to nothing then.
MOST_POSTINGS = 100_000
# Counts of terms that more chunks have than this are kept in memory: they change little, and counting takes long.
COMMON = 1_000
REMEMBER_SECONDS = 600
REMEMBERED_TERMS = 20_000

_COUNTS = """
SELECT asked.term, (
  SELECT count(*) FROM retrieval_posting
  WHERE version_id = %(version)s AND organization_id = %(organization)s AND term = asked.term)
FROM unnest(%(terms)s::text[]) AS asked(term)
"""
_remembered: dict[tuple[int, str, str], tuple[float, int]] = {}


@dataclass(frozen=True)
class WeightedTerm:
    """A term that some chunk has: its inverse document frequency, and whether chunks are proposed for it alone."""

    text: str
    weight: float
    leading: bool


def weighted_terms(version: IndexVersion, corpus: Corpus, terms: Sequence[str]) -> list[WeightedTerm]:
    """The terms that the organisation's chunks have, rarest first."""
    counts = sorted(_counts(version, corpus, terms).items(), key=lambda item: (item[1], item[0]))
    weighted: list[WeightedTerm] = []
    postings = 0
    for text, chunks_with in counts:
        leading = not corpus.is_large or not weighted or postings + chunks_with <= POSTINGS_READ
        postings += chunks_with
        weighted.append(WeightedTerm(text, _inverse_frequency(corpus, chunks_with), leading))
    return weighted


def _inverse_frequency(corpus: Corpus, chunks_with: int) -> float:
    """Statistics may lag behind: a term is never in more chunks than there are."""
    chunks = max(corpus.chunks, chunks_with)
    return math.log(1 + (chunks - chunks_with + 0.5) / (chunks_with + 0.5))


def _counts(version: IndexVersion, corpus: Corpus, terms: Sequence[str]) -> dict[str, int]:
    """How many chunks have each term, those left out that none has."""
    counts = _recalled(version, corpus, terms) if corpus.is_large else {}
    missing = [term for term in terms if term not in counts]
    if missing:
        with connections[ALIAS].cursor() as cursor:
            cursor.execute(_COUNTS, {"version": version.pk, "organization": corpus.organization_id, "terms": missing})
            found = dict(cursor.fetchall())
        if corpus.is_large:
            _remember(version, corpus, found)
        counts.update(found)
    return {term: count for term, count in counts.items() if count}


def _recalled(version: IndexVersion, corpus: Corpus, terms: Sequence[str]) -> dict[str, int]:
    now = time.monotonic()
    kept = ((term, _remembered.get((version.pk, corpus.organization_id, term))) for term in terms)
    return {term: entry[1] for term, entry in kept if entry is not None and entry[0] > now}


def _remember(version: IndexVersion, corpus: Corpus, counts: dict[str, int]) -> None:
    if len(_remembered) > REMEMBERED_TERMS:
        _remembered.clear()
    until = time.monotonic() + REMEMBER_SECONDS
    for term, count in counts.items():
        if count > COMMON:
            _remembered[version.pk, corpus.organization_id, term] = until, count
