"""Vectors of a document on their way from the embedder to the database."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from types import TracebackType

import numpy as np

from agents.retrieval.preparing import EmbeddedChunk, PreparedChunk

IN_MEMORY_BYTES = 16 * 1024 * 1024
_LENGTH = 4  # bytes that tell how many bytes of token vectors follow


class VectorSpool:
    """Takes chunks' vectors in order and gives them back in order; on disk beyond 16 MB, since a document of 10 MB has
    250 MB of them, and they must all be there before the transaction that writes them begins."""

    def __init__(self, dimension: int) -> None:
        self._dimension = dimension
        self._file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115 closed by __exit__

    def __enter__(self) -> VectorSpool:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._file.close()

    def add(self, embedded: EmbeddedChunk) -> None:
        """The vectors of the next chunk."""
        rows = np.vstack([embedded.vector[None, :], embedded.prefixed, embedded.bare])
        self._file.write(rows.astype(np.float32).tobytes())
        self._file.write(len(embedded.token_vectors).to_bytes(_LENGTH))
        self._file.write(embedded.token_vectors)

    def read(self, prepared: Sequence[PreparedChunk]) -> Iterator[EmbeddedChunk]:
        """The vectors of all these chunks, from the first on."""
        self._file.seek(0)
        for chunk in prepared:
            size = len(chunk.sentences)
            taken = self._file.read((1 + 2 * size) * self._dimension * 4)
            rows = np.frombuffer(taken, dtype=np.float32).reshape(1 + 2 * size, self._dimension)
            token_vectors = self._file.read(int.from_bytes(self._file.read(_LENGTH)))
            yield EmbeddedChunk(rows[0], rows[1 : 1 + size], rows[1 + size :], token_vectors)
