"""Language models over the loopback server: answers, tool calls, usage and cost, and every failure by its type."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from contextlib import aclosing
from typing import Any

import pytest

from agents.providers.base import (
    ChatMessage,
    ContextTooLong,
    Finished,
    ModelEvent,
    ModelRequest,
    Provider,
    ProviderBadResponse,
    ProviderError,
    ProviderRateLimited,
    ProviderRefused,
    ProviderTimeout,
    ProviderUnavailable,
    TextDelta,
    ToolRequest,
    ToolRequested,
    ToolSpec,
    ToolsUnsupported,
    Usage,
)
from agents.providers.registry import ProviderConfig, providers_for
from tests.model_replies import RETRY_AFTER, Reply
from tests.model_server import ANSWER, ModelServer

SEARCH = ToolSpec("knowledge_search", "Searches the documents.", {"type": "object", "properties": {"query": {}}})
TOLD = Usage(prompt_tokens=321, completion_tokens=12)


def provider(server: ModelServer, model: str, **more: Any) -> Provider:
    return providers_for(ProviderConfig(openai_base_url=server.url, **more), "openai", model)[0]


def request(*messages: ChatMessage, timeout: float = 5.0, **more: Any) -> ModelRequest:
    return ModelRequest(messages=messages or [ChatMessage("user", "How much leave?")], timeout=timeout, **more)


async def events_of(asked: Provider, what: ModelRequest | None = None) -> list[ModelEvent]:
    return [event async for event in asked.stream(what or request())]


def text_of(events: Sequence[ModelEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


async def broken_off(asked: Provider, what: ModelRequest) -> tuple[str, ProviderError]:
    """What was written, and the error that ended it."""
    written = ""
    with pytest.raises(ProviderError) as caught:
        async with asyncio.timeout(10):
            async for event in asked.stream(what):
                written += text_of([event])
    return written, caught.value


async def test_an_answer_its_usage_and_its_end(model_server: ModelServer) -> None:
    events = await events_of(provider(model_server, "plain"))
    assert text_of(events) == ANSWER + " "
    assert events[-2:] == [TOLD, Finished("stop")]


async def test_the_request_holds_the_conversation_as_the_format_has_it(model_server: ModelServer) -> None:
    messages = [
        ChatMessage("system", "Be brief."),
        ChatMessage("user", "How much leave?"),
        ChatMessage("assistant", "", tool_calls=[ToolRequest("call_1", "knowledge_search", '{"query": "leave"}')]),
        ChatMessage("tool", "25 days", tool_call_id="call_1"),
        ChatMessage("assistant", "25 days."),
        ChatMessage("user", "And sick leave?"),
    ]
    await events_of(provider(model_server, "plain"), request(*messages, tools=[SEARCH], max_tokens=77, temperature=0.5))
    function = {"name": "knowledge_search", "arguments": '{"query": "leave"}'}
    assert model_server.requests == [
        {
            "model": "plain",
            "stream": True,
            "stream_options": {"include_usage": True},
            "max_tokens": 77,
            "temperature": 0.5,
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": "How much leave?"},
                {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [{"id": "call_1", "type": "function", "function": function}],
                },
                {"role": "tool", "content": "25 days", "tool_call_id": "call_1"},
                {"role": "assistant", "content": "25 days."},
                {"role": "user", "content": "And sick leave?"},
            ],
            "tools": [
                {
                    "type": "function",
                    "function": {
                        "name": "knowledge_search",
                        "description": "Searches the documents.",
                        "parameters": {"type": "object", "properties": {"query": {}}},
                    },
                }
            ],
        }
    ]


@pytest.mark.parametrize("model", ["no-done", "no-usage", "no-end"])
async def test_servers_that_leave_out_the_end(model_server: ModelServer, model: str) -> None:
    events = await events_of(provider(model_server, model))
    usage = Usage(prompt_tokens=9, completion_tokens=14, estimated=True)
    assert (text_of(events), events[-2:]) == (ANSWER + " ", [usage, Finished("stop")])


async def test_a_server_that_does_not_stream(model_server: ModelServer) -> None:
    assert await events_of(provider(model_server, "json")) == [TextDelta(ANSWER), TOLD, Finished("stop")]


async def test_an_answer_cut_at_its_limit_says_so(model_server: ModelServer) -> None:
    assert (await events_of(provider(model_server, "cut")))[-1] == Finished("length")


@pytest.mark.parametrize("model", ["tool", "tool-pieces"])
async def test_tool_calls_come_once_and_whole(model_server: ModelServer, model: str) -> None:
    model_server.calls = [("knowledge_search", {"query": "leave"}), ("knowledge_search", {"query": "sick leave é"})]
    assert await events_of(provider(model_server, model), request(tools=[SEARCH])) == [
        ToolRequested((
            ToolRequest("call_0_knowledge_search", "knowledge_search", '{"query": "leave"}'),
            ToolRequest("call_1_knowledge_search", "knowledge_search", '{"query": "sick leave \\u00e9"}'),
        )),
        TOLD,
        Finished("tool_calls"),
    ]  # fmt: skip


async def test_a_scripted_conversation(model_server: ModelServer) -> None:
    model_server.script(
        Reply(text="Let me look.", calls=[("knowledge_search", "{broken")]),
        lambda body: f"It was {body['messages'][-1]['content']}",
        Reply(model="failing"),
    )
    asked = provider(model_server, "anything")
    first = await events_of(asked, request(tools=[SEARCH]))
    assert text_of(first) == "Let me look. "
    assert ToolRequested((ToolRequest("call_0_knowledge_search", "knowledge_search", "{broken"),)) in first
    assert text_of(await events_of(asked)) == "It was How much leave? "
    assert type((await broken_off(asked, request()))[1]) is ProviderUnavailable
    assert text_of(await events_of(asked)) == ANSWER + " "


FAILURES = [
    ("rate-limited", "", ProviderRateLimited),
    ("failing", "", ProviderUnavailable),
    ("refusing", "", ProviderRefused),
    ("unknown", "", ProviderRefused),
    ("context", "", ContextTooLong),
    ("silent", "", ProviderTimeout),
    ("stalling", "You get 25 ", ProviderTimeout),
    ("comments", "", ProviderTimeout),
    ("broken", "You get ", ProviderUnavailable),
    ("resetting", "You get 25 ", ProviderUnavailable),
    ("half-error", "You get ", ProviderUnavailable),
    ("error-object", "", ProviderRateLimited),
    ("garbage", "", ProviderBadResponse),
    ("html", "", ProviderBadResponse),
    ("empty", "", ProviderBadResponse),
    ("nothing", "", ProviderBadResponse),
    ("filtered", "", ProviderRefused),
    ("tool-half", "", ProviderBadResponse),
]


@pytest.mark.parametrize(("model", "written", "kind"), FAILURES)
async def test_each_failure_has_its_type(
    model_server: ModelServer, model: str, written: str, kind: type[ProviderError]
) -> None:
    asked = provider(model_server, model)
    # Only who waits for silence is in a hurry: the others may be slow where much else goes on.
    timeout = 0.3 if kind is ProviderTimeout else 10
    text, error = await broken_off(asked, request(timeout=timeout, tools=[SEARCH] if model == "tool-half" else ()))
    assert (text, type(error)) == (written, kind)
    assert error.retryable == (not isinstance(error, ProviderRefused))


async def test_nobody_at_the_address(model_server: ModelServer) -> None:
    asked = providers_for(ProviderConfig(openai_base_url="http://127.0.0.1:9/v1"), "openai", "plain")[0]
    assert type((await broken_off(asked, request()))[1]) is ProviderUnavailable


async def test_a_rate_limit_says_when_to_come_back(model_server: ModelServer) -> None:
    assert (await broken_off(provider(model_server, "rate-limited"), request()))[1].retry_after == RETRY_AFTER


async def test_what_a_server_refuses_is_left_out_and_remembered(model_server: ModelServer) -> None:
    for model, refused, kept in (
        ("no-stream-options", {"stream_options"}, {"max_tokens", "temperature"}),
        ("new-parameters", {"max_tokens", "temperature"}, {"max_completion_tokens", "stream_options"}),
    ):
        for tries in ({"no-stream-options": 2, "new-parameters": 3}[model], 1):
            model_server.requests.clear()
            assert text_of(await events_of(provider(model_server, model))) == ANSWER + " "
            assert len(model_server.requests) == tries
            assert not refused & set(model_server.requests[-1])
            assert kept <= set(model_server.requests[-1])


async def test_a_refusal_that_leaving_out_does_not_mend_is_told_and_not_remembered(model_server: ModelServer) -> None:
    asked = provider(model_server, "plain")
    refusal = Reply(model="new-parameters")
    model_server.script(refusal, refusal, Reply(model="refusing"))
    assert type((await broken_off(asked, request()))[1]) is ProviderRefused
    assert text_of(await events_of(asked)) == ANSWER + " "
    assert {"max_tokens", "temperature"} <= set(model_server.requests[-1])


async def test_a_server_without_tools_is_asked_once(model_server: ModelServer) -> None:
    asked = provider(model_server, "no-tools")
    assert asked.supports_tools
    for _ in range(2):
        assert type((await broken_off(asked, request(tools=[SEARCH])))[1]) is ToolsUnsupported
        assert not provider(model_server, "no-tools").supports_tools
    assert len(model_server.requests) == 1
    assert text_of(await events_of(asked)) == ANSWER + " "
    assert provider(model_server, "plain").supports_tools


@pytest.mark.parametrize("model", ["slow", "silent", "stalling"])
async def test_closing_the_stream_closes_the_call(model_server: ModelServer, model: str) -> None:
    """As a cancelled run does: from a task that waits for more."""

    async def consume() -> None:
        async with aclosing(provider(model_server, model).stream(request())) as stream:
            async for _ in stream:
                pass

    task = asyncio.create_task(consume())
    async with asyncio.timeout(5):
        while not model_server.open_streams:
            await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(model_server.closed_early.wait, 1)


async def test_many_streams_at_once(model_server: ModelServer) -> None:
    asked = provider(model_server, "words-20-5")
    for events in await asyncio.gather(*(events_of(asked) for _ in range(150))):
        assert text_of(events) == "".join(f"word{number} " for number in range(20))
        assert events[-1] == Finished("stop")


@pytest.mark.parametrize("model", ["plain", "no-usage", "no-done", "tool", "json", "rate-limited", "context"])
async def test_a_connection_serves_one_call_after_the_other(model_server: ModelServer, model: str) -> None:
    for _ in range(2):
        with contextlib.suppress(ProviderError):
            await events_of(provider(model_server, model))
    assert (len(model_server.requests), model_server.connections) == (2, 1)


async def test_cost_is_the_servers_else_by_the_price_list_else_unknown(model_server: ModelServer) -> None:
    prices = ("plain=2/10", "no-usage=2/10")
    usage = (await events_of(provider(model_server, "plain", prices=prices)))[-2]
    assert usage == Usage(prompt_tokens=321, completion_tokens=12, cost_usd=(321 * 2 + 12 * 10) / 1e6)
    usage = (await events_of(provider(model_server, "no-usage", prices=prices)))[-2]
    cost = (9 * 2 + 14 * 10) / 1e6
    assert usage == Usage(prompt_tokens=9, completion_tokens=14, estimated=True, cost_usd=cost, cost_estimated=True)
    assert (await events_of(provider(model_server, "other", prices=prices)))[-2] == TOLD


async def test_a_call_that_ends_early_can_be_estimated(model_server: ModelServer) -> None:
    asked = provider(model_server, "stalling", prices=("stalling=2/10",))
    what = request(timeout=0.3)
    text, _ = await broken_off(asked, what)
    usage = asked.estimate_usage(what, text)
    assert usage == Usage(
        prompt_tokens=9, completion_tokens=4, estimated=True, cost_usd=(9 * 2 + 4 * 10) / 1e6, cost_estimated=True
    )
