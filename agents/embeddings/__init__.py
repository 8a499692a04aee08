"""Embedding models. ``get_embedder()`` is the configured one; ``embedder_named()`` the one that made an index;
``token_embedder()`` the one that compares word by word."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from django.conf import settings

from agents.embeddings import minilm
from agents.embeddings.base import Embedder, EmbedderUnavailable, TokenEmbedder
from agents.embeddings.openai_compatible import SERVED, OpenAICompatibleEmbedder

__all__ = ["embedder_named", "get_embedder", "token_embedder"]

_OPENAI_URL = "https://api.openai.com/v1"


def get_embedder() -> Embedder:
    """The embedder of the settings; one object per process and configuration. Loading its model waits for first use."""
    if settings.EMBEDDINGS_PROVIDER == "openai":
        return _served(settings.EMBEDDINGS_MODEL)
    return _minilm(Path(settings.AURORA_HOME) / "models")


def embedder_named(name: str) -> Embedder:
    """The embedder whose vectors an index version holds: MiniLM always, another model where its server is configured.

    Raises EmbedderUnavailable.
    """
    if name == minilm.NAME:
        return _minilm(Path(settings.AURORA_HOME) / "models")
    if name.startswith(SERVED) and settings.EMBEDDINGS_PROVIDER == "openai":
        return _served(name.removeprefix(SERVED))
    raise EmbedderUnavailable(f"The index was made with {name}, which isn't configured.", retryable=False)


def _served(model: str) -> OpenAICompatibleEmbedder:
    return _openai(settings.EMBEDDINGS_BASE_URL or _OPENAI_URL, model, settings.OPENAI_API_KEY)


def token_embedder() -> TokenEmbedder:
    """The embedder that compares questions with passages word by word: the one in this process, whichever is set."""
    return _minilm(Path(settings.AURORA_HOME) / "models")


@lru_cache(maxsize=4)
def _minilm(models_folder: Path) -> minilm.MiniLMEmbedder:
    return minilm.MiniLMEmbedder(models_folder)


@lru_cache(maxsize=4)
def _openai(base_url: str, model: str, api_key: str) -> OpenAICompatibleEmbedder:
    return OpenAICompatibleEmbedder(base_url=base_url, model=model, api_key=api_key)
