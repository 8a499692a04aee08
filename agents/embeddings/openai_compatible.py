"""Embeddings from any server with OpenAI's ``POST /v1/embeddings``."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import httpx2
import numpy as np

from agents.embeddings.base import (
    EmbedderBadResponse,
    EmbedderRefused,
    EmbedderUnavailable,
    Vectors,
    normalised,
)
from aurora_site.core.redaction import redact

SERVED = "openai:"  # what the names of these embedders begin with; the model's name follows
BATCH_TEXTS = 64
MAX_CHARACTERS = 24_000
QUERY_SECONDS = 3.0
AWAY_SECONDS = 5.0
_ATTEMPTS = 3


class OpenAICompatibleEmbedder:
    """Secrets and personal data are taken out of every text before it is sent.

    ``dimension`` is learned from the server's first answer, so reading it may call the server.
    """

    def __init__(
        self,
        *,
        base_url: str,
        model: str,
        api_key: str = "",
        timeout: float = 30.0,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self.name = f"{SERVED}{model}"
        self._model = model
        self._client = httpx2.Client(base_url=base_url.rstrip("/") + "/", headers=headers, transport=transport)
        self._timeout = timeout
        self._away_until = 0.0
        self._dimension = 0
        self._lock = threading.Lock()

    @property
    def dimension(self) -> int:
        with self._lock:
            if not self._dimension:
                self._dimension = self._request(["dimension"]).shape[1]
        return self._dimension

    def embed_query(self, text: str) -> Vectors:
        """Two short tries, since somebody waits; where they fail, the next seconds' questions don't wait for more."""
        if time.monotonic() < self._away_until:
            raise EmbedderUnavailable("The embeddings server didn't answer some seconds ago.")
        try:
            return self._request([text[:MAX_CHARACTERS] or " "], attempts=2, timeout=QUERY_SECONDS)[0]
        except EmbedderUnavailable:
            self._away_until = time.monotonic() + AWAY_SECONDS
            raise

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """Sends the texts in batches of 64, each text cut at 24,000 characters."""
        dimension = self.dimension
        rows = np.zeros((len(texts), dimension), dtype=np.float32)
        for start in range(0, len(texts), BATCH_TEXTS):
            batch = [text[:MAX_CHARACTERS] or " " for text in texts[start : start + BATCH_TEXTS]]
            vectors = self._request(batch)
            if vectors.shape[1] != dimension:
                raise EmbedderBadResponse(f"Expected vectors of {dimension} numbers, got {vectors.shape[1]}.")
            rows[start : start + len(batch)] = vectors
        return rows

    def _request(self, batch: list[str], *, attempts: int = _ATTEMPTS, timeout: float | None = None) -> Vectors:
        texts = [redact(text).text for text in batch]
        body: dict[str, object] = {"model": self._model, "input": texts, "encoding_format": "float"}
        for attempt in range(1, attempts + 1):
            try:
                return _vectors(self._post(body, timeout=timeout or self._timeout), len(batch))
            except EmbedderUnavailable:
                if attempt == attempts:
                    raise
        raise AssertionError("unreachable")

    def _post(self, body: dict[str, object], *, timeout: float) -> httpx2.Response:
        try:
            response = self._client.post("embeddings", json=body, timeout=timeout)
        except httpx2.HTTPError as error:
            raise EmbedderUnavailable(f"The embeddings server can't be reached: {type(error).__name__}.") from error
        if response.status_code == 429 or response.status_code >= 500:
            raise EmbedderUnavailable(f"The embeddings server answered {response.status_code}.")
        if response.status_code >= 400:
            raise EmbedderRefused(f"The embeddings server refused the request: {response.status_code}.")
        return response


def _vectors(response: httpx2.Response, expected: int) -> Vectors:
    """The rows in the order of the texts, whatever order the server sent them in."""
    try:
        items = sorted(response.json()["data"], key=lambda item: item["index"])
        rows = np.array([item["embedding"] for item in items], dtype=np.float32)
    except (ValueError, KeyError, TypeError) as error:
        raise EmbedderBadResponse("The embeddings server's answer isn't an embeddings list.") from error
    if rows.ndim != 2 or rows.shape[0] != expected or not rows.shape[1] or not np.isfinite(rows).all():
        raise EmbedderBadResponse(f"Expected {expected} vectors of numbers, got an array of shape {rows.shape}.")
    return normalised(rows)
