"""Fits the verdict on labelled questions: ``python -m bench.calibration`` prints what ``calibration.FITTED`` holds.

A logistic regression (ridge penalty, classes weighted equally, so that log-odds of zero cut where both kinds of mistakes
weigh the same) over the demo and the tools questions. It then prints answered and declined at several thresholds,
fitted on all, and cross-validated (tenfold, and fitted on the other corpus alone).
"""

from __future__ import annotations

from dataclasses import astuple, fields
from typing import TYPE_CHECKING

import numpy as np

from bench.labelled import DEMO, TOOLS, Corpus, Question, found_for, index_documents, questions
from bench.quality import holds_answer
from bench.throwaway import databases

if TYPE_CHECKING:
    from agents.retrieval.search import SearchResult

PENALTY = 1.0
FOLDS = 10
THRESHOLDS = (-0.75, -0.65, -0.6, -0.55, -0.5, -0.4, -0.25, 0.0)
# Of the passages that hold an answer so many are to count as relevant.
KEPT_RELEVANT = 0.9


def fit(signals: np.ndarray, answerable: np.ndarray) -> tuple[np.ndarray, float]:
    """Weights and bias of a penalised logistic regression on standardised signals, by Newton's method."""
    mean, deviation = signals.mean(axis=0), signals.std(axis=0) + 1e-9
    rows = np.column_stack([(signals - mean) / deviation, np.ones(len(signals))])
    share = answerable.mean()
    importance = np.where(answerable, 0.5 / share, 0.5 / (1 - share))
    penalty = np.diag([PENALTY] * signals.shape[1] + [0.0])
    weights = np.zeros(rows.shape[1])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-rows @ weights))
        slope = rows.T @ (importance * (chance - answerable)) + penalty @ weights
        curvature = (rows * (importance * chance * (1 - chance))[:, None]).T @ rows + penalty
        weights -= np.linalg.solve(curvature, slope)
    scaled = weights[:-1] / deviation
    return scaled, float(weights[-1] - scaled @ mean)


def rates(log_odds: np.ndarray, answerable: np.ndarray, threshold: float = 0.0) -> tuple[float, float]:
    """Shares of the answerable that are answered, and of the others that are declined."""
    return float((log_odds[answerable] >= threshold).mean()), float((log_odds[~answerable] < threshold).mean())


def main() -> None:
    with databases():
        sets = [_signals(corpus) for corpus in (DEMO, TOOLS)]
    everything, known = np.vstack([rows for rows, *_ in sets]), np.concatenate([answers for _, answers, *_ in sets])
    weights, bias = fit(everything, known)
    _print_fitted(weights, bias, sets)
    for (rows, answers, *_), (others, theirs, *_), corpus in zip(sets, reversed(sets), (DEMO, TOOLS), strict=True):
        _print_rates(f"{corpus.name}, fitted on both", rows @ weights + bias, answers)
        elsewhere, offset = fit(others, theirs)
        _print_rates(f"{corpus.name}, fitted on the other", rows @ elsewhere + offset, answers)
    held_out = _cross_validated(everything, known)
    size = len(sets[0][0])
    _print_rates("demo, cross-validated", held_out[:size], known[:size])
    _print_rates("tools, cross-validated", held_out[size:], known[size:])


Signalled = tuple[np.ndarray, np.ndarray, np.ndarray]


def _signals(corpus: Corpus) -> Signalled:
    """Signals of each question (n, 7), which are answerable (n,), and signals of single passages that hold an answer."""
    index_documents(corpus)
    asked = questions(corpus)
    pairs = list(zip(asked, found_for(asked, corpus), strict=True))
    names = _names()
    rows = np.array([[result.verdict[name] for name in names] for _, result in pairs])
    holding = np.array([signals for question, result in pairs for signals in _holding(question, result)])
    return rows, np.array([bool(question.documents) for question in asked]), holding


def _holding(question: Question, result: SearchResult) -> list[tuple[float, ...]]:
    from agents.retrieval.verdict import PassageSignals, signals_of

    found = []
    for hit in result.hits[:8]:
        if hit.path in question.documents and holds_answer(f"{hit.heading} {hit.text}", question):
            own = PassageSignals(**hit.why["signals"])
            found.append(astuple(signals_of([own], unknown=bool(result.verdict["unknown"]))))
    return found


def _names() -> list[str]:
    from agents.retrieval.verdict import Signals

    return [field.name for field in fields(Signals)]


def _cross_validated(rows: np.ndarray, answers: np.ndarray) -> np.ndarray:
    fold = np.random.default_rng(3).permutation(len(rows)) % FOLDS
    found = np.zeros(len(rows))
    for number in range(FOLDS):
        weights, bias = fit(rows[fold != number], answers[fold != number])
        found[fold == number] = rows[fold == number] @ weights + bias
    return found


def _print_fitted(weights: np.ndarray, bias: float, sets: list[Signalled]) -> None:
    holding = np.vstack([own for *_, own in sets]) @ weights + bias
    print('"weights":', {name: round(float(weight), 3) for name, weight in zip(_names(), weights, strict=True)})
    print(f'"bias": {bias:.3f}\n"relevant": {np.quantile(holding, 1 - KEPT_RELEVANT):.2f}')


def _print_rates(name: str, log_odds: np.ndarray, answers: np.ndarray) -> None:
    told = [rates(log_odds, answers, threshold) for threshold in THRESHOLDS]
    cuts = "  ".join(
        f"{threshold:+.2f}: {answered:.2f}/{declined:.2f}"
        for threshold, (answered, declined) in zip(THRESHOLDS, told, strict=True)
    )
    print(f"{name:28} answered/declined at {cuts}")


if __name__ == "__main__":
    main()
