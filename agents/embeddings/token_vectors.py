"""Token vectors of all-MiniLM-L6-v2 in a quarter of their numbers and a byte each, so that an index can keep them.

The projection holds the main directions of the token vectors of the demo documents (``python -m bench.projection``);
on them the cosines of tokens come out nearly as in the full space.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from agents.embeddings.base import TokenVectors, Vectors, normalised

WIDTH = 96
NONE: TokenVectors = np.zeros((0, WIDTH), dtype=np.int8)
FILE = Path(__file__).with_name("minilm_projection.npy")


@lru_cache(maxsize=1)
def _projection() -> Vectors:
    return np.load(FILE, allow_pickle=False).astype(np.float32)


def projected(states: Vectors) -> Vectors:
    """Unit vectors (tokens, 96) from the model's states (tokens, 384)."""
    return normalised(states @ _projection())


def compressed(states: Vectors) -> TokenVectors:
    """As ``projected``, times 127 and rounded."""
    return np.rint(projected(states) * 127).astype(np.int8)


def from_bytes(stored: bytes | memoryview) -> TokenVectors:
    """Token vectors as they were stored with ``tobytes``."""
    return np.frombuffer(stored, dtype=np.int8).reshape(-1, WIDTH)
