"""From two legs' scores to an order, and from the passages' signals to a verdict: relevant or not, answerable or not.

Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from agents.retrieval.candidates import Candidate, CandidateSentence
from agents.retrieval.closeness import Closeness
from agents.retrieval.verdict import Calibration, PassageSignals, Signals, signals_of
from aurora_site.core.text.terms import Term

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
# The final score: the one above, and how close the passage comes to the question's content words and to all its tokens.
# Flat around these values on both sets that they were chosen on (bench/retrieval.py).
FUSED_SHARE = 0.46
CONTENT_SHARE = 0.27
TOKENS_SHARE = 0.27
# The mean over the labelled questions that have no answer: few candidates alone shall not make one.
USUAL_STANDING_OUT = 2.3
# Of fewer candidates the last is no worse for being the last.
FEW = 10
# So many of the first passages are looked at for the verdict.
JUDGED = 3
# An identifier found in more of the candidates than this names nothing in particular.
RARE_IN = 12
# At most so many hits of one document before others get a turn.
PER_DOCUMENT = 4
# Passages that share so many of their words are the same one for a reader.
SAME_WORDS = 0.9


@dataclass(frozen=True)
class Ranked:
    """A candidate in its place.

    ``sentence`` is the bare cosine of its best sentence, ``also_in`` has the paths of passages that say the same.
    """

    candidate: Candidate
    score: float
    sentence: float
    closeness: Closeness
    signals: PassageSignals
    sentences: Sequence[CandidateSentence]
    relevant: bool = False
    also_in: Sequence[str] = ()


@dataclass(frozen=True)
class Ranking:
    """The best, and the verdict on them: ``signals`` of the first ones together, None without any."""

    hits: Sequence[Ranked]
    answerable: bool = False
    signals: Signals | None = None
    log_odds: float = 0.0


@dataclass(frozen=True)
class Asked:
    """A question's search terms, and the terms of each of its content words."""

    terms: Sequence[Term]
    words: Sequence[frozenset[str]]


def worth_rescoring(found: Sequence[Candidate]) -> list[Candidate]:
    """The candidates best by dense and BM25 alone."""
    scores = DENSE_WEIGHT * _scaled([c.dense for c in found]) + BM25_WEIGHT * _scaled([c.bm25 for c in found])
    return [found[index] for index in np.argsort(-scores, kind="stable")[:RESCORED]]


def rank(
    kept: Sequence[Candidate],
    sentences: Mapping[int, Sequence[CandidateSentence]],
    closeness: Sequence[Closeness],
    asked: Asked,
    calibration: Calibration,
    limit: int,
) -> Ranking:
    """The best ``limit`` of the candidates worth rescoring, best first; ``closeness`` has one for each of them.

    None is relevant when the question isn't answerable; when it is, the first one is.
    """
    if not kept:
        return Ranking(())
    names = Names.among(asked.terms, kept)
    best = np.array([max((s.prefixed for s in sentences.get(c.pk, ())), default=c.dense) for c in kept])
    scores = _scores(kept, best, closeness, names)
    outstanding = _standing_out(best)
    order = [int(index) for index in np.argsort(-scores, kind="stable")]
    ranked = [
        _ranked(kept[i], float(scores[i]), sentences.get(kept[i].pk, ()), closeness[i], asked, names, outstanding[i])
        for i in order
    ]
    return _judged(_shared_out(_once(ranked), limit), names, calibration)


def _standing_out(best: np.ndarray) -> np.ndarray:
    """Standard scores; the fewer the candidates, the less these tell, and the nearer they are drawn to a usual one."""
    sure = min(1.0, len(best) / RESCORED)
    scores: np.ndarray = sure * (best - best.mean()) / (best.std() + 1e-6) + (1 - sure) * USUAL_STANDING_OUT
    return scores


def _scores(kept: Sequence[Candidate], best: np.ndarray, closeness: Sequence[Closeness], names: Names) -> np.ndarray:
    fused = (
        CHUNK_SHARE * _scaled([c.dense for c in kept])
        + SENTENCE_SHARE * _scaled(best)
        + BM25_SHARE * _scaled([c.bm25 for c in kept])
        + [NAMED_BONUS * bool(names.rare.intersection(c.terms)) for c in kept]
    )
    scores: np.ndarray = (
        FUSED_SHARE * _scaled(fused)
        + CONTENT_SHARE * _scaled([close.content for close in closeness])
        + TOKENS_SHARE * _scaled([close.tokens for close in closeness])
    )
    return scores


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
    candidate: Candidate,
    score: float,
    own: Sequence[CandidateSentence],
    close: Closeness,
    asked: Asked,
    names: Names,
    standing_out: float,
) -> Ranked:
    has = [bool(word.intersection(candidate.terms)) for word in asked.words]
    signals = PassageSignals(
        close.words, has or [False], float(standing_out), bool(names.rare.intersection(candidate.terms))
    )
    bare = max((sentence.bare for sentence in own), default=candidate.dense)
    return Ranked(candidate, score, bare, close, signals, own)


def _judged(hits: Sequence[Ranked], names: Names, calibration: Calibration) -> Ranking:
    """An exact rare identifier is evidence enough."""
    first = [hit.signals for hit in hits[:JUDGED]]
    signals = signals_of(first, unknown=names.unknown)
    log_odds = calibration.log_odds(signals)
    answerable = log_odds >= calibration.answerable or any(signal.identifier for signal in first)

    def relevant(place: int, hit: Ranked) -> bool:
        own = calibration.log_odds(signals_of([hit.signals], unknown=names.unknown))
        return answerable and (place == 0 or hit.signals.identifier or own >= calibration.relevant)

    marked = [replace(hit, relevant=relevant(place, hit)) for place, hit in enumerate(hits)]
    return Ranking(marked, answerable, signals, log_odds)


def _once(ranked: Sequence[Ranked]) -> list[Ranked]:
    """Passages of other documents that say the same as a better one are named there instead of listed."""
    kept: list[Ranked] = []
    words: list[frozenset[str]] = []
    for hit in ranked:
        own = frozenset(hit.candidate.text.lower().split())
        twin = next((n for n, other in enumerate(words) if _same(own, other) and _elsewhere(hit, kept[n])), None)
        if twin is None:
            kept.append(hit)
            words.append(own)
        else:
            paths = dict.fromkeys([*kept[twin].also_in, hit.candidate.path])
            kept[twin] = replace(kept[twin], also_in=tuple(paths))
    return kept


def _same(one: frozenset[str], other: frozenset[str]) -> bool:
    shorter, longer = sorted((len(one), len(other)))
    return shorter >= SAME_WORDS * longer and len(one & other) >= SAME_WORDS * len(one | other)


def _elsewhere(hit: Ranked, other: Ranked) -> bool:
    return hit.candidate.document_id != other.candidate.document_id


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


def _scaled(scores: Sequence[float] | np.ndarray) -> np.ndarray:
    """Min-max to 0..1, where few are compared from zero on; all zero where all are equal, but a single one."""
    values = np.asarray(scores, dtype=np.float64)
    if not values.size:
        return values
    least = values.min() if len(values) >= FEW else min(0.0, float(values.min()))
    spread = values.max() - least
    return (values - least) / spread if spread else np.zeros_like(values)
