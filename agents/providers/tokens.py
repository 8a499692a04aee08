"""How many tokens a text is, and what tokens cost, where the provider does not say.

A token is taken for three bytes of UTF-8. That is on the safe side: the tokenizers of today's models make a token of
about four bytes of English, three to four of code, and about three (one character) of Chinese or Japanese.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from agents.providers.base import ChatMessage, ModelRequest, ToolSpec, Usage

BYTES_PER_TOKEN = 3
# The chat formats wrap each message in a few tokens that say whose it is.
TOKENS_PER_MESSAGE = 4
_MILLION = 1_000_000


@dataclass(frozen=True)
class Price:
    """US dollars for a million tokens."""

    prompt: float
    completion: float

    def of(self, prompt_tokens: int, completion_tokens: int) -> float:
        """The cost in US dollars."""
        return (prompt_tokens * self.prompt + completion_tokens * self.completion) / _MILLION


def estimate_tokens(text: str) -> int:
    """About how many tokens a text is, rather too many than too few."""
    return -(-len(text.encode("utf-8", "replace")) // BYTES_PER_TOKEN)


def estimate_message_tokens(messages: Iterable[ChatMessage]) -> int:
    """The same for messages, their tool calls included."""
    return sum(TOKENS_PER_MESSAGE + _content_tokens(message) for message in messages)


def estimate_tool_tokens(tools: Sequence[ToolSpec]) -> int:
    """The same for the descriptions of tools, which a model reads with every request."""
    return sum(
        TOKENS_PER_MESSAGE + estimate_tokens(tool.name + tool.description + json.dumps(dict(tool.parameters)))
        for tool in tools
    )


def estimate_usage(request: ModelRequest, written: str, price: Price | None = None) -> Usage:
    """What a request used whose answer so far is ``written``: for calls that ended before the provider said."""
    prompt = estimate_message_tokens(request.messages) + estimate_tool_tokens(request.tools)
    completion = estimate_tokens(written)
    return Usage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        estimated=True,
        cost_usd=price.of(prompt, completion) if price else None,
        cost_estimated=price is not None,
    )


def _content_tokens(message: ChatMessage) -> int:
    calls = sum(
        TOKENS_PER_MESSAGE + estimate_tokens(call.id + call.name + call.arguments) for call in message.tool_calls
    )
    return estimate_tokens(message.content) + calls


@lru_cache(maxsize=8)
def prices(entries: tuple[str, ...]) -> Mapping[str, Price]:
    """Prices by model from entries ``model=in/out`` in US dollars for a million tokens. Raises ValueError."""
    return dict(_price(entry) for entry in entries)


def _price(entry: str) -> tuple[str, Price]:
    model, equals, amounts = entry.rpartition("=")
    prompt, slash, completion = amounts.partition("/")
    try:
        price = Price(float(prompt), float(completion))
    except ValueError:
        price = Price(-1, -1)
    if not (model.strip() and equals and slash) or not (0 <= price.prompt < _MILLION > price.completion >= 0):
        raise ValueError(f"AURORA_MODEL_PRICES: {entry[:80]!r} is not `model=in/out`, like `gpt-4o-mini=0.15/0.60`.")
    return model.strip(), price
