"""Which providers answer, in order: the configured model, then quoting from the documents."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from agents.providers.base import Provider
from agents.providers.extractive import ExtractiveProvider

KINDS = ("openai", "ollama", "extractive")


@dataclass(frozen=True)
class ProviderConfig:
    """Where models are: addresses end in ``/v1``; an empty key and address mean that there is none."""

    openai_api_key: str = ""
    openai_base_url: str = ""
    ollama_base_url: str = ""
    timeout: float = 60.0

    def default_kind(self) -> str:
        """The kind that answers when nobody chose: OpenAI-compatible, else Ollama, else extractive."""
        if self.openai_api_key or self.openai_base_url:
            return "openai"
        return "ollama" if self.ollama_base_url else "extractive"


_by_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[tuple[str, ProviderConfig], Provider]] = WeakKeyDictionary()


def providers_for(config: ProviderConfig, kind: str = "") -> Sequence[Provider]:
    """The chain for a kind (the default one when empty), ending with the extractive provider. Call on an event loop."""
    kind = kind or config.default_kind()
    extractive = ExtractiveProvider()
    if kind == "extractive":
        return [extractive]
    known = _by_loop.setdefault(asyncio.get_running_loop(), {})
    if (kind, config) not in known:
        known[kind, config] = _make(kind, config)
    return [known[kind, config], extractive]


def _make(kind: str, config: ProviderConfig) -> Provider:
    # The SDK takes most of a second to import, which an installation without a model should not spend at start.
    from agents.providers.openai_compatible import OpenAICompatibleProvider

    if kind == "ollama":
        base_url = config.ollama_base_url.rstrip("/").removesuffix("/v1") + "/v1"
        return OpenAICompatibleProvider(name=kind, base_url=base_url, api_key="ollama", timeout=config.timeout)
    return OpenAICompatibleProvider(
        name=kind, base_url=config.openai_base_url, api_key=config.openai_api_key, timeout=config.timeout
    )
