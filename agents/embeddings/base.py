"""What every embedding model looks like to retrieval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
TokenVectors = NDArray[np.int8]


class EmbeddingError(Exception):
    """Texts could not be embedded. ``retryable`` says whether another try may succeed."""

    def __init__(self, message: str, *, retryable: bool = True) -> None:
        super().__init__(message)
        self.retryable = retryable


class EmbedderUnavailable(EmbeddingError):
    """The model's files are missing or damaged, its server can't be reached, or it isn't configured."""


class EmbedderRefused(EmbeddingError):
    """The server rejected the request or the key; trying again won't help."""

    def __init__(self, message: str) -> None:
        super().__init__(message, retryable=False)


class EmbedderBadResponse(EmbeddingError):
    """The server's answer doesn't follow its format, or has vectors of an unexpected number or size."""


class Embedder(Protocol):
    """Turns texts into unit vectors. Safe to share between threads.

    ``name`` identifies the vector space: vectors of equal names can be compared, others can't.
    """

    @property
    def name(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """One L2-normalised row per text, shape (n, dimension). Raises EmbeddingError."""
        ...

    def embed_query(self, text: str) -> Vectors:
        """The L2-normalised vector of a question, shape (dimension,). Raises EmbeddingError."""
        ...


@dataclass(frozen=True)
class Question:
    """A question's own vector (d,), and one for each of its tokens (n, t) with their places in its text."""

    vector: Vectors
    tokens: Vectors
    spans: Sequence[tuple[int, int]]


@runtime_checkable
class TokenEmbedder(Embedder, Protocol):
    """An embedder that also tells what each token of a text means where it stands, for comparing word by word."""

    def embed_passages(self, texts: Sequence[str]) -> tuple[Vectors, list[TokenVectors]]:
        """One row per text as ``embed_documents`` gives, and for each text its tokens' vectors, shape (tokens, t).

        Token vectors are unit vectors times 127, rounded. Raises EmbeddingError.
        """
        ...

    def embed_question(self, text: str) -> Question:
        """The question's vector and its tokens' unit vectors. Raises EmbeddingError."""
        ...


def normalised(vectors: Vectors) -> Vectors:
    """Rows scaled to length one; a zero row stays zero."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return (vectors / np.maximum(lengths, 1e-12)).astype(np.float32)
