"""Following an organisation's incidents: every change once and in order, over both transports, whatever happens between."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest
from channels.testing import WebsocketCommunicator
from django.db import connections
from django.test import AsyncClient

from agents.runs.database import in_database
from aurora_site.asgi import application
from incidents import following
from incidents.api import stream
from incidents.models import TimelineEntry
from incidents.services.response import note_add
from tests.factories.accounts import member_factory, signed_in_as
from tests.factories.incidents import IncidentFactory

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "retrieval"])

STREAM = "/api/incidents/stream"


class Story:
    """An organisation with an incident, somebody who reads it, and notes that are written one by one."""

    def __init__(self) -> None:
        self.member = member_factory()
        self.headers = signed_in_as(self.member).headers
        self.incident = IncidentFactory(organization=self.member.organization)

    def note(self, text: str) -> None:
        note_add(
            organization_id=self.member.organization_id, actor_id="user_a", incident_id=self.incident.pk, text=text
        )

    async def notes(self, *texts: str) -> None:
        for text in texts:
            await in_database(self.note, text)

    async def opened(self, query: str = "", **headers: str) -> Any:
        return await AsyncClient().get(STREAM + query, headers={**self.headers, **headers})


@pytest.fixture
def story(transactional_db: None) -> Story:
    return Story()


async def changes(response: Any) -> AsyncIterator[dict[str, Any]]:
    """Events as their data, their id checked; frames may be cut anywhere."""
    assert (response.status_code, response["Content-Type"]) == (200, "text/event-stream")
    buffer = b""
    async for part in response.streaming_content:
        buffer += part
        while b"\n\n" in buffer:
            frame, buffer = buffer.split(b"\n\n", 1)
            lines = dict(line.split(": ", 1) for line in frame.decode().split("\n") if not line.startswith(":"))
            if "data" in lines:
                event = json.loads(lines["data"])
                assert lines["id"] == str(event["seq"])
                assert lines.get("event", "reset") == "reset"
                yield event


async def taken(source: AsyncIterator[dict[str, Any]], count: int) -> list[dict[str, Any]]:
    async with asyncio.timeout(15):
        return [await anext(source) for _ in range(count)]


def texts(events: list[dict[str, Any]]) -> list[str]:
    return [event["text"] for event in events]


async def test_what_was_and_what_comes_arrives_in_order(story: Story) -> None:
    await story.notes("one", "two", "three")

    following_one = changes(await story.opened("?after=1"))
    missed = await taken(following_one, 2)
    await story.notes("four")
    live = await taken(following_one, 1)

    assert texts(missed + live) == ["two", "three", "four"]
    assert [event["seq"] for event in missed + live] == [2, 3, 4]
    event = live[0]
    assert {name: event[name] for name in ("type", "kind", "incident_id", "number", "status", "severity", "title")} == {
        "type": "incident_update",
        "kind": "incident.note",
        "incident_id": str(story.incident.pk),
        "number": story.incident.number,
        "status": "investigating",
        "severity": "high",
        "title": story.incident.title,
    }


async def test_a_ring_brings_a_change_long_before_the_next_look(story: Story, monkeypatch: Any) -> None:
    monkeypatch.setattr(following, "LOOK_SECONDS", 60.0)
    live = changes(await story.opened("?after=0"))
    waiting = asyncio.create_task(taken(live, 2))
    await asyncio.sleep(0)

    await story.notes("one", "two")

    assert texts(await waiting) == ["one", "two"]


async def test_without_a_position_it_starts_now(story: Story) -> None:
    await story.notes("before")
    response = await story.opened()
    live = changes(response)

    await story.notes("after")

    assert texts(await taken(live, 1)) == ["after"]


async def test_the_browsers_own_position_goes_before_the_address(story: Story) -> None:
    await story.notes("one", "two", "three")

    resumed = changes(await story.opened("?after=0", **{"Last-Event-ID": "2"}))

    assert texts(await taken(resumed, 1)) == ["three"]


async def test_nothing_is_lost_or_doubled_while_many_write_and_the_reader_comes_and_goes(
    story: Story, monkeypatch: Any
) -> None:
    monkeypatch.setattr(following, "PAGE", 3)
    monkeypatch.setattr(following, "SHARED", 7)
    writers, each = 4, 8

    def write(name: str) -> None:
        try:
            for number in range(each):
                story.note(f"{name}{number}")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"[:writers]]
    for thread in threads:
        thread.start()
    seen: list[dict[str, Any]] = []
    while len(seen) < writers * each:
        # Cut off after every fifth.
        live = changes(await story.opened(**{"Last-Event-ID": str(seen[-1]["seq"] if seen else 0)}))
        seen += await taken(live, min(5, writers * each - len(seen)))
        await live.aclose()
    for thread in threads:
        thread.join(timeout=15)

    assert [event["seq"] for event in seen] == list(range(1, writers * each + 1))
    stored = await in_database(lambda: list(TimelineEntry.objects.order_by("seq").values_list("text", flat=True)))
    assert texts(seen) == stored


async def test_readers_at_different_places_share_what_is_read(story: Story, monkeypatch: Any) -> None:
    monkeypatch.setattr(following, "PAGE", 2)
    monkeypatch.setattr(following, "SHARED", 3)
    await story.notes(*"abcdef")
    places = [0, 5, 2, 6, 3]
    readers = [changes(await story.opened(f"?after={place}")) for place in places]

    found = [asyncio.create_task(taken(reader, 8 - place)) for place, reader in zip(places, readers, strict=True)]
    await story.notes("g", "h")

    for place, task in zip(places, found, strict=True):
        assert texts(await task) == list("abcdefgh")[place:]


async def test_who_is_too_far_behind_loads_anew_and_goes_on(story: Story, monkeypatch: Any) -> None:
    monkeypatch.setattr(following, "MOST_REPLAYED", 3)
    await story.notes(*"abcd")

    behind = changes(await story.opened("?after=0"))
    reset = await taken(behind, 1)
    await story.notes("e")

    assert reset == [{"type": "reset", "seq": 4}]
    assert texts(await taken(behind, 1)) == ["e"]
    close = changes(await story.opened("?after=2"))
    assert texts(await taken(close, 3)) == ["c", "d", "e"]


async def test_who_is_ahead_of_what_there_is_loads_anew(story: Story) -> None:
    await story.notes("a")

    ahead = changes(await story.opened("?after=900"))
    reset = await taken(ahead, 1)
    await story.notes("b")

    assert reset == [{"type": "reset", "seq": 1}]
    assert texts(await taken(ahead, 1)) == ["b"]


@pytest.mark.parametrize("last", ["rubbish", "-1", "1.5", "9" * 30])
async def test_who_names_an_event_that_never_was_loads_anew(story: Story, last: str) -> None:
    await story.notes("a")

    lost = changes(await story.opened("?after=1", **{"Last-Event-ID": last}))

    assert await taken(lost, 1) == [{"type": "reset", "seq": 1}]


async def test_a_place_that_is_no_number_is_refused(story: Story) -> None:
    answer = await story.opened("?after=rubbish")

    assert answer.status_code == 400
    assert "after: Give a whole number from 0" in answer.content.decode()


async def test_two_organisations_hear_nothing_of_each_other(story: Story) -> None:
    other = await in_database(Story)
    here, there = changes(await story.opened("?after=0")), changes(await other.opened("?after=0"))

    await story.notes("here")
    await other.notes("there")
    await story.notes("again")

    assert texts(await taken(here, 2)) == ["here", "again"]
    assert texts(await taken(there, 1)) == ["there"]


async def test_a_reader_that_does_not_read_holds_one_page(story: Story, monkeypatch: Any) -> None:
    monkeypatch.setattr(following, "PAGE", 2)
    stalled = changes(await story.opened("?after=0"))
    quick = changes(await story.opened("?after=0"))
    await story.notes("a")
    await taken(stalled, 1)

    await story.notes(*"bcdefg")

    assert texts(await taken(quick, 7)) == list("abcdefg")
    assert texts(await taken(stalled, 6)) == list("bcdefg")


async def test_quiet_streams_are_kept_alive_and_end_with_the_sign_in(story: Story, monkeypatch: Any) -> None:
    monkeypatch.setattr(following, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(stream, "PING_SECONDS", 0.0)
    monkeypatch.setattr(stream, "IDENTITY_CHECK_SECONDS", 0.0)
    response = await story.opened()
    parts = aiter(response.streaming_content)

    assert await anext(parts) == b"retry: 1000\nid: 0\n\n"
    assert await anext(parts) == b": ping\n\n"
    await in_database(story.member.user.sign_ins.update, ended_at=story.incident.started_at)
    async with asyncio.timeout(15):
        assert {part async for part in parts} <= {b": ping\n\n"}


async def test_strangers_and_bad_positions_are_refused(story: Story) -> None:
    assert (await AsyncClient().get(STREAM)).status_code == 401
    for after in ("x", "-1", "9" * 30):
        answer = await story.opened(f"?after={after}")
        assert (answer.status_code, list(answer.json()["fields"])) == (400, ["after"])


def socket(headers: dict[str, str], query: str = "") -> WebsocketCommunicator:
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    path = f"/ws/incidents/{query}"
    return WebsocketCommunicator(application, path, headers=[(b"host", b"testserver"), *raw])


async def received(connection: WebsocketCommunicator, count: int) -> list[dict[str, Any]]:
    return [json.loads(await connection.receive_from(timeout=10)) for _ in range(count)]


async def test_a_websocket_shows_the_same_and_goes_on_from_any_point(story: Story) -> None:
    await story.notes("one", "two")
    connection = socket(story.headers)
    await connection.connect()
    first = await received(connection, 1)
    await story.notes("three")
    live = await received(connection, 1)
    await connection.send_to(json.dumps({"type": "resume", "after": 1}))
    again = await received(connection, 3)
    await connection.disconnect()

    streamed = await taken(changes(await story.opened("?after=1")), 2)
    assert first == [{"type": "following", "after": 2}]
    assert again == [{"type": "following", "after": 1}, *streamed]
    assert live == streamed[1:]

    behind = socket(story.headers, "?after=2")
    await behind.connect()
    assert await received(behind, 2) == [{"type": "following", "after": 2}, streamed[1]]
    await behind.send_to(json.dumps({"type": "dance"}))
    assert (await received(behind, 1))[0]["code"] == "BAD_FRAME"
    await behind.disconnect()


async def test_a_stranger_has_no_websocket(story: Story) -> None:
    connection = socket({})
    await connection.connect()

    closed = await connection.receive_output(timeout=5)

    assert (closed["type"], closed["code"]) == ("websocket.close", 4401)
