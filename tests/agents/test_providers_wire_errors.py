"""What servers are known to say when they refuse, and what Aurora makes of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.providers.base import (
    ContextTooLong,
    ProviderError,
    ProviderRateLimited,
    ProviderRefused,
    ProviderTimeout,
    ProviderUnavailable,
    ToolsUnsupported,
)
from agents.providers.wire_errors import (
    LONGEST_WAIT,
    error_for_status,
    error_in_stream,
    refused_parameter,
    retry_after_seconds,
    words_of,
)

SAID = [
    # OpenAI
    (400, {"error": {"message": "…", "code": "context_length_exceeded"}}, ContextTooLong),
    (401, {"error": {"message": "Incorrect API key provided: sk-…", "code": "invalid_api_key"}}, ProviderRefused),
    (403, {"error": {"message": "Project does not have access to model", "code": "model_not_found"}}, ProviderRefused),
    (404, {"error": {"message": "The model 'x' does not exist", "code": "model_not_found"}}, ProviderRefused),
    (429, {"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}}, ProviderRateLimited),
    (500, {"error": {"message": "The server had an error"}}, ProviderUnavailable),
    (400, {"error": {"message": "Invalid schema for function 'f'", "param": "tools[0]"}}, ProviderRefused),
    (
        400,
        {"error": {"message": "messages with role 'tool' must be a response to a preceding message with 'tool_calls'"}},
        ProviderRefused,
    ),
    # vLLM
    (
        400,
        {"error": {"message": "This model's maximum context length is 4096 tokens. Please reduce the length."}},
        ContextTooLong,
    ),
    (
        400,
        {"object": "error", "message": '"auto" tool choice requires --enable-auto-tool-choice', "code": 400},
        ToolsUnsupported,
    ),
    # Ollama
    (400, {"error": {"message": "registry.ollama.ai/library/gemma:2b does not support tools"}}, ToolsUnsupported),
    (400, {"error": "llama2 does not support tools"}, ToolsUnsupported),
    # llama.cpp
    (500, {"error": {"message": "tools param requires --jinja flag", "type": "server_error"}}, ToolsUnsupported),
    (
        400,
        {"error": {"message": "the request exceeds the available context size. try increasing it"}},
        ContextTooLong,
    ),
    # OpenRouter
    (404, {"error": {"message": "No endpoints found that support tool use.", "code": 404}}, ToolsUnsupported),
    (402, {"error": {"message": "Insufficient credits", "code": 402}}, ProviderRefused),
    # Others
    (422, {"detail": [{"loc": ["body", "tools"], "msg": "Extra inputs are not permitted"}]}, ToolsUnsupported),
    (413, None, ContextTooLong),
    (504, "<html>Gateway time-out</html>", ProviderTimeout),
    (408, None, ProviderTimeout),
    (503, "upstream connect error", ProviderUnavailable),
    (529, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, ProviderUnavailable),
    (307, None, ProviderRefused),
]


@pytest.mark.parametrize(("status", "body", "kind"), SAID)
def test_what_servers_say(status: int, body: Any, kind: type[ProviderError]) -> None:
    assert type(error_for_status(status, words_of(body), model="m", with_tools=True)) is kind
    without = error_for_status(status, words_of(body), model="m")
    assert type(without) is (kind if kind is not ToolsUnsupported else type(without))
    assert not isinstance(without, ToolsUnsupported)


@pytest.mark.parametrize(
    ("status", "message", "parameter"),
    [
        (400, "Unsupported parameter: 'max_tokens' … Use 'max_completion_tokens' instead.", "max_completion_tokens"),
        (400, "max_tokens is too large: 5000.", "max_tokens"),
        (400, "'max_tokens' is too large: 5000. This model's maximum context length is 4096 tokens.", ""),
        (400, "Unsupported value: 'temperature' does not support 0.2 with this model.", "temperature"),
        (422, "stream_options: extra fields not permitted", "stream_options"),
        (401, "temperature", ""),
        (500, "temperature", ""),
        (400, "Something else", ""),
    ],
)
def test_the_parameter_that_a_refusal_is_about(status: int, message: str, parameter: str) -> None:
    assert refused_parameter(status, message) == parameter


NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after-ms": "soon", "retry-after": "9"}, 9.0),
        ({"retry-after": "Sun, 01 Mar 2026 12:01:30 GMT"}, 90.0),
        ({"retry-after": "Sun, 01 Mar 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "Sun, 01 Mar 2099 11:00:00 GMT"}, LONGEST_WAIT),
        ({"retry-after": "1e99"}, LONGEST_WAIT),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "later"}, None),
    ],
)
def test_when_to_come_back(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_seconds(headers, NOW) == seconds


@given(st.text(max_size=40))
def test_any_retry_after_is_some_seconds_or_none(text: str) -> None:
    seconds = retry_after_seconds({"retry-after": text}, NOW)
    assert seconds is None or 0 <= seconds <= LONGEST_WAIT


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["error", "message", "code", "type", "detail", "param", "status"]), inner)
    ),
    max_leaves=8,
)


@given(JSON, st.integers(300, 599), st.booleans())
def test_any_body_gives_a_typed_error(body: Any, status: int, with_tools: bool) -> None:
    assert isinstance(error_for_status(status, words_of(body), model="m", with_tools=with_tools), ProviderError)
    assert isinstance(error_in_stream(body), ProviderError)
    assert len(words_of(body)) <= 5 * 2001
