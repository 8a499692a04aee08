"""Models behind the chat completions format: OpenAI, Ollama, vLLM, OpenRouter, LiteLLM."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

import httpx2
import openai
from openai import AsyncOpenAI

from agents.providers.base import (
    Finished,
    Mode,
    ModelEvent,
    ModelRequest,
    ProviderBadResponse,
    ProviderError,
    ProviderRateLimited,
    ProviderRefused,
    ProviderTimeout,
    ProviderUnavailable,
    TextDelta,
    Usage,
)

CONNECT_SECONDS = 5.0
CHARACTERS_PER_TOKEN = 4


class OpenAICompatibleProvider:
    """Streams chat completions. One HTTP client serves one event loop; make a provider for each."""

    mode: Mode = "llm"

    def __init__(self, *, name: str, base_url: str, api_key: str, timeout: float) -> None:
        self.name = name
        self._client = AsyncOpenAI(
            api_key=api_key or "none",
            base_url=base_url or None,
            max_retries=0,
            timeout=httpx2.Timeout(timeout, connect=CONNECT_SECONDS),
        )

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        """Text as it arrives, then usage and the finish reason. Raises ProviderError."""
        try:
            async for event in self._events(request):
                yield event
        except openai.OpenAIError as error:
            raise typed_error(error) from error
        except (httpx2.HTTPError, TimeoutError) as error:
            raise _transport_error(error) from error
        except (json.JSONDecodeError, UnicodeDecodeError, AttributeError, TypeError, IndexError) as error:
            raise ProviderBadResponse(f"The model's answer can't be read ({type(error).__name__}).") from error

    async def _events(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        stream = await self._client.chat.completions.create(
            model=request.model,
            messages=_wire_messages(request),
            max_tokens=request.max_tokens,
            temperature=request.temperature,
            stream=True,
            stream_options={"include_usage": True},
        )
        usage: Usage | None = None
        reason, written = "", 0
        try:
            iterator = aiter(stream)
            while (chunk := await asyncio.wait_for(anext(iterator, None), request.timeout)) is not None:
                usage = _usage(chunk) or usage
                for choice in chunk.choices or []:
                    reason = choice.finish_reason or reason
                    if choice.delta and choice.delta.content:
                        written += len(choice.delta.content)
                        yield TextDelta(choice.delta.content)
        finally:
            await stream.close()
        if not reason:
            raise ProviderBadResponse("The model's answer broke off before its end.")
        yield usage or _estimated_usage(request, written)
        yield Finished(reason)


def _wire_messages(request: ModelRequest) -> list[Any]:
    return [{"role": message.role, "content": message.content} for message in request.messages]


def _usage(chunk: Any) -> Usage | None:
    if not chunk.usage:
        return None
    return Usage(prompt_tokens=chunk.usage.prompt_tokens or 0, completion_tokens=chunk.usage.completion_tokens or 0)


def _estimated_usage(request: ModelRequest, written: int) -> Usage:
    asked = sum(len(message.content) for message in request.messages)
    return Usage(
        prompt_tokens=asked // CHARACTERS_PER_TOKEN,
        completion_tokens=written // CHARACTERS_PER_TOKEN,
        estimated=True,
    )


def _transport_error(error: Exception) -> ProviderError:
    if isinstance(error, httpx2.TimeoutException | TimeoutError):
        return ProviderTimeout("The model stayed silent for too long.")
    return ProviderUnavailable("The connection to the model broke.")


def typed_error(error: openai.OpenAIError) -> ProviderError:
    """The SDK's exception as one of Aurora's, without the provider's own text (it may hold keys)."""
    match error:
        case openai.APITimeoutError():
            return ProviderTimeout("The model stayed silent for too long.")
        case openai.APIConnectionError():
            return ProviderUnavailable("The model's server can't be reached.")
        case openai.RateLimitError():
            return ProviderRateLimited("The model's server refused because of its rate limit or quota.")
        case openai.APIStatusError() if error.status_code >= 500:
            return ProviderUnavailable(f"The model's server failed with status {error.status_code}.")
        case openai.APIStatusError():
            return ProviderRefused(f"The model's server refused the request with status {error.status_code}.")
        case openai.APIError():
            return ProviderUnavailable("The model's server reported an error while answering.")
        case _:
            return ProviderBadResponse("The model's answer can't be read.")
