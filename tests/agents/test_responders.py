"""Agents that answer by code of their own: what they get, the tools they call, what is shown of it and kept."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Iterator
from typing import Any

import pytest

from agents.catalog import definitions
from agents.catalog.definitions import AgentDefinition
from agents.catalog.responding import Asked, Reply, Responder
from agents.models import Run
from agents.providers.base import ChatMessage
from agents.runs.database import in_database
from agents.runs.tool_models import ToolCall
from agents.runtime import events
from agents.runtime.events import Event
from agents.tools import registry
from audit.models import Record
from tests.agents.conftest import Streams, frames, wait_for
from tests.agents.turns import EchoTool, asked, of, shown_types
from tests.factories.accounts import Api
from tests.model_replies import Reply as ModelReply
from tests.model_server import ModelServer

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "retrieval"])

SEEN: list[Asked] = []


@pytest.fixture
def own() -> Iterator[EchoTool]:
    """A tool that changes what belongs to who asks."""
    tool = EchoTool(name="test.own", effect="own")
    registry.register(tool)
    yield tool
    registry.unregister("test.own")


@pytest.fixture
def gardener() -> Iterator[Any]:
    """Makes the agent ``gardener`` of a responder."""
    SEEN.clear()

    def make(responder: Responder, **fields: Any) -> None:
        definitions.register(
            AgentDefinition(
                name="gardener", title="Gardener", description="Gardens.", instructions="", examples=("Water it",),
                tools=("test.own",), responder=responder, **fields,
            )
        )  # fmt: skip

    yield make
    definitions._definitions.pop("gardener", None)


@pytest.fixture
def model(model_server: ModelServer, settings: Any) -> ModelServer:
    settings.OPENAI_BASE_URL, settings.AURORA_MODEL = model_server.url, "scripted"
    return model_server


async def waters(question: Asked, reply: Reply) -> AsyncGenerator[Event, None]:
    """Calls its tool with the question and tells what came back."""
    SEEN.append(question)
    yield events.thought("Looking for the can.")
    async for event in question.tools.call("test.own", {"word": question.question}):
        yield event
    result = question.tools.results[-1]
    reply.text = f"First.\n\nSecond: {result.output}"
    reply.fields = {"watered": result.ok}
    reply.cited = [passage.number for passage in question.passages][:1]


async def consults(question: Asked, reply: Reply) -> AsyncGenerator[Event, None]:
    """Lets a model choose the calls."""
    if question.kept is None:
        messages = [ChatMessage("user", question.question)]
        said = await question.models.ask(messages, seconds=5, max_tokens=50, tools=question.tools.specs())
        reply.text, reply.kept = "Nobody knows.", {"step": 1}
        if said is None or not said.requests:
            return
        doing = question.tools.propose(said.text, said.requests)
    else:
        doing = question.tools.work()
    async for event in doing:
        yield event
    if not question.tools.parked:
        reply.text, reply.mode = f"Done, ok: {question.tools.results[-1].ok}.", "llm"


async def test_what_a_responder_does_and_says_is_shown_recorded_and_kept(
    gardener: Any, own: EchoTool, streams: Streams, documents: dict[str, Any]
) -> None:
    gardener(waters)
    shown = await asked(streams, "How many days of leave do I get?", agent="gardener")
    types = shown_types(shown)
    assert types[types.index("thought") + 1 :] == [
        "thought", "tool.call", "tool.result", "token", "citation", "message", "run.finished",
    ]  # fmt: skip
    (message,) = of(shown, "message")
    text = "First.\n\nSecond: echo: How many days of leave do I get?"
    assert (message["text"], message["watered"], message["mode"]) == (text, True, "extractive")
    assert [each["path"] for each in message["citations"]] == ["policies/annual-leave.md"]
    assert "".join(data["text"] for data in of(shown, "token")) == text
    run = await in_database(Run.objects.get)
    assert (run.agent, run.mode, run.state) == ("gardener", "extractive", "succeeded")
    assert run.output == {
        "watered": True, "answer": text, "citations": message["citations"], "answered": True, "searched": 3,
        "warnings": [],
    }  # fmt: skip
    call = await in_database(ToolCall.objects.get)
    assert (call.name, call.effect, call.state, call.expires_at) == ("test.own", "own", "succeeded", None)
    kept = await in_database(lambda: list(Record.objects.filter(event__startswith="agents.tool").order_by("at", "id")))
    assert [row.event for row in kept] == ["agents.tool_call_started", "agents.tool_call_finished"]
    assert json.loads(bytes(kept[0].body))["data"]["effect"] == "own"
    (question,) = SEEN
    assert (question.actor_id, question.organization_id) == (run.actor_id, str(run.organization_id))


def test_fields_of_the_request_reach_the_responder(gardener: Any, own: EchoTool, api: Api) -> None:
    gardener(waters, opening="Water the roses")
    body = api.post("/v1/agents/execute", {"agent_id": "gardener", "input": {"beds": [1, 2], "deep": {"a": None}}})
    assert (body.status_code, body.json()["output"]["watered"]) == (200, True)
    (question,) = SEEN
    assert (question.question, question.given) == ("Water the roses", {"beds": [1, 2], "deep": {"a": None}})


def test_too_much_beside_the_question_is_refused(gardener: Any, own: EchoTool, api: Api) -> None:
    gardener(waters)
    body = {"agent_id": "gardener", "input": {"question": "Water it", "beds": "x" * 16_000}}
    answer = api.post("/v1/agents/execute", body)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["input"])
    assert Run.objects.count() == 0


def test_a_message_that_is_one_of_its_requests_reaches_it(gardener: Any, own: EchoTool, api: Api) -> None:
    gardener(waters, requests=(r"\bgarden bed\b",), actions=("garden",))
    routed = api.post("/v1/aurora", {"input": {"question": "Is leave written on my garden bed?"}}).json()
    assert (routed["meta"]["agent_id"], "garden bed" in routed["route"]["reason"]) == ("gardener", True)
    named = api.post("/v1/aurora", {"action": "Garden", "input": {"question": "Something"}}).json()
    assert (named["meta"]["agent_id"], named["route"]["confidence"]) == ("gardener", 1.0)


async def test_what_a_model_proposes_waits_for_a_person(
    gardener: Any, own: EchoTool, streams: Streams, model: ModelServer
) -> None:
    gardener(consults)
    model.script(ModelReply("", [("test_own", {"word": "roses"})]))
    response = await streams.post("/agents/gardener/stream", {"msg": "Do what you think is right with the roses"})
    first = await anext(frames(response))
    await wait_for(Run.objects.filter(pk=first["run_id"], state="waiting_approval").exists)
    await response.streaming_content.aclose()
    assert own.calls == []
    path = f"/api/v1/runs/{first['run_id']}"
    decided = await streams.post(f"{path}/approvals/call-1-1", {"decision": "approve"}, Accept="application/json")
    assert decided.status_code == 200
    shown = [event async for event in frames(await streams.get(f"{path}/stream"))]
    assert [arguments for arguments, _ in own.calls] == [{"word": "roses"}]
    assert of(shown, "message")[0]["text"] == "Done, ok: True."
    assert (shown[-1]["data"]["state"], shown[-1]["data"]["mode"]) == ("succeeded", "llm")
    assert of(shown, "usage")[0]["prompt_tokens"] == 321


async def test_what_a_model_proposes_is_not_done_when_declined(
    gardener: Any, own: EchoTool, streams: Streams, model: ModelServer
) -> None:
    gardener(consults)
    model.script(ModelReply("", [("test_own", {"word": "roses"})]))
    response = await streams.post("/agents/gardener/stream", {"msg": "Do what you think is right with the roses"})
    first = await anext(frames(response))
    await wait_for(Run.objects.filter(pk=first["run_id"], state="waiting_approval").exists)
    await response.streaming_content.aclose()
    path = f"/api/v1/runs/{first['run_id']}"
    await streams.post(f"{path}/approvals/call-1-1", {"decision": "deny"}, Accept="application/json")
    shown = [event async for event in frames(await streams.get(f"{path}/stream"))]
    assert own.calls == []
    assert of(shown, "message")[0]["text"] == "Done, ok: False."


@pytest.mark.parametrize("name", ["failing", "rate-limited", "garbage", "empty", "half-error", "broken"])
async def test_a_model_that_fails_is_told_of_in_a_warning(
    gardener: Any, own: EchoTool, streams: Streams, model: ModelServer, name: str
) -> None:
    gardener(consults)
    model.script(ModelReply(model=name))
    shown = await asked(streams, "Do what you think is right", agent="gardener")
    (warning,) = of(shown, "warning")
    assert warning["code"].startswith("PROVIDER_")
    assert of(shown, "message")[0]["text"] == "Nobody knows."
    assert shown[-1]["data"]["state"] == "succeeded"


async def test_stopping_while_the_model_speaks_closes_its_call(
    gardener: Any, own: EchoTool, streams: Streams, model: ModelServer
) -> None:
    gardener(consults)
    model.script(ModelReply(model="slow"))
    response = await streams.post("/agents/gardener/stream", {"msg": "Do what you think is right"})
    reading = frames(response)
    first = await anext(reading)
    await wait_for(lambda: bool(model.requests))
    stopped = await streams.post(f"/api/v1/runs/{first['run_id']}/cancel", {}, Accept="application/json")
    assert stopped.status_code == 202
    rest = [event async for event in reading]
    assert rest[-1]["data"]["state"] == "cancelled"
    assert model.closed_early.wait(5)


async def test_without_a_search_the_responder_still_answers(
    gardener: Any, own: EchoTool, streams: Streams, monkeypatch: pytest.MonkeyPatch
) -> None:
    from agents.catalog import turn_beginning
    from agents.retrieval.errors import RetrievalError

    def fail(*_asked: Any) -> None:
        raise RetrievalError("The index is away.")

    gardener(waters)
    monkeypatch.setattr(turn_beginning, "search_first", fail)
    shown = await asked(streams, "Water the roses", agent="gardener")
    assert [data["code"] for data in of(shown, "warning")] == ["SEARCH_FAILED"]
    assert of(shown, "message")[0]["watered"] is True
    assert shown[-1]["data"]["state"] == "succeeded"


@pytest.mark.parametrize("message", ["hello", "What can you do?"])
async def test_a_greeting_to_it_is_answered_with_what_it_does(
    gardener: Any, own: EchoTool, streams: Streams, message: str
) -> None:
    gardener(waters)
    shown = await asked(streams, message, agent="gardener")
    assert of(shown, "message")[0]["text"] == "Hello!\n\n- **Gardener**: Gardens. Try “Water it”"
    assert shown[-1]["data"]["agent"] == "gardener"
