"""What ends a turn early: budgets, failures, being stopped. What was written and used until then is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from agents.models import Run
from agents.runs.database import in_database
from agents.runs.tool_models import ToolCall
from tests.agents.conftest import Streams, frames
from tests.agents.turns import QUESTION, SEARCH, EchoTool, asked, of, results, told
from tests.model_replies import Reply
from tests.model_server import ModelServer

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "retrieval"])

ANSWER = "You get 25 days of paid leave a year [1]."
DISK = "What do I do when the disk is full?"


@pytest.fixture(autouse=True)
def model(model_server: ModelServer, settings: Any) -> ModelServer:
    settings.OPENAI_BASE_URL, settings.AURORA_MODEL = model_server.url, "scripted"
    return model_server


def searching(*queries: str, text: str = "") -> Reply:
    return Reply(text, [(SEARCH, {"query": query}) for query in queries])


async def test_out_of_steps_the_model_answers_with_what_it_has(
    streams: Streams, documents: dict[str, Any], model: ModelServer, settings: Any
) -> None:
    settings.AURORA_RUN_STEPS = 3
    model.script(searching("leave booking"), searching("disk full"), ANSWER)
    events = await asked(streams)
    assert [data["code"] for data in of(events, "warning")] == ["LAST_STEP"]
    assert [request.get("tool_choice") for request in model.requests] == [None, None, "none"]
    assert of(events, "message")[0]["text"] == ANSWER
    assert events[-1]["data"]["state"] == "succeeded"


async def test_a_model_that_calls_tools_to_the_end_and_beyond_is_ended(
    streams: Streams, documents: dict[str, Any], model: ModelServer, settings: Any
) -> None:
    settings.AURORA_RUN_STEPS = 2
    model.script(searching("leave booking"), searching("disk full"))
    events = await asked(streams)
    assert of(events, "error") == [
        {"code": "BUDGET_EXCEEDED", "message": "The run used up its budget of 2 steps (AURORA_RUN_STEPS).",
         "retryable": True}
    ]  # fmt: skip
    assert len(results(events)) == 1
    assert events[-1]["data"]["state"] == "failed"


async def test_out_of_tokens_the_run_fails_with_what_it_had(
    streams: Streams, documents: dict[str, Any], model: ModelServer, settings: Any
) -> None:
    settings.AURORA_RUN_TOKENS = 1200
    model.script(searching(DISK, text="Let me look."), "never asked")
    events = await asked(streams)
    (error,) = of(events, "error")
    assert (error["code"], error["retryable"]) == ("BUDGET_EXCEEDED", False)
    assert "1200 tokens (AURORA_RUN_TOKENS)" in error["message"]
    (message,) = of(events, "message")
    assert (message["text"], message["answered"], message["partial"]) == ("Let me look.", False, True)
    assert len(model.requests) == 1
    run = await in_database(Run.objects.get)
    assert (run.state, run.error["code"], run.output["answer"]) == ("failed", "BUDGET_EXCEEDED", "Let me look.")
    assert run.usage["prompt_tokens"] == 321


async def test_what_is_left_of_the_tokens_is_all_that_the_model_may_write(
    streams: Streams, documents: dict[str, Any], model: ModelServer, settings: Any
) -> None:
    settings.AURORA_RUN_TOKENS = 1200
    await asked(streams)
    assert 0 < model.requests[0]["max_tokens"] < 1024


async def test_out_of_seconds_a_call_in_progress_is_closed(
    streams: Streams, documents: dict[str, Any], model: ModelServer, settings: Any
) -> None:
    settings.AURORA_RUN_SECONDS = 0.6
    settings.AURORA_MODEL = "slow"
    events = await asked(streams)
    (error,) = of(events, "error")
    assert (error["code"], error["retryable"]) == ("BUDGET_EXCEEDED", True)
    assert "0.6 seconds" in error["message"]
    (message,) = of(events, "message")
    assert message["text"].startswith("word0 word1")
    assert message["partial"] is True
    (usage,) = of(events, "usage")
    assert usage["estimated"] is True
    assert usage["completion_tokens"] > 0
    assert model.closed_early.wait(5)


async def test_out_of_seconds_a_tool_in_progress_is_left(
    streams: Streams, documents: dict[str, Any], model: ModelServer, settings: Any, use_tool: Any
) -> None:
    class Sleeping(EchoTool):
        async def work(self, arguments: Mapping[str, Any]) -> None:
            await asyncio.sleep(60)

    use_tool(Sleeping())
    settings.AURORA_RUN_SECONDS = 1.0
    model.script(Reply("", [("test_echo", {"word": "x"})]), "never asked")
    events = await asked(streams)
    assert [code for _, _, _, code in results(events)] == ["TOOL_TIMEOUT"]
    assert [data["code"] for data in of(events, "error")] == ["BUDGET_EXCEEDED"]
    assert len(model.requests) == 1


async def test_out_of_money_the_run_fails(
    streams: Streams, documents: dict[str, Any], model: ModelServer, settings: Any
) -> None:
    settings.AURORA_MODEL_PRICES = ["scripted=1000/1000"]
    settings.AURORA_RUN_COST_USD = 0.1
    model.script(searching(DISK), "never asked")
    events = await asked(streams)
    assert [data["message"] for data in of(events, "error")] == [
        "The run used up its budget of 0.1 US dollars (AURORA_RUN_COST_USD)."
    ]
    assert of(events, "usage")[0]["cost_usd"] == pytest.approx(0.333)
    assert of(events, "usage")[0]["cost_estimated"] is False


async def test_what_does_not_fit_into_the_window_is_left_out_with_a_warning(
    streams: Streams, documents: dict[str, Any], model: ModelServer, settings: Any, use_tool: Any
) -> None:
    settings.AURORA_MODEL_CONTEXT = 3000
    use_tool(EchoTool(output="{word} " * 2000))
    model.script(Reply("", [("test_echo", {"word": "long"})]), Reply("", [("test_echo", {"word": "more"})]), ANSWER)
    events = await asked(streams)
    assert [data["code"] for data in of(events, "warning")] == ["CONTEXT_SHORTENED"]
    assert of(events, "warning")[0]["message"] == "To fit into the model's window: 1 tool output shortened."
    assert all(len(text) < 2200 for text in told(model.requests[2]))
    assert QUESTION in model.requests[2]["messages"][1]["content"]


@pytest.mark.parametrize("then", ["stalling", "broken", "resetting", "half-error"])
async def test_a_model_that_breaks_off_after_it_spoke_ends_the_run_with_what_it_said(
    streams: Streams, documents: dict[str, Any], model: ModelServer, settings: Any, then: str
) -> None:
    settings.AURORA_MODEL_TIMEOUT = 0.3
    model.script(searching(DISK, text="Let me look."), Reply(model=then))
    events = await asked(streams)
    assert len(of(events, "error")) == 1
    assert of(events, "error")[0]["code"].startswith("PROVIDER_")
    (message,) = of(events, "message")
    assert message["text"].startswith("Let me look.")
    assert message["partial"] is True
    assert of(events, "usage")[0]["prompt_tokens"] >= 321
    assert events[-1]["data"]["state"] == "failed"


async def test_half_a_tool_call_is_a_failure_before_anything_was_shown(
    streams: Streams, documents: dict[str, Any], model: ModelServer
) -> None:
    model.script(Reply(model="tool-half"))
    events = await asked(streams)
    assert [data["code"] for data in of(events, "warning")] == ["PROVIDER_BAD_RESPONSE"]
    assert results(events) == []
    assert events[-1]["data"]["mode"] == "extractive"


@pytest.mark.parametrize("silence", ["nothing", "empty"])
async def test_an_empty_answer_is_no_answer(
    streams: Streams, documents: dict[str, Any], model: ModelServer, silence: str
) -> None:
    model.script(Reply(model=silence))
    events = await asked(streams)
    assert [data["code"] for data in of(events, "warning")] == ["PROVIDER_BAD_RESPONSE"]
    assert "25 days" in of(events, "message")[0]["text"]


async def test_a_model_that_failed_repeatedly_is_left_alone_for_a_while(
    streams: Streams, documents: dict[str, Any], model: ModelServer, settings: Any
) -> None:
    settings.AURORA_MODEL = "failing"
    warnings = []
    while not warnings or "left alone" not in warnings[-1]["message"]:
        events = await asked(streams)
        warnings += of(events, "warning")
        assert events[-1]["data"]["mode"] == "extractive"
        assert len(warnings) < 20
    assert len(model.requests) < len(warnings)
    assert warnings[-1]["code"] == "PROVIDER_UNAVAILABLE"


async def test_stopping_in_the_middle_of_a_tool_leaves_no_call_open(
    streams: Streams, documents: dict[str, Any], model: ModelServer, use_tool: Any
) -> None:
    class Waiting(EchoTool):
        begun = asyncio.Event()

        async def work(self, arguments: Mapping[str, Any]) -> None:
            self.begun.set()
            await asyncio.sleep(60)

    tool = use_tool(Waiting())
    model.script(Reply("One moment.", [("test_echo", {"word": "x"})]))
    response = await streams.post("/agents/assistant/stream", {"msg": QUESTION})
    events = []
    async for event in frames(response):
        events.append(event)
        if event["type"] == "tool.call" and event["data"]["name"] == "test.echo":
            await tool.begun.wait()
            await streams.post(f"/api/v1/runs/{event['run_id']}/cancel", {}, Accept="application/json")
    assert events[-1]["data"]["state"] == "cancelled"
    (message,) = of(events, "message")
    assert (message["text"], message["partial"]) == ("One moment.", True)
    assert events[-1]["data"]["usage"]["prompt_tokens"] == 321
    call = await in_database(ToolCall.objects.get)
    assert (call.state, call.output[:14]) == ("failed", "The run ended ")
    assert call.finished_at is not None


async def test_stopping_while_the_model_writes_keeps_text_and_usage(
    streams: Streams, documents: dict[str, Any], model: ModelServer, settings: Any
) -> None:
    settings.AURORA_MODEL = "slow"
    response = await streams.post("/agents/assistant/stream", {"msg": QUESTION})
    events = []
    async for event in frames(response):
        events.append(event)
        if event["type"] == "token" and len(of(events, "token")) == 2:
            await streams.post(f"/api/v1/runs/{event['run_id']}/cancel", {}, Accept="application/json")
    run = await in_database(Run.objects.get)
    assert (run.state, run.output["answered"]) == ("cancelled", False)
    assert run.output["answer"].startswith("word0 word1")
    assert (run.usage["estimated"], run.usage["provider"], run.usage["model"]) == (True, "openai", "slow")
    assert run.usage["completion_tokens"] > 0


async def test_a_question_that_no_document_answers_is_not_answered_by_the_model_either(
    streams: Streams, documents: dict[str, Any], model: ModelServer
) -> None:
    model.script("France won it, 3:0 against Brazil.")
    events = await asked(streams, "Who won the football world cup in 1998?")
    assert "France" not in str(events)
    assert of(events, "message")[0]["text"].startswith("I don't know")
    assert of(events, "message")[0]["answered"] is False
    assert of(events, "usage")[0]["prompt_tokens"] == 321


async def test_a_model_may_search_further_when_the_first_search_found_nothing(
    streams: Streams, documents: dict[str, Any], model: ModelServer
) -> None:
    model.script(searching(DISK, text="Another way."), "Delete old logs with `journalctl --vacuum-size=500M` [1].")
    events = await asked(streams, "Who won the football world cup in 1998?")
    assert "Another way." in [data["text"].strip() for data in of(events, "thought")]
    (message,) = of(events, "message")
    assert message["text"] == "Delete old logs with `journalctl --vacuum-size=500M` [1]."
    assert message["answered"] is True
    assert [citation["path"] for citation in message["citations"]] == ["runbooks/disk-full.md"]


async def test_a_model_may_ask_back_when_nothing_was_found(
    streams: Streams, documents: dict[str, Any], model: ModelServer
) -> None:
    model.script("Which document do you mean?")
    events = await asked(streams, "Who won the football world cup in 1998?")
    (message,) = of(events, "message")
    assert (message["text"], message["answered"], message["mode"]) == ("Which document do you mean?", False, "llm")
