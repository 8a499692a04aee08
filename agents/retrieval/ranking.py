"""From two legs' scores to an order, and from scores to a verdict: relevant or not, answerable or not. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from agents.retrieval.candidates import Candidate, CandidateSentence
from aurora_site.core.text.terms import Term, terms

# Convex fusion of min-max normalised scores (Bruch et al., arXiv 2210.11934); flat between .6 and .8.
DENSE_WEIGHT = 0.7
BM25_WEIGHT = 0.3
# The three-way score of those worth a closer look: chunk, its best sentence under its title path, BM25.
CHUNK_SHARE = 0.35
SENTENCE_SHARE = 0.35
BM25_SHARE = 0.3
RESCORED = 40
# What a chunk gains by having an identifier of the question: BM25 alone ranks those questions better than vectors do.
NAMED_BONUS = 0.2

# A question counts as answerable from this cosine of the best bare sentence among the first three chunks. Calibrated on
# the 225 labelled questions about the demo documents (bench/retrieval.py), with the rules about identifiers below: .46
# answers 79 % (98 to 100 % but for paraphrases, which share no word with the text: 44 %) and declines 56 % of the
# unanswerable ones, all made of the documents' own words; .42 gives 85 and 50 %, .50 gives 74 and 64 %.
ANSWERABLE_COSINE = 0.46
JUDGED = 3
# Less is enough if the first chunk's title path has half of the question's words: "What if the disk is full?" and the
# runbook of that name. None of the labelled unanswerable questions gets through by this.
TITLED_COSINE = 0.30
TITLED_SHARE = 0.5
# A chunk counts as relevant from this mean of its best sentence's two cosines: 89 % of the passages that hold the
# answer are above, 61 % of the other hits below.
RELEVANT_MATCH = 0.40
# An identifier found in more of the candidates than this names nothing in particular.
RARE_IN = 12
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
    """The best ``limit`` of the candidates, best first. None is relevant when the question isn't answerable; when it
    is, the first one is."""
    kept = worth_rescoring(found)
    if not kept:
        return Ranking((), answerable=False)
    best = [max((s.prefixed for s in sentences.get(c.pk, ())), default=c.dense) for c in kept]
    scores = (
        CHUNK_SHARE * _scaled([c.dense for c in kept])
        + SENTENCE_SHARE * _scaled(best)
        + BM25_SHARE * _scaled([c.bm25 for c in kept])
    )
    names = Names.among(query_terms, found)
    scores += [NAMED_BONUS * bool(names.rare.intersection(candidate.terms)) for candidate in kept]
    order = [int(index) for index in np.argsort(-scores, kind="stable")]
    hits = _shared_out([_ranked(kept[i], min(1.0, float(scores[i])), sentences, names) for i in order], limit)
    answerable = _answerable(hits, names, query_terms)
    relevant = [answerable and (hit.relevant or place == 0) for place, hit in enumerate(hits)]
    return Ranking([replace(hit, relevant=judged) for hit, judged in zip(hits, relevant, strict=True)], answerable)


@dataclass(frozen=True)
class Names:
    """The question's identifiers: those that few candidates have, and whether one is in no document at all."""

    rare: frozenset[str]
    unknown: bool

    @classmethod
    def among(cls, query_terms: Sequence[Term], found: Sequence[Candidate]) -> Names:
        having = Counter(term for candidate in found for term in candidate.terms)
        rare = {term.text for term in query_terms if term.identifier and 0 < having[term.text] <= RARE_IN}
        return cls(frozenset(rare), any(term.unmistakable and not having[term.text] for term in query_terms))


def _ranked(
    candidate: Candidate, score: float, sentences: Mapping[int, Sequence[CandidateSentence]], names: Names
) -> Ranked:
    own = sentences.get(candidate.pk, ())
    bare = max((sentence.bare for sentence in own), default=candidate.dense)
    match = max(((sentence.bare + sentence.prefixed) / 2 for sentence in own), default=candidate.dense)
    relevant = match >= RELEVANT_MATCH or bool(names.rare.intersection(candidate.terms))
    return Ranked(candidate, score, bare, relevant, own)


def _answerable(hits: Sequence[Ranked], names: Names, query_terms: Sequence[Term]) -> bool:
    """An exact rare identifier is evidence enough; one that no document knows is evidence against."""
    if any(names.rare.intersection(hit.candidate.terms) for hit in hits):
        return True
    if names.unknown:
        return False
    best = max(hit.sentence for hit in hits[:JUDGED])
    return best >= ANSWERABLE_COSINE or (best >= TITLED_COSINE and _titled(hits[0].candidate, query_terms))


def _titled(candidate: Candidate, query_terms: Sequence[Term]) -> bool:
    asked = {term.text for term in query_terms}
    titled = {term.text for term in terms(candidate.heading)}
    return bool(asked) and len(asked & titled) >= TITLED_SHARE * len(asked)


def _shared_out(ranked: Sequence[Ranked], limit: int) -> list[Ranked]:
    """The first ``limit``, where a document's hits beyond the fourth only fill places that nobody else takes."""
    taken: Counter[str] = Counter()
    first: list[Ranked] = []
    later: list[Ranked] = []
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
