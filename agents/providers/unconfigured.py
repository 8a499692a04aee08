"""Stands for a model whose server nobody named, so that an agent that asks for it is told so."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from agents.providers.base import Mode, ModelEvent, ModelRequest, ProviderRefused, Usage

_SETTINGS = {"openai": "OPENAI_API_KEY or OPENAI_BASE_URL", "ollama": "OLLAMA_BASE_URL"}


class UnconfiguredProvider:
    """Refuses every request with the name of the setting that is missing."""

    mode: Mode = "llm"
    supports_tools = True

    def __init__(self, name: str, model: str) -> None:
        self.name = name
        self.model = model

    def available(self) -> bool:
        return True

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        """Raises ProviderRefused."""
        raise ProviderRefused(f"No address is configured: set {_SETTINGS.get(self.name, 'its address')}.")
        yield

    def estimate_usage(self, request: ModelRequest, written: str) -> Usage | None:
        return None
