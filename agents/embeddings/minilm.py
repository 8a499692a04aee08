"""all-MiniLM-L6-v2 in this process: CTranslate2 int8, mean pooling over the attention mask, unit length.

The same vectors as sentence-transformers gives, to a cosine of about 0.997 (what int8 costs).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from agents.embeddings import token_vectors
from agents.embeddings.base import EmbedderUnavailable, Question, TokenVectors, Vectors, normalised
from agents.embeddings.minilm_conversion import converted_model

NAME = "all-MiniLM-L6-v2-int8"
DIMENSION = 384
MAX_TOKENS = 256
# Padded size of a batch. Small ones stay in the processor's cache: measured twice as quick as 4096.
_TOKENS_PER_BATCH = 1024
_CORES = min(4, os.cpu_count() or 1)


@dataclass
class _Loaded:
    tokenizer: Any
    encoder: Any


class MiniLMEmbedder:
    """Loads on first use; texts over 256 tokens are cut, as the model was trained."""

    name = NAME
    dimension = DIMENSION

    def __init__(self, models_folder: Path) -> None:
        self._models_folder = models_folder
        self._lock = threading.Lock()
        self._loaded: _Loaded | None = None

    def embed_query(self, text: str) -> Vectors:
        """Runs on one core: quickest when several people ask at once."""
        return self.embed_question(text).vector

    def embed_question(self, text: str) -> Question:
        """Both kinds of vectors come from one pass over the text."""
        loaded = self._load()
        encoding = loaded.tokenizer.encode(text)
        states = _states(loaded.encoder, [encoding.ids])
        vector = normalised(_pooled(states, [len(encoding.ids)]))[0]
        return Question(vector, token_vectors.projected(states[0]), encoding.offsets)

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """Batches of similar length, one per core at a time."""
        return self._embed(texts)[0]

    def embed_passages(self, texts: Sequence[str]) -> tuple[Vectors, list[TokenVectors]]:
        """As ``embed_documents``, with what the same pass tells of each token."""
        return self._embed(texts, with_tokens=True)

    def _embed(self, texts: Sequence[str], *, with_tokens: bool = False) -> tuple[Vectors, list[TokenVectors]]:
        vectors = np.zeros((len(texts), DIMENSION), dtype=np.float32)
        told: list[TokenVectors] = [token_vectors.NONE] * len(texts)
        if not texts:
            return vectors, told
        loaded = self._load()
        tokens = [encoding.ids for encoding in loaded.tokenizer.encode_batch(list(texts))]
        batches = _batches(sorted(range(len(texts)), key=lambda index: len(tokens[index])), tokens)
        with ThreadPoolExecutor(_CORES) as pool:
            found = pool.map(lambda batch: _states(loaded.encoder, [tokens[index] for index in batch]), batches)
            for batch, states in zip(batches, found, strict=True):
                vectors[batch] = _pooled(states, [len(tokens[index]) for index in batch])
                for row, index in enumerate(batch if with_tokens else ()):
                    told[index] = token_vectors.compressed(states[row, : len(tokens[index])])
        return normalised(vectors), told

    def count_tokens(self, text: str) -> int:
        """How many tokens the model sees of a text, uncut, with its two special ones."""
        encoding = self._load().tokenizer.encode(text)
        return len(encoding.ids) + sum(len(more.ids) - 2 for more in encoding.overflowing)

    def _load(self) -> _Loaded:
        if self._loaded is None:
            with self._lock:
                self._loaded = self._loaded or _load(self._models_folder)
        return self._loaded


def _load(models_folder: Path) -> _Loaded:
    import ctranslate2
    from tokenizers import Tokenizer

    folder = converted_model(models_folder)
    try:
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        encoder = ctranslate2.Encoder(
            str(folder), device="cpu", compute_type="int8", inter_threads=_CORES, intra_threads=1
        )
    # tokenizers raises bare Exception for a file that it can't read.
    except Exception as error:
        raise EmbedderUnavailable(
            f"The converted model can't be loaded ({error}). Delete {folder} to have it made again.", retryable=False
        ) from error
    tokenizer.enable_truncation(MAX_TOKENS)
    tokenizer.no_padding()
    return _Loaded(tokenizer, encoder)


def _batches(order: Sequence[int], tokens: Sequence[Sequence[int]]) -> list[list[int]]:
    """Indices in batches whose longest text times their number stays within the bound; ``order`` is by length."""
    batches: list[list[int]] = [[]]
    for index in order:
        if batches[-1] and (len(batches[-1]) + 1) * len(tokens[index]) > _TOKENS_PER_BATCH:
            batches.append([])
        batches[-1].append(index)
    return batches


def _states(encoder: Any, batch: list[list[int]]) -> Vectors:
    """The model's last layer for each token, padding included: shape (len(batch), longest, 384)."""
    return np.asarray(encoder.forward_batch(batch).last_hidden_state)


def _pooled(states: Vectors, lengths: Sequence[int]) -> Vectors:
    """The mean of each text's token vectors, padding left out: shape (len(batch), 384)."""
    mask = (np.arange(states.shape[1]) < np.array(lengths)[:, None]).astype(np.float32)[:, :, None]
    mean: Vectors = (states * mask).sum(axis=1) / mask.sum(axis=1)
    return mean
