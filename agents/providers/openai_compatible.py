"""Models behind the chat completions format: OpenAI, Ollama, vLLM, OpenRouter, LiteLLM."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import AsyncExitStack, aclosing, contextmanager

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
    ProviderTimeout,
    ProviderUnavailable,
    TextDelta,
    ToolRequest,
    ToolRequested,
    ToolsUnsupported,
    Usage,
)
from agents.providers.completion import Completion
from agents.providers.contacts import Contacts
from agents.providers.quirks import quirks_of, remember
from agents.providers.sse import EventDecoder, EventTooLong
from agents.providers.tokens import Price, estimate_usage
from agents.providers.transport import CONNECT_SECONDS, http_client
from agents.providers.wire_errors import error_for_status, refused_parameter, retry_after_seconds, words_of
from agents.providers.wire_request import request_body

OPENAI_ADDRESS = "https://api.openai.com/v1"
# What may follow the finish reason: usage and the end mark, then the end of the response.
SECONDS_FOR_USAGE, SECONDS_FOR_END = 2.0, 0.3
MOST_JSON_BYTES = 4 * 1024 * 1024
_SILENT = "The model stayed silent for too long."


def make_client(base_url: str, api_key: str) -> AsyncOpenAI:
    """A client for the running event loop; it doesn't try again, for the chain of models does."""
    address = base_url or OPENAI_ADDRESS
    return AsyncOpenAI(
        api_key=api_key or "none",
        base_url=address,
        max_retries=0,
        http_client=http_client(address),
        default_headers={"Accept-Encoding": "identity"},
    )


class OpenAICompatibleProvider:
    """Streams chat completions of one model. What the server refuses of a request is left out of the next ones."""

    mode: Mode = "llm"

    def __init__(self, *, name: str, client: AsyncOpenAI, model: str, price: Price | None = None) -> None:
        self.name = name
        self.model = model
        self._client = client
        self._price = price
        self._key = (str(client.base_url), model)

    @property
    def supports_tools(self) -> bool:
        """False once the server has refused tools for this model."""
        return quirks_of(self._key).tools

    def available(self) -> bool:
        return True

    def estimate_usage(self, request: ModelRequest, written: str) -> Usage | None:
        """What a call that ended early used, going by the lengths of its texts."""
        return estimate_usage(request, written, self._price)

    async def stream(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        """Text as it arrives, then the tool calls, usage and the finish reason. Raises ProviderError."""
        completion, contacts = Completion(), Contacts()
        written: list[str] = []
        with _typed_errors(completion):
            async with AsyncExitStack() as stack:
                response = await self._send(request, contacts, stack)
                async with aclosing(_texts(response, completion, request.timeout)) as texts:
                    async for text in texts:
                        written.append(text)
                        if said := contacts.feed(text):
                            yield TextDelta(said)
        if said := contacts.rest():
            yield TextDelta(said)
        reason, requests = completion.finish()
        if requests:
            yield ToolRequested(tuple(_with_contacts(call, contacts) for call in requests))
            written += [call.name + call.arguments for call in requests]
        yield self._usage(request, completion, "".join(written))
        yield Finished(reason)

    async def _send(self, request: ModelRequest, contacts: Contacts, stack: AsyncExitStack) -> httpx2.Response:
        """The response, once its head is there; ``stack`` closes it. Parameters that the server refuses are changed."""
        known = quirks_of(self._key)
        if request.tools and not known.tools:
            raise ToolsUnsupported("The model's server can't call tools.")
        quirks, tried = known, {known}
        while True:
            call = self._client.chat.completions.with_streaming_response.create(
                model=self.model,
                messages=(),
                stream=True,
                # Rendered here, and so spared the SDK's walk over every part of it.
                extra_body={**request_body(request, contacts), **quirks.parameters(request)},
                timeout=httpx2.Timeout(request.timeout, connect=min(CONNECT_SECONDS, request.timeout)),
            )
            try:
                response = await stack.enter_async_context(call)
            except openai.APIStatusError as error:
                quirks = quirks.without(refused_parameter(error.status_code, words_of(error.body)))
                if quirks in tried:
                    raise self._status_error(error, request) from error
                tried.add(quirks)
                continue
            remember(self._key, quirks)
            return response.http_response

    def _status_error(self, error: openai.APIStatusError, request: ModelRequest) -> ProviderError:
        typed = error_for_status(
            error.status_code,
            words_of(error.body),
            model=self.model,
            with_tools=bool(request.tools),
            retry_after=retry_after_seconds(error.response.headers),
        )
        if isinstance(typed, ToolsUnsupported):
            remember(self._key, quirks_of(self._key).without("tools"))
        return typed

    def _usage(self, request: ModelRequest, completion: Completion, written: str) -> Usage:
        if completion.usage is None:
            usage = estimate_usage(request, written, self._price)
        else:
            prompt, answer = completion.usage
            cost = self._price.of(prompt, answer) if self._price else None
            usage = Usage(prompt_tokens=prompt, completion_tokens=answer, cost_usd=cost)
        if completion.cost_usd is not None:
            usage = dataclasses.replace(usage, cost_usd=completion.cost_usd, cost_estimated=False)
        return usage


async def _texts(response: httpx2.Response, completion: Completion, silence: float) -> AsyncGenerator[str, None]:
    """The text of each read from the network, until the model has ended. Comments are silence."""
    async with aclosing(response.aiter_raw()) as received:
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == "text/html" or response.headers.get("content-encoding", "identity") != "identity":
            raise ProviderBadResponse("The address answers, but not as a model's server does.")
        if kind == "application/json":
            yield completion.read([await _whole(received)])
            return
        decoder, now = EventDecoder(), asyncio.get_running_loop().time
        heard = now()
        async for part in received:
            if events := decoder.feed(part):
                heard = now()
                if text := completion.read(events):
                    yield text
                if completion.ended:
                    if not completion.error:
                        await _read_rest(received, decoder, completion)
                    return
            elif now() - heard > silence:
                raise ProviderTimeout(_SILENT)


async def _whole(received: AsyncIterator[bytes]) -> bytes:
    """The body of a server that answers at once although it was asked to stream."""
    body = b""
    async for part in received:
        body += part
        if len(body) > MOST_JSON_BYTES:
            raise ProviderBadResponse("The model's answer is too long.")
    return body


async def _read_rest(received: AsyncIterator[bytes], decoder: EventDecoder, completion: Completion) -> None:
    """Read what follows the end of an answer, for its usage and so that the connection can be used again. The answer
    is whole, so nothing that goes wrong here matters."""
    try:
        async with asyncio.timeout(SECONDS_FOR_USAGE) as limit:
            while True:
                if completion.done:
                    limit.reschedule(asyncio.get_running_loop().time() + SECONDS_FOR_END)
                completion.read(decoder.feed(await anext(received)))
    except (StopAsyncIteration, TimeoutError, httpx2.HTTPError, EventTooLong, ProviderError):
        pass


@contextmanager
def _typed_errors(completion: Completion) -> Iterator[None]:
    """What the SDK and its HTTP client raise, as Aurora's errors, without any text of theirs."""
    try:
        yield
    except (openai.APITimeoutError, httpx2.TimeoutException) as error:
        raise ProviderTimeout(_SILENT) from error
    except openai.APIConnectionError as error:
        raise ProviderUnavailable("The model's server can't be reached.") from error
    except httpx2.HTTPError as error:
        if completion.calling:
            raise ProviderBadResponse("The model's answer broke off inside a tool call.") from error
        raise ProviderUnavailable("The connection to the model broke.") from error
    except EventTooLong as error:
        raise ProviderBadResponse("The model's answer is too long in one piece.") from error
    except openai.OpenAIError as error:
        raise ProviderBadResponse("The model's answer can't be read.") from error


def _with_contacts(call: ToolRequest, contacts: Contacts) -> ToolRequest:
    return dataclasses.replace(call, arguments=contacts.restored(call.arguments))
