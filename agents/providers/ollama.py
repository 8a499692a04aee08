"""Ollama, through the chat completions format that it speaks under ``/v1``.

There it loads a model when it is asked for and keeps it as long as the server's OLLAMA_KEEP_ALIVE says (it reads over a
``keep_alive`` of the request), and names what it hasn't got.
"""

from __future__ import annotations

import openai
from openai import AsyncOpenAI

from agents.providers.base import ModelRequest, ProviderError, ProviderRefused
from agents.providers.openai_compatible import OpenAICompatibleProvider
from agents.providers.tokens import Price
from agents.providers.wire_errors import words_of


def api_address(base_url: str) -> str:
    """The address of the chat completions format, given Ollama's with or without ``/v1``."""
    return base_url.rstrip("/").removesuffix("/v1") + "/v1"


class OllamaProvider(OpenAICompatibleProvider):
    """A model that an Ollama server runs."""

    def __init__(self, *, client: AsyncOpenAI, model: str, price: Price | None = None) -> None:
        super().__init__(name="ollama", client=client, model=model, price=price)

    def _status_error(self, error: openai.APIStatusError, request: ModelRequest) -> ProviderError:
        if error.status_code == 404 and "model" in words_of(error.body):
            return ProviderRefused(f"Ollama has no model {self.model!r}; `ollama pull {self.model}` fetches it.")
        return super()._status_error(error, request)
