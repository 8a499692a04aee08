"""Watching a run: server-sent events, plain text, resuming, stopping."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import AsyncClient

from agents.models import Document, Run
from agents.runs.database import in_database
from audit.models import Record
from tests.agents.conftest import Streams, frames, stored_types, wait_for
from tests.model_server import ModelServer

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "retrieval"])

MESSAGE = {"msg": "How many days of leave do I get?"}


async def test_events_arrive_in_order_and_end_with_run_finished(streams: Streams, documents: dict[str, Any]) -> None:
    response = await streams.post("/agents/aurora/stream", MESSAGE)
    assert response.status_code == 200
    assert response["Content-Type"] == "text/event-stream"
    assert response["Cache-Control"] == "no-cache"
    events = [event async for event in frames(response)]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    types = [event["type"] for event in events]
    assert types[0] == "run.started"
    assert types[-1] == "run.finished"
    assert {"tool.call", "tool.result", "route", "token", "citation", "message"} <= set(types)
    assert "25 days" in next(event["data"]["text"] for event in events if event["type"] == "message")
    assert events[-1]["data"]["state"] == "succeeded"
    assert response["Location"] == f"/api/v1/runs/{events[0]['run_id']}/stream"
    assert await in_database(stored_types, events[0]["run_id"]) == types


@pytest.mark.parametrize("accept", ["*/*", "text/plain", "application/json"])
async def test_without_asking_for_events_the_answer_comes_as_text(
    streams: Streams, documents: dict[str, Any], accept: str
) -> None:
    response = await streams.post("/agents/onboarding/stream", MESSAGE, Accept=accept)
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    text = b"".join([part async for part in response.streaming_content]).decode()
    assert "25 days" in text


async def test_a_reader_goes_on_where_it_stopped(streams: Streams, documents: dict[str, Any]) -> None:
    response = await streams.post("/agents/aurora/stream", MESSAGE)
    everything = [event async for event in frames(response)]
    for after in range(len(everything)):
        rest = await streams.get(response["Location"], Last_Event_ID=str(after))
        assert [event async for event in frames(rest)] == everything[after:]
    polled = await AsyncClient().get(
        f"/api/v1/runs/{everything[0]['run_id']}/events?after=2",
        headers={"Authorization": streams.headers["Authorization"]},
    )
    assert polled.json() == {"events": everything[2:], "next_after": len(everything), "finished": True}


async def test_a_reader_at_the_end_gets_204(streams: Streams, documents: dict[str, Any]) -> None:
    response = await streams.post("/agents/aurora/stream", MESSAGE)
    last = [event async for event in frames(response)][-1]["seq"]
    assert (await streams.get(response["Location"], Last_Event_ID=str(last))).status_code == 204


async def test_stopping_keeps_what_was_written_and_closes_the_call(
    streams: Streams, documents: dict[str, Any], model_server: ModelServer, settings: Any
) -> None:
    settings.OPENAI_BASE_URL, settings.AURORA_MODEL = model_server.url, "slow"
    response = await streams.post("/agents/aurora/stream", MESSAGE)
    events = []
    async for event in frames(response):
        events.append(event)
        if event["type"] == "token" and sum(each["type"] == "token" for each in events) == 2:
            stopped = await streams.post(f"/api/v1/runs/{event['run_id']}/cancel", {}, Accept="application/json")
            assert stopped.status_code == 202
    assert events[-1]["data"]["state"] == "cancelled"
    run = await in_database(Run.objects.get, pk=events[0]["run_id"])
    assert run.state == "cancelled"
    assert run.output["answer"].startswith("word0 word1 ")
    assert model_server.closed_early.wait(5)
    assert await in_database(Record.objects.filter(event="agents.run_cancelled", subject_id=str(run.pk)).count) == 1
    again = await streams.post(f"/api/v1/runs/{run.pk}/cancel", {}, Accept="application/json")
    assert (again.status_code, again.json()["code"]) == (409, "RUN_FINISHED")


async def test_a_run_goes_on_when_its_reader_leaves(
    streams: Streams, documents: dict[str, Any], model_server: ModelServer, settings: Any
) -> None:
    settings.OPENAI_BASE_URL, settings.AURORA_MODEL = model_server.url, "plain"
    response = await streams.post("/agents/aurora/stream", MESSAGE)
    first = await anext(frames(response))
    await response.streaming_content.aclose()
    await wait_for(lambda: Run.objects.filter(pk=first["run_id"], state="succeeded").exists())
    assert (await in_database(stored_types, first["run_id"]))[-1] == "run.finished"


async def test_a_warning_says_when_quotes_replace_the_model(
    streams: Streams, documents: dict[str, Any], model_server: ModelServer, settings: Any
) -> None:
    settings.OPENAI_BASE_URL, settings.AURORA_MODEL = model_server.url, "rate-limited"
    events = [event async for event in frames(await streams.post("/agents/aurora/stream", MESSAGE))]
    warning = next(event["data"] for event in events if event["type"] == "warning")
    assert warning["code"] == "PROVIDER_RATE_LIMITED"
    assert events[-1]["data"]["mode"] == "extractive"


async def test_a_warning_says_that_documents_are_still_being_indexed(
    streams: Streams, documents: dict[str, Any]
) -> None:
    await in_database(Document.objects.filter(path="runbooks/disk-full.md").update, state="pending")
    events = [event async for event in frames(await streams.post("/agents/aurora/stream", MESSAGE))]
    assert [event["data"]["code"] for event in events if event["type"] == "warning"] == ["INDEXING"]


async def test_a_silent_model_times_out(
    streams: Streams, documents: dict[str, Any], model_server: ModelServer, settings: Any
) -> None:
    settings.OPENAI_BASE_URL, settings.AURORA_MODEL = model_server.url, "silent"
    settings.AURORA_MODEL_TIMEOUT = 0.3
    events = [event async for event in frames(await streams.post("/agents/aurora/stream", MESSAGE))]
    assert [event["data"]["code"] for event in events if event["type"] == "warning"] == ["PROVIDER_TIMEOUT"]
    assert events[-1]["data"]["state"] == "succeeded"


async def test_without_consent_the_stream_says_so_and_keeps_no_question(
    streams: Streams, documents: dict[str, Any]
) -> None:
    response = await streams.post("/agents/aurora/stream", {**MESSAGE, "consent": False}, Accept="text/plain")
    assert b"".join([part async for part in response.streaming_content]) == b"Consent required to proceed."
    run = await in_database(Run.objects.get)
    assert run.input == {"consent": False}
    assert "leave" not in json.dumps([run.output, run.route])
    kept = await in_database(lambda: list(Record.objects.filter(trace_id=run.trace_id).order_by("at", "id")))
    assert [row.event for row in kept] == ["agents.consent_refused", "agents.run_succeeded"]
    assert all(b"leave" not in bytes(row.body) for row in kept)


async def test_an_unknown_agent_is_404_as_json(streams: Streams) -> None:
    response = await streams.post("/agents/nobody/stream", MESSAGE)
    assert response.status_code == 404
    assert json.loads(response.content)["code"] == "UNKNOWN_AGENT"
    assert await in_database(Run.objects.count) == 0


@pytest.mark.parametrize("after", ["-1", "x", "99999999999"])
async def test_a_senseless_position_is_refused(streams: Streams, documents: dict[str, Any], after: str) -> None:
    response = await streams.post("/agents/aurora/stream", MESSAGE)
    events = [event async for event in frames(response)]
    answer = await streams.get(f"/api/v1/runs/{events[0]['run_id']}/stream?after={after}")
    assert answer.status_code == 400
    assert list(json.loads(answer.content)["fields"]) == ["after"]
