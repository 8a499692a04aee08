"""Which models answer, in which order, and how one that fails is passed over."""

from __future__ import annotations

import asyncio
import dataclasses
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.providers import failover, registry
from agents.providers.base import (
    ChatMessage,
    ContextTooLong,
    Finished,
    ModelRequest,
    Provider,
    ProviderBadResponse,
    ProviderError,
    ProviderRefused,
    TextDelta,
    ToolRequest,
    ToolSpec,
)
from agents.providers.circuit import FIRST_PAUSE, Circuit
from agents.providers.failover import CircuitOpen, Guarded
from agents.providers.registry import ProviderConfig, chain_entries, providers_for
from agents.providers.tokens import (
    Price,
    estimate_message_tokens,
    estimate_tokens,
    estimate_tool_tokens,
    estimate_usage,
    prices,
)
from aurora_site.checks import check_models
from tests.agents.test_providers_circuit import Clock
from tests.model_server import ANSWER, ModelServer

BOTH = ProviderConfig(openai_base_url="http://127.0.0.1:9/v1", ollama_base_url="http://127.0.0.1:9")
REQUEST = ModelRequest(messages=[ChatMessage("user", "How much leave?")], timeout=10)
# For models that stay silent; the others may be slow where much else goes on.
HASTY = dataclasses.replace(REQUEST, timeout=0.3)


def request_for(model: str) -> ModelRequest:
    return HASTY if model in ("silent", "stalling") else REQUEST


def config(**more: Any) -> ProviderConfig:
    return ProviderConfig(**{"openai_base_url": BOTH.openai_base_url, "ollama_base_url": BOTH.ollama_base_url, **more})


async def outcome(provider: Provider, request: ModelRequest = REQUEST) -> str | type[ProviderError]:
    try:
        return "".join([event.text async for event in provider.stream(request) if isinstance(event, TextDelta)])
    except ProviderError as error:
        return type(error)


@pytest.mark.parametrize(
    ("settings", "chosen", "expected"),
    [
        ({"openai_base_url": "", "ollama_base_url": ""}, (), []),
        ({}, (), [("openai", "gpt-4o-mini")]),
        ({"openai_base_url": ""}, (), [("ollama", "gpt-4o-mini")]),
        ({"model": "a"}, (), [("openai", "a")]),
        ({"chain": ("ollama:b", "openai:c")}, (), [("ollama", "b"), ("openai", "c")]),
        ({"model": "a", "chain": ("ollama:b", "openai:a")}, (), [("openai", "a"), ("ollama", "b")]),
        ({"model": "a", "chain": ("ollama:b",)}, ("", "x"), [("openai", "x"), ("ollama", "b")]),
        ({"model": "a", "chain": ("ollama:b:7b",)}, ("ollama", ""), [("ollama", "b:7b")]),
        ({"model": "a"}, ("ollama", "x"), [("ollama", "x")]),
        ({"model": "a", "chain": ("ollama:b",)}, ("openai", ""), [("openai", "a"), ("ollama", "b")]),
        ({"model": "a", "chain": ("ollama:b",)}, ("extractive", ""), []),
        ({"openai_base_url": "", "ollama_base_url": ""}, ("", "x"), []),
        ({"openai_base_url": ""}, ("openai", "x"), [("openai", "x")]),
    ],
)
async def test_the_chain(settings: Any, chosen: tuple[str, ...], expected: list[tuple[str, str]]) -> None:
    chain = providers_for(config(**settings), *chosen)
    assert [(each.name, each.model) for each in chain] == [*expected, ("extractive", "")]
    assert [each.mode for each in chain] == ["llm"] * len(expected) + ["extractive"]
    assert all(each.available() for each in chain)


async def test_a_model_whose_server_is_not_configured_says_which_setting_is_missing() -> None:
    asked = providers_for(ProviderConfig(), "ollama", "llama3.2")[0]
    with pytest.raises(ProviderRefused, match="OLLAMA_BASE_URL"):
        await anext(asked.stream(REQUEST))


async def test_ollama_with_and_without_v1_and_a_model_it_has_not_pulled(model_server: ModelServer) -> None:
    for address in (model_server.url, model_server.url.removesuffix("/v1"), model_server.url + "/"):
        settings = ProviderConfig(ollama_base_url=address)
        assert await outcome(providers_for(settings, "ollama", "plain")[0]) == ANSWER + " "
        with pytest.raises(ProviderRefused, match="`ollama pull unknown`"):
            await anext(providers_for(settings, "ollama", "unknown")[0].stream(REQUEST))


async def test_providers_of_one_loop_share_a_client_and_closed_loops_are_forgotten(model_server: ModelServer) -> None:
    settings = ProviderConfig(openai_base_url=model_server.url)

    async def ask() -> object:
        return registry._client(settings.openai_base_url, "")

    first = await ask()
    assert await ask() is first
    others = [await asyncio.to_thread(asyncio.run, ask()) for _ in range(3)]
    assert len({id(client) for client in (first, *others)}) == 4
    await asyncio.to_thread(asyncio.run, ask())
    assert len([loop for loop in registry._clients if loop.is_closed()]) == 1


@pytest.mark.parametrize("entry", ["gpt-4o", "extractive:x", "openai:", ":x", "OpenAI:x", "openai: ", "azure:gpt"])
def test_a_chain_entry_without_sense_is_named(entry: str) -> None:
    with pytest.raises(ValueError, match="AURORA_MODEL_CHAIN"):
        chain_entries(("openai:a", entry))


@given(st.text(max_size=20))
def test_prices_are_prices_or_refused(entry: str) -> None:
    try:
        found = prices((entry,))
    except ValueError as error:
        assert "AURORA_MODEL_PRICES" in str(error)
    else:
        assert all(model and 0 <= price.prompt < 10**6 for model, price in found.items())


@pytest.mark.parametrize("entry", ["a=1", "a", "=1/2", "a=1/x", "a=-1/2", "a=nan/1", "a=1/inf", "a=1/2/3", " =1/2"])
def test_a_price_without_sense_is_named(entry: str) -> None:
    with pytest.raises(ValueError, match="AURORA_MODEL_PRICES"):
        prices((entry,))


def test_prices_by_model() -> None:
    assert prices(("gpt-4o-mini=0.15/0.60", "llama=3:8b=0/0")) == {
        "gpt-4o-mini": Price(0.15, 0.60),
        "llama=3:8b": Price(0, 0),
    }
    assert Price(0.15, 0.60).of(1_000_000, 500_000) == pytest.approx(0.45)


@pytest.mark.parametrize(
    ("changed", "identifiers"),
    [
        ({}, []),
        ({"AURORA_MODEL_CHAIN": ["openai:a", "ollama:b"]}, []),
        ({"AURORA_MODEL_CHAIN": ["azure:a"]}, ["aurora.E010"]),
        ({"AURORA_MODEL_PRICES": ["a=b"]}, ["aurora.E010"]),
        ({"AURORA_MODEL_CHAIN": ["ollama:b"], "OLLAMA_BASE_URL": ""}, ["aurora.E011"]),
        ({"OPENAI_BASE_URL": "localhost:11434/v1"}, ["aurora.E008"]),
        ({"OLLAMA_BASE_URL": "http://[x", "OPENAI_BASE_URL": "http:///v1"}, ["aurora.E008", "aurora.E009"]),
        ({"OPENAI_BASE_URL": "http://a:99999/v1"}, ["aurora.E008"]),
    ],
)
def test_models_that_could_never_be_called_stop_the_start(
    settings: Any, changed: dict[str, Any], identifiers: list[str]
) -> None:
    settings.OPENAI_BASE_URL, settings.OLLAMA_BASE_URL = "http://a/v1", "https://b:11434"
    for name, value in changed.items():
        setattr(settings, name, value)
    assert [problem.id for problem in check_models()] == identifiers


def test_the_configuration_is_read_from_the_settings() -> None:
    settings = SimpleNamespace(
        OPENAI_API_KEY="k", OPENAI_BASE_URL="o", OLLAMA_BASE_URL="l", AURORA_MODEL="m", AURORA_MODEL_CHAIN=["openai:a"],
        AURORA_MODEL_PRICES=["a=1/2"],
    )  # fmt: skip
    assert ProviderConfig.from_settings(settings) == ProviderConfig(
        openai_api_key="k", openai_base_url="o", ollama_base_url="l", model="m", chain=("openai:a",), prices=("a=1/2",)
    )


@pytest.fixture(autouse=True)
def changes(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, str]]:
    """What listeners are told; those of the installation hear nothing."""
    seen: list[tuple[str, str, str]] = []
    monkeypatch.setattr(failover, "_listeners", [])
    failover.on_change(lambda name, state, reason: seen.append((name, state, reason)))
    return seen


async def test_a_failing_model_is_passed_over_without_a_call_and_others_are_not(
    model_server: ModelServer, changes: list[tuple[str, str, str]]
) -> None:
    settings = ProviderConfig(openai_base_url=model_server.url, chain=("openai:plain",))
    for _ in range(3):
        assert [each.available() for each in providers_for(settings, "openai", "failing")] == [True, True, True]
        await outcome(providers_for(settings, "openai", "failing")[0])
    chain = providers_for(settings, "openai", "failing")
    assert [each.available() for each in chain] == [False, True, True]
    assert await outcome(chain[0]) is CircuitOpen
    assert len(model_server.requests) == 3
    assert await outcome(chain[1]) == ANSWER + " "
    assert changes == [("openai:failing", "open", "The model's server failed with status 500.")]


@pytest.mark.parametrize("model", ["refusing", "unknown", "context", "garbage", "filtered", "broken-off-by-us"])
async def test_what_others_would_not_meet_opens_nothing(model_server: ModelServer, model: str) -> None:
    asked = providers_for(ProviderConfig(openai_base_url=model_server.url), "openai", model)[0]
    for _ in range(5):
        stream = asked.stream(REQUEST)
        if model == "broken-off-by-us":
            await anext(stream)
            await stream.aclose()
        else:
            assert await outcome(asked) in {ProviderRefused, ContextTooLong, ProviderBadResponse}
    assert asked.available()


@pytest.mark.parametrize("model", ["failing", "rate-limited", "silent", "stalling", "resetting"])
async def test_what_others_would_meet_opens_it(model_server: ModelServer, model: str) -> None:
    asked = providers_for(ProviderConfig(openai_base_url=model_server.url), "openai", model)[0]
    for _ in range(3):
        assert asked.available()
        await outcome(asked, request_for(model))
    assert not asked.available()


async def test_after_the_pause_one_call_probes_and_its_first_word_lets_all_through(model_server: ModelServer) -> None:
    settings = ProviderConfig(openai_base_url=model_server.url)
    clock = Clock()
    circuit = Circuit(clock=clock)

    def guarded(model: str) -> Guarded:
        return Guarded(providers_for(settings, "openai", model)[0], circuit)

    for _ in range(3):
        assert await outcome(guarded("failing")) is failover.ProviderUnavailable
    clock.now += FIRST_PAUSE
    probe = guarded("slow").stream(REQUEST)
    first = asyncio.ensure_future(anext(probe))
    await asyncio.sleep(0)
    assert await outcome(guarded("plain")) is CircuitOpen
    await first
    assert await outcome(guarded("plain")) == ANSWER + " "
    await probe.aclose()
    assert circuit.state == "closed"


@pytest.mark.parametrize(("model", "state"), [("refusing", "closed"), ("garbage", "half_open"), ("silent", "open")])
async def test_what_a_probe_finds_out(model_server: ModelServer, model: str, state: str) -> None:
    clock = Clock()
    circuit = Circuit(clock=clock)
    for _ in range(3):
        permit = circuit.acquire()
        assert permit
        circuit.failed(permit, "down")
    clock.now += FIRST_PAUSE
    inner = providers_for(ProviderConfig(openai_base_url=model_server.url), "openai", model)[0]
    await outcome(Guarded(inner, circuit), request_for(model))
    assert circuit.state == state


def test_circuits_are_few_however_many_models_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failover, "CIRCUITS_KEPT", 10)
    troubled = failover.circuit_for("openai", "http://a", "down")
    for _ in range(3):
        permit = troubled.acquire()
        assert permit
        troubled.failed(permit, "down", None)
    for number in range(50):
        failover.circuit_for("openai", "http://a", f"model-{number}")
    assert len(failover._circuits) <= 10
    assert failover.circuit_for("openai", "http://a", "down") is troubled


TEXTS = st.text(max_size=200)


@given(TEXTS, TEXTS)
def test_estimates_grow_with_the_text_and_are_never_below_a_token_for_three_bytes(first: str, second: str) -> None:
    assert estimate_tokens("") == 0
    assert estimate_tokens(first) <= estimate_tokens(first + second) <= estimate_tokens(first) + estimate_tokens(second)
    assert estimate_tokens(first) * 3 >= len(first.encode("utf-8", "replace"))


def test_an_estimate_counts_everything_that_is_sent() -> None:
    call = ToolRequest("call_1", "knowledge_search", '{"query": "leave"}')
    plain = [ChatMessage("user", "x" * 300)]
    with_call = [*plain, ChatMessage("assistant", "", tool_calls=[call])]
    tool = ToolSpec("knowledge_search", "d" * 300, {"type": "object"})
    assert estimate_message_tokens(plain) == 104
    assert estimate_message_tokens(with_call) >= 104 + 4 + (6 + 16 + 18) // 3
    assert estimate_tool_tokens([tool]) >= 100
    with_tool = estimate_usage(ModelRequest(messages=plain, tools=[tool]), "y" * 30)
    assert with_tool.prompt_tokens == 104 + estimate_tool_tokens([tool])
    assert (with_tool.completion_tokens, with_tool.estimated, with_tool.cost_usd) == (10, True, None)


async def test_the_extractive_provider_uses_nothing_and_finishes() -> None:
    extractive = providers_for(ProviderConfig())[0]
    events = [event async for event in extractive.stream(REQUEST)]
    assert isinstance(events[-1], Finished)
    assert extractive.estimate_usage(REQUEST, "text") is None
    assert not extractive.supports_tools
