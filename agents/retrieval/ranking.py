"""From two legs' scores to an order, and from scores to a verdict: relevant or not, answerable or not. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from agents.retrieval.candidates import Candidate, CandidateSentence
from aurora_site.core.text.terms import Term

# Convex fusion of min-max normalised scores (Bruch et al., arXiv 2210.11934); flat between .6 and .8.
DENSE_WEIGHT = 0.7
BM25_WEIGHT = 0.3
# The three-way score of those worth a closer look: chunk, its best sentence under its title path, BM25.
CHUNK_SHARE = 0.35
SENTENCE_SHARE = 0.35
BM25_SHARE = 0.3
RESCORED = 40

# Cosine of the best bare sentence among the first five chunks from which on a question counts as answerable, and of
# a chunk's own best sentence from which on the chunk counts as relevant.
ANSWERABLE_COSINE = 0.45
RELEVANT_COSINE = 0.40
JUDGED = 5
# At most so many hits of one document before others get a turn.
PER_DOCUMENT = 4


@dataclass(frozen=True)
class Ranked:
    """A candidate in its place. ``sentence`` is the bare cosine of its best sentence."""

    candidate: Candidate
    score: float
    sentence: float
    relevant: bool
    sentences: Sequence[CandidateSentence]


@dataclass(frozen=True)
class Ranking:
    hits: Sequence[Ranked]
    answerable: bool


def worth_rescoring(found: Sequence[Candidate]) -> list[Candidate]:
    """The candidates best by dense and BM25 alone."""
    scores = DENSE_WEIGHT * _scaled([c.dense for c in found]) + BM25_WEIGHT * _scaled([c.bm25 for c in found])
    return [found[index] for index in np.argsort(-scores, kind="stable")[:RESCORED]]


def rank(
    found: Sequence[Candidate],
    sentences: Mapping[int, Sequence[CandidateSentence]],
    query_terms: Sequence[Term],
    limit: int,
) -> Ranking:
    """The best ``limit`` of the candidates, best first."""
    kept = worth_rescoring(found)
    if not kept:
        return Ranking((), answerable=False)
    best = [max((s.prefixed for s in sentences.get(c.pk, ())), default=c.dense) for c in kept]
    scores = (
        CHUNK_SHARE * _scaled([c.dense for c in kept])
        + SENTENCE_SHARE * _scaled(best)
        + BM25_SHARE * _scaled([c.bm25 for c in kept])
    )
    named = {term.text for term in query_terms if term.identifier}
    order = [int(index) for index in np.argsort(-scores, kind="stable")]
    ranked = [_ranked(kept[index], float(scores[index]), sentences, named) for index in order]
    hits = _shared_out(ranked, limit)
    return Ranking(hits, answerable=_answerable(hits[:JUDGED], named))


def _ranked(
    candidate: Candidate, score: float, sentences: Mapping[int, Sequence[CandidateSentence]], named: set[str]
) -> Ranked:
    own = sentences.get(candidate.pk, ())
    best = max((sentence.bare for sentence in own), default=candidate.dense)
    relevant = best >= RELEVANT_COSINE or bool(named.intersection(candidate.terms))
    return Ranked(candidate, score, best, relevant, own)


def _answerable(top: Sequence[Ranked], named: set[str]) -> bool:
    if any(named.intersection(hit.candidate.terms) for hit in top):
        return True
    return max(hit.sentence for hit in top) >= ANSWERABLE_COSINE


def _shared_out(ranked: Sequence[Ranked], limit: int) -> list[Ranked]:
    """The first ``limit``, where a document's hits beyond the fourth only fill places that nobody else takes."""
    taken: Counter[str] = Counter()
    first, later = [], []
    for hit in ranked:
        taken[hit.candidate.document_id] += 1
        (first if taken[hit.candidate.document_id] <= PER_DOCUMENT else later).append(hit)
    chosen = [*first, *later][:limit]
    return sorted(chosen, key=lambda hit: -hit.score)


def _scaled(scores: Sequence[float]) -> np.ndarray:
    """Min-max to 0..1; all zero where all are equal."""
    values = np.asarray(scores, dtype=np.float64)
    if not values.size:
        return values
    spread = values.max() - values.min()
    return (values - values.min()) / spread if spread else np.zeros_like(values)
