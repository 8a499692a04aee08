"""``/ws/runs/{id}/`` over the real ASGI application."""

from __future__ import annotations

import json
from typing import Any

import pytest
from channels.testing import WebsocketCommunicator

from agents.models import Run
from agents.runs.database import in_database
from aurora_site.asgi import application
from tests.agents.conftest import Streams, frames
from tests.factories.accounts import member_factory, signed_in_as
from tests.model_server import ModelServer

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "retrieval"])

MESSAGE = {"msg": "How many days of leave do I get?"}


def socket(run_id: str, headers: dict[str, str], query: str = "") -> WebsocketCommunicator:
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    return WebsocketCommunicator(application, f"/ws/runs/{run_id}/{query}", headers=[(b"host", b"testserver"), *raw])


async def events_until_end(connection: WebsocketCommunicator) -> list[dict[str, Any]]:
    events = []
    while not events or events[-1]["type"] != "run.finished":
        events.append(json.loads(await connection.receive_from(timeout=10)))
    return events


async def finished_run(streams: Streams) -> list[dict[str, Any]]:
    return [event async for event in frames(await streams.post("/agents/aurora/stream", MESSAGE))]


async def test_it_shows_what_the_other_transports_show(streams: Streams, documents: dict[str, Any]) -> None:
    shown = await finished_run(streams)
    connection = socket(shown[0]["run_id"], streams.headers)
    assert (await connection.connect())[0]
    assert await events_until_end(connection) == shown
    await connection.send_to(json.dumps({"type": "resume", "after": 3}))
    assert await events_until_end(connection) == shown[3:]
    await connection.disconnect()


async def test_cancel_stops_a_running_answer(
    streams: Streams, documents: dict[str, Any], model_server: ModelServer, settings: Any
) -> None:
    settings.OPENAI_BASE_URL, settings.AURORA_MODEL = model_server.url, "slow"
    response = await streams.post("/agents/aurora/stream", MESSAGE)
    first = await anext(frames(response))
    connection = socket(first["run_id"], streams.headers)
    await connection.connect()
    events: list[dict[str, Any]] = []
    while not events or events[-1]["type"] != "run.finished":
        events.append(json.loads(await connection.receive_from(timeout=10)))
        if [event["type"] for event in events].count("token") == 1:
            await connection.send_to(json.dumps({"type": "cancel"}))
    assert events[-1]["data"]["state"] == "cancelled"
    assert model_server.closed_early.wait(5)
    await connection.send_to(json.dumps({"type": "cancel"}))
    assert json.loads(await connection.receive_from(timeout=5))["code"] == "RUN_FINISHED"
    await connection.disconnect()


@pytest.mark.parametrize("text", ["", "[", "[" * 9000, "5", '{"type": "dance"}', '{"type": "resume", "after": -1}'])
async def test_frames_without_sense_are_answered_and_change_nothing(
    streams: Streams, documents: dict[str, Any], text: str
) -> None:
    shown = await finished_run(streams)
    connection = socket(shown[0]["run_id"], streams.headers)
    await connection.connect()
    await events_until_end(connection)
    await connection.send_to(text or "\n")
    assert json.loads(await connection.receive_from(timeout=5))["code"] == "BAD_FRAME"
    assert (await in_database(Run.objects.get)).state == "succeeded"
    await connection.disconnect()


async def test_strangers_and_others_are_closed_without_an_event(streams: Streams, documents: dict[str, Any]) -> None:
    shown = await finished_run(streams)
    other = await in_database(lambda: signed_in_as(member_factory(role="admin")).headers)
    for headers, code in (({}, 4401), ({"Authorization": "Bearer nonsense"}, 4401), (other, 4404)):
        connection = socket(shown[0]["run_id"], headers)
        await connection.connect()
        closed = await connection.receive_output(timeout=5)
        assert (closed["type"], closed["code"]) == ("websocket.close", code)
        await connection.disconnect()


async def test_a_ticket_opens_it_once(streams: Streams, documents: dict[str, Any]) -> None:
    shown = await finished_run(streams)
    answer = await streams.post("/api/auth/ws-ticket", {}, Accept="application/json")
    query = f"?ticket={json.loads(answer.content)['ticket']}"
    connection = socket(shown[0]["run_id"], {}, query)
    await connection.connect()
    assert await events_until_end(connection) == shown
    await connection.disconnect()
    again = socket(shown[0]["run_id"], {}, query)
    await again.connect()
    assert (await again.receive_output(timeout=5))["code"] == 4401


@pytest.mark.parametrize("path", ["/ws/nope/", "/ws/runs/zz/", "/", "/ws/chat/0f8fad5b/more"])
async def test_an_address_that_is_none_is_closed_as_not_found(path: str) -> None:
    connection = WebsocketCommunicator(application, path, headers=[(b"host", b"testserver")])
    assert await connection.connect() == (True, None)
    assert await connection.receive_output() == {"type": "websocket.close", "code": 4404}
