"""How good an order of passages is for labelled questions, and how sure a difference between two orders is.

page: a passage of a labelled document. strict: the passage holds the labelled answer. nDCG@10 is over documents.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.labelled import Question

MEASURES = ("page@1", "page@5", "strict@1", "strict@5", "nDCG@10")
NDCG = 4
RESAMPLES = 10_000


@dataclass(frozen=True)
class Passage:
    path: str
    text: str


@dataclass(frozen=True)
class Quality:
    """Shares of questions, 0 to 1."""

    page_at_1: float
    page_at_5: float
    strict_at_1: float
    strict_at_5: float
    ndcg_at_10: float


def ranks(question: Question, found: Sequence[Passage]) -> tuple[float, ...]:
    """The five measures of one question."""
    page = [passage.path in question.documents for passage in found] or [False]
    strict = [holds_answer(passage.text, question) for passage in found[:5]] or [False]
    return float(page[0]), float(any(page[:5])), float(strict[0]), float(any(strict)), _ndcg(question, found)


def quality(rows: Sequence[tuple[float, ...]]) -> Quality:
    """The means of several questions' measures."""
    return Quality(*(float(mean) for mean in np.mean(rows, axis=0)))


def difference(
    ours: Sequence[tuple[float, ...]], theirs: Sequence[tuple[float, ...]], measure: int = NDCG
) -> tuple[float, float, float]:
    """Mean difference in a measure over the same questions with its 95 % interval (paired bootstrap, fixed seed)."""
    paired = np.array([one[measure] - other[measure] for one, other in zip(ours, theirs, strict=True)])
    draws = np.random.default_rng(7).integers(0, len(paired), (RESAMPLES, len(paired)))
    low, high = np.quantile(paired[draws].mean(axis=1), (0.025, 0.975))
    return float(paired.mean()), float(low), float(high)


def holds_answer(text: str, question: Question) -> bool:
    """Whether any of the labelled phrases is in a text, marks and line breaks aside."""
    words = _normalised(text)
    return any(_normalised(phrase) in words for phrase in question.answer_contains)


def _ndcg(question: Question, found: Sequence[Passage]) -> float:
    paths = list(dict.fromkeys(passage.path for passage in found))[:10]
    gain = sum(1 / math.log2(rank + 2) for rank, path in enumerate(paths) if path in question.documents)
    return gain / sum(1 / math.log2(rank + 2) for rank in range(min(10, len(question.documents))))


def _normalised(text: str) -> str:
    return " ".join(text.replace("**", "").replace("`", "").split()).lower()
