"""Whether passages hold an answer at all: a logistic model of a few signals, fitted on labelled questions. Pure.

The best single signal is how close the passages come to the question's *weakest* words: a question without an answer
usually shares its topic with the documents, but has a word in it that nothing there comes near.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from typing import Any

# What counts as closeness of the words that are not named when all are.
ALL_NAMED = 0.9
WEAKEST = 2
# Questions in the labelled sets are hardly ever longer; beyond, the model would have to guess.
LONGEST = 12


@dataclass(frozen=True)
class Signals:
    """What speaks for and against an answer.

    ``weakest``: mean closeness of the two content words that the first passage comes least near to.
    ``paraphrased``: mean closeness of the content words that a passage doesn't have themselves, in the best passage.
    ``named``: the share of content words that a passage does have, in the best one.
    ``standing_out``: how many standard deviations the best sentence is above those of all candidates.
    ``identifier``: 1 if a passage has a rare identifier of the question; ``unknown``: 1 if no document has one.
    ``length``: the number of content words, at most 12: of many words the weakest are weaker.
    """

    weakest: float
    paraphrased: float
    named: float
    standing_out: float
    identifier: float
    unknown: float
    length: float


@dataclass(frozen=True)
class PassageSignals:
    """Of one passage: closeness of each content word, which of them it has, its best sentence's standing out."""

    words: Sequence[float]
    has: Sequence[bool]
    standing_out: float
    identifier: bool


@dataclass(frozen=True)
class Calibration:
    """``weights`` by signal's name, and the log-odds from which a question is ``answerable``, a passage ``relevant``."""

    weights: Mapping[str, float]
    bias: float
    answerable: float
    relevant: float

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Calibration:
        """As an index version stores it. Raises KeyError or TypeError for anything else."""
        weights = {field.name: float(stored["weights"][field.name]) for field in fields(Signals)}
        return cls(weights, float(stored["bias"]), float(stored["answerable"]), float(stored["relevant"]))

    def log_odds(self, signals: Signals) -> float:
        """Above zero, an answer is likelier than none."""
        pairs = zip(fields(signals), astuple(signals), strict=True)
        return self.bias + sum(self.weights[field.name] * value for field, value in pairs)


def signals_of(passages: Sequence[PassageSignals], *, unknown: bool) -> Signals:
    """The signals of one or more passages together, the best one first."""
    first = passages[0]
    weakest = sorted(first.words)[:WEAKEST]
    return Signals(
        weakest=sum(weakest) / len(weakest),
        paraphrased=max(_unnamed(passage) for passage in passages),
        named=max(sum(passage.has) / len(passage.has) for passage in passages),
        standing_out=max(passage.standing_out for passage in passages),
        identifier=float(any(passage.identifier for passage in passages)),
        unknown=float(unknown),
        length=float(min(len(first.words), LONGEST)),
    )


def _unnamed(passage: PassageSignals) -> float:
    missing = [close for close, has in zip(passage.words, passage.has, strict=True) if not has]
    return sum(missing) / len(missing) if missing else ALL_NAMED
