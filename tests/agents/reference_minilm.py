"""all-MiniLM-L6-v2 in plain float32 numpy, from the published weights: what the int8 model is held against."""

from __future__ import annotations

import math

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from agents.embeddings.minilm_conversion import HEADS, LAYERS, package_folder

_erf = np.vectorize(math.erf, otypes=[np.float32])


class ReferenceMiniLM:
    def __init__(self) -> None:
        folder = package_folder()
        self.weights = load_file(folder / "model.safetensors")
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.enable_truncation(256)
        self.tokenizer.no_padding()

    def embed(self, text: str) -> np.ndarray:
        ids = self.tokenizer.encode(text).ids
        words, positions, types = (self.weights[f"embeddings.{kind}_embeddings.weight"] for kind in
                                   ("word", "position", "token_type"))  # fmt: skip
        states = self._norm(words[ids] + positions[: len(ids)] + types[0], "embeddings.LayerNorm")
        for number in range(LAYERS):
            states = self._layer(states, f"encoder.layer.{number}")
        mean = states.mean(axis=0)
        return mean / np.linalg.norm(mean)

    def _layer(self, states: np.ndarray, name: str) -> np.ndarray:
        query, key, value = (
            self._linear(states, f"{name}.attention.self.{role}").reshape(len(states), HEADS, -1).transpose(1, 0, 2)
            for role in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 2, 1) / math.sqrt(query.shape[-1])
        shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
        shares /= shares.sum(axis=-1, keepdims=True)
        mixed = (shares @ value).transpose(1, 0, 2).reshape(len(states), -1)
        attended = self._norm(states + self._linear(mixed, f"{name}.attention.output.dense"),
                              f"{name}.attention.output.LayerNorm")  # fmt: skip
        inner = self._linear(attended, f"{name}.intermediate.dense")
        inner = inner * 0.5 * (1 + _erf(inner / math.sqrt(2)))
        return self._norm(attended + self._linear(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm")

    def _linear(self, states: np.ndarray, name: str) -> np.ndarray:
        return states @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    def _norm(self, states: np.ndarray, name: str) -> np.ndarray:
        centred = states - states.mean(axis=-1, keepdims=True)
        scale = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-12)
        return centred / scale * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]
