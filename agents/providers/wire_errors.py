"""What servers say when they refuse or fail, as Aurora's typed errors.

The servers' own words are read but never passed on: they may hold keys, and addresses inside a network. What they mean
is told by status, by ``code`` where there is one (OpenAI, OpenRouter), else by the words that OpenAI, vLLM, Ollama,
llama.cpp, LiteLLM and OpenRouter are known to use.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from agents.providers.base import (
    ContextTooLong,
    ProviderError,
    ProviderRateLimited,
    ProviderRefused,
    ProviderTimeout,
    ProviderUnavailable,
    ToolsUnsupported,
)

LONGEST_WAIT = 24 * 3600.0
_CONTEXT = re.compile(
    r"context_length_exceeded|(?:context|maximum) (?:length|window|size)|context of the model|too many tokens"
    r"|prompt is too long|reduce the length",
    re.IGNORECASE,
)
_TOOLS = re.compile(r"\btool|function.?call", re.IGNORECASE)
_NOT_SUPPORTED = re.compile(
    r"support|requires|unknown|unrecogni[sz]ed|unexpected|not (?:permitted|allowed|available|enabled|implemented)|extra",
    re.IGNORECASE,
)
_QUOTA = re.compile(r"rate.?limit|quota|too many requests|overloaded_tokens", re.IGNORECASE)
# Parameters that some servers or models refuse, in the order in which a message is searched for them.
ADJUSTABLE = ("stream_options", "max_completion_tokens", "max_tokens", "temperature")


def words_of(body: Any) -> str:
    """What an error's JSON says about itself: its message, code, type and parameter."""
    if isinstance(body, Mapping):
        inner = body.get("error", body)
        if isinstance(inner, Mapping):
            parts = [inner.get(name) for name in ("message", "detail", "code", "type", "param")]
            return " ".join(str(part)[:2000] for part in parts if isinstance(part, str | int | list))
        body = inner
    return body[:2000] if isinstance(body, str) else ""


def error_for_status(
    status: int, words: str, *, model: str, with_tools: bool = False, retry_after: float | None = None
) -> ProviderError:
    """The error that a response of this status, whose body says ``words``, is."""
    if status == 429:
        return ProviderRateLimited("The model's server refused because of its rate limit or quota.", retry_after)
    if status in {408, 504}:
        return ProviderTimeout("The model's server gave up waiting for the model.")
    if status == 413 or (status < 500 and _CONTEXT.search(words)):
        return ContextTooLong("The conversation is too long for the model.")
    if with_tools and status not in {401, 403} and _TOOLS.search(words) and _NOT_SUPPORTED.search(words):
        return ToolsUnsupported("The model's server can't call tools.")
    if status >= 500:
        return ProviderUnavailable(f"The model's server failed with status {status}.", retry_after)
    if status in {401, 403}:
        return ProviderRefused(f"The model's server refused the key with status {status}.")
    if status == 404:
        return ProviderRefused(f"The model's server has no model {model!r}, or none at this address (status 404).")
    return ProviderRefused(f"The model's server refused the request with status {status}.")


def error_in_stream(error: Any) -> ProviderError:
    """The error that an error object inside a stream is; its ``code`` may be a status, a word, or missing."""
    code = error.get("code", error.get("status")) if isinstance(error, Mapping) else None
    words = words_of(error)
    if isinstance(code, str) and code.isdecimal() and len(code) == 3:
        code = int(code)
    if type(code) is int and 400 <= code < 600:
        return error_for_status(code, words, model="", retry_after=None)
    if _CONTEXT.search(words):
        return ContextTooLong("The conversation is too long for the model.")
    if _QUOTA.search(words):
        return ProviderRateLimited("The model's server refused because of its rate limit or quota.")
    return ProviderUnavailable("The model's server reported an error while answering.")


def refused_parameter(status: int, words: str) -> str:
    """The parameter that a 400 or 422 is about, if it is one that a request can do without or name otherwise."""
    if status not in {400, 422} or _CONTEXT.search(words):
        return ""
    return next((name for name in ADJUSTABLE if name in words), "")


def retry_after_seconds(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """The seconds of ``retry-after-ms`` or ``Retry-After`` (a number, or a date of RFC 9110), at most a day."""
    for name, scale in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) / scale
        except ValueError:
            continue
        return min(seconds, LONGEST_WAIT) if seconds >= 0 else None
    try:
        moment = parsedate_to_datetime(headers.get("retry-after", ""))
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max((moment - (now or datetime.now(UTC))).total_seconds(), 0.0), LONGEST_WAIT)
