"""Puts one chat completion together from the chunks of its stream.

The format is OpenAI's "chat completion chunk object"; what other servers do differently is said where it is dealt with.
Pure: knows no network.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from agents.providers.base import TOOL_CALLS, ProviderBadResponse, ProviderError, ProviderRefused, ToolRequest
from agents.providers.tool_calls import ToolCallAssembly, complete_json
from agents.providers.wire_errors import error_in_stream

DONE = b"[DONE]"
_MOST_TOKENS = 10**9
_MOST_DOLLARS = 10**6
_TOOL_REASONS = frozenset({"tool_calls", "function_call"})


class Completion:
    """Feed it the data of the events; then it knows tool calls, finish reason and usage.

    ``usage`` is (prompt tokens, completion tokens) as the server counts them, ``cost_usd`` what it says to have charged.
    ``error`` is set by an event that can't be read or that is an error; nothing after it is read.
    """

    def __init__(self) -> None:
        self.done = False
        self.reason = ""
        self.usage: tuple[int, int] | None = None
        self.cost_usd: float | None = None
        self.error: ProviderError | None = None
        self.written = 0
        self._calls = ToolCallAssembly()

    def read(self, events: Iterable[bytes]) -> str:
        """The text that these events add."""
        pieces: list[str] = []
        try:
            pieces.extend(piece for event in events if (piece := self._read(event)))
        except ProviderError as error:
            self.error = error
        text = clean("".join(pieces)) if pieces else ""
        self.written += len(text)
        return text

    @property
    def ended(self) -> bool:
        """Whether nothing more of the answer will come; usage may still follow."""
        return self.done or bool(self.reason or self.error)

    @property
    def calling(self) -> bool:
        """Whether a tool call has begun."""
        return bool(self._calls)

    def finish(self) -> tuple[str, tuple[ToolRequest, ...]]:
        """The finish reason and the tool calls asked for. Raises ProviderError for an answer that isn't whole."""
        if self.error:
            raise self.error
        requests = self._calls.requests()
        if not self.ended or (requests and not self._calls_are_whole(requests)):
            raise ProviderBadResponse("The model's answer broke off before its end.")
        if requests:
            return TOOL_CALLS, requests
        if self.reason == "content_filter" and not self.written:
            raise ProviderRefused("The model's content filter withheld the answer.", code="CONTENT_FILTERED")
        if not self.written:
            cut = " within its token limit" if self.reason == "length" else ""
            raise ProviderBadResponse(f"The model gave no answer{cut}.")
        return ("stop" if self.reason in _TOOL_REASONS else self.reason) or "stop", ()

    def _calls_are_whole(self, requests: Iterable[ToolRequest]) -> bool:
        """Some servers end tool calls with ``stop``, or with no reason at all; at a limit the last one may be cut."""
        if self.reason in _TOOL_REASONS:
            return True
        return self.reason in {"stop", ""} and all(complete_json(request.arguments) for request in requests)

    def _read(self, event: bytes) -> str:
        if event.strip() == DONE:
            self.done = True
            return ""
        if not event.strip():
            return ""
        try:
            chunk = _parsed(event)
        except (ValueError, RecursionError) as error:
            raise ProviderBadResponse("The model's answer isn't JSON.") from error
        if not isinstance(chunk, dict):
            raise ProviderBadResponse("The model's answer isn't a chat completion.")
        return self._read_chunk(chunk)

    def _read_chunk(self, chunk: Mapping[str, Any]) -> str:
        if chunk.get("error"):
            raise error_in_stream(chunk["error"])
        if chunk.get("usage"):
            self._read_usage(chunk["usage"])
        choices = chunk.get("choices")
        if not choices:
            return ""
        if not (isinstance(choices, list) and isinstance(choices[0], dict)):
            raise ProviderBadResponse("The model's answer isn't a chat completion.")
        return self._read_choice(choices[0])

    def _read_choice(self, choice: Mapping[str, Any]) -> str:
        reason = choice.get("finish_reason")
        if reason == "error":  # OpenRouter: the model behind it failed
            raise error_in_stream(choice.get("error"))
        if isinstance(reason, str) and reason:
            self.reason = reason
        # A server that doesn't stream sends one object with a message in the place of the delta.
        delta = choice.get("delta") or choice.get("message")
        if not delta:
            return ""
        if not isinstance(delta, dict):
            raise ProviderBadResponse("The model's answer isn't a chat completion.")
        if delta.get("tool_calls") or delta.get("function_call"):
            self._calls.add(delta)
        text = delta.get("content") or delta.get("refusal") or ""
        if not isinstance(text, str):
            raise ProviderBadResponse("The model's answer isn't text.")
        return text

    def _read_usage(self, usage: Any) -> None:
        """Counts that make no sense are as if they weren't there."""
        if not isinstance(usage, dict):
            return
        prompt: Any = usage.get("prompt_tokens")
        answer: Any = usage.get("completion_tokens") or 0
        if _is_count(prompt) and _is_count(answer) and (prompt or answer):
            self.usage = prompt, answer
        cost = usage.get("cost")
        if isinstance(cost, int | float) and not isinstance(cost, bool) and 0 <= cost <= _MOST_DOLLARS:
            self.cost_usd = float(cost)


def _parsed(event: bytes) -> Any:
    """A JSON value; ``orjson`` takes a fifth of the time and refuses some of what servers send, such as NaN and halves of
    surrogate pairs. Raises ValueError and RecursionError."""
    try:
        return orjson.loads(event)
    except orjson.JSONDecodeError:
        return json.loads(event)


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value <= _MOST_TOKENS


def clean(text: str) -> str:
    """Text that can be stored and sent on: halves of surrogate pairs are joined or replaced, NUL is left out."""
    if not text.isascii():
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text.replace("\0", "")
