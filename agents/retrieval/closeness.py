"""How close a passage comes to each word of a question, by the token vectors of both. Pure.

Each token of the question is compared with all tokens of the passage and takes the best match (late interaction:
Khattab and Zaharia, "ColBERT", SIGIR 2020; here with the vectors of the embedding model itself, trained for nothing else).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agents.embeddings.base import Question, TokenVectors, Vectors
from aurora_site.core.text.terms import STOP_WORDS

_WORD = re.compile(r"[^\W_][\w'’-]*")
# These stand for something that is named elsewhere, or say that things belong or serve and not which.
_GENERAL = frozenset(
    """one ones someone somebody something anyone anybody anything
    use uses used using own owns owned please many much often exactly else""".split()  # noqa: SIM905
)
_ASKS = re.compile(r"[^.!?\n]*\?")
# Where redaction took something out there is nothing to look for.
_REDACTED = re.compile(r"\[redacted-[a-z-]+\d*\]")


@dataclass(frozen=True)
class Closeness:
    """``tokens`` is the mean over all of the question's tokens, ``words`` has one value for each of its content words;
    cosines."""

    tokens: float
    words: tuple[float, ...]

    @property
    def content(self) -> float:
        """The mean over the content words."""
        return sum(self.words) / len(self.words)


def without_redactions(text: str) -> str:
    """A question without the marks that redaction left in it."""
    return " ".join(_REDACTED.sub(" ", text).split())


def content_words(text: str) -> list[tuple[int, int]]:
    """Where the words stand that say what is asked, at least one if there is any word.

    Of several sentences only those count that ask, if one does.
    """
    words = [match.span() for match in _WORD.finditer(text)]
    asking = [match.span() for match in _ASKS.finditer(text)]
    if asking:
        words = [(a, b) for a, b in words if any(start <= a and b <= end for start, end in asking)] or words
    skipped = STOP_WORDS | _GENERAL
    return [(start, end) for start, end in words if text[start:end].lower() not in skipped] or words


def words_seen(question: Question, text: str) -> list[tuple[int, int]]:
    """The content words that the model has seen: of a very long question only the first ones."""
    end = max((stop for _, stop in question.spans), default=0)
    words = content_words(text)
    return [word for word in words if word[1] <= end] or words[:1]


def closeness(
    question: Question, words: Sequence[tuple[int, int]], passages: Sequence[TokenVectors]
) -> list[Closeness]:
    """One for each passage; zero where a passage has no token vectors.

    Args:
        question: with its tokens' unit vectors and their places in the text.
        words: places of the content words, from ``content_words``.
        passages: token vectors as they are stored.
    """
    matches = _best_matches(question.tokens, passages)
    members = [[k for k, (a, b) in enumerate(question.spans) if start <= a < b <= end] for start, end in words]
    return [
        Closeness(float(column.mean()), tuple(float(column[own].mean()) if own else 0.0 for own in members) or (0.0,))
        for column in matches.T
    ]


def _best_matches(tokens: Vectors, passages: Sequence[TokenVectors]) -> Vectors:
    """Each question token's best cosine in each passage: shape (tokens, passages)."""
    best = np.zeros((len(tokens), len(passages)), dtype=np.float32)
    filled = [index for index, passage in enumerate(passages) if len(passage)]
    if filled:
        together = np.concatenate([passages[index] for index in filled]).astype(np.float32) / 127
        starts = np.cumsum([0] + [len(passages[index]) for index in filled[:-1]])
        best[:, filled] = np.maximum.reduceat(tokens @ together.T, starts, axis=1)
    return best
