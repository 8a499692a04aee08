"""Conversations over a real server and real sockets: several followers, a browser that stops reading, calls at once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from websockets.sync.client import ClientConnection, connect

from tests.live import ADMIN_EMAIL, ADMIN_PASSWORD, LiveAurora

QUESTION = "How many days of annual leave do I get?"


@dataclass
class Person:
    """Somebody signed in at the running Aurora."""

    client: httpx2.Client
    token: str

    def session(self) -> str:
        return str(self.client.post("/chat_api/sessions", json={}).json()["id"])

    def socket(self, session_id: str) -> ClientConnection:
        url = str(self.client.base_url).replace("http", "ws", 1).rstrip("/")
        headers = {"Authorization": f"Bearer {self.token}"}
        return connect(f"{url}/ws/chat/{session_id}/", additional_headers=headers)


def signed_in(aurora: LiveAurora, email: str, password: str) -> Person:
    client = httpx2.Client(base_url=aurora.url, timeout=30)
    token = client.post("/api/auth/login", json={"email": email, "password": password}).json()["access"]
    client.headers["Authorization"] = f"Bearer {token}"
    client.cookies.clear()
    return Person(client, token)


@pytest.fixture
def person(live_aurora: LiveAurora) -> Iterator[Person]:
    """The admin of the demo organisation, whose documents answer questions."""
    person = signed_in(live_aurora, ADMIN_EMAIL, ADMIN_PASSWORD)
    yield person
    person.client.close()


def events_of(socket: ClientConnection, run_id: str) -> list[dict[str, Any]]:
    """A run's events up to its last, passing over what else comes."""
    events: list[dict[str, Any]] = []
    while not events or events[-1]["type"] != "run.finished":
        frame = json.loads(socket.recv(timeout=30))
        if frame.get("run_id") == run_id and "seq" in frame:
            events.append(frame)
    return events


def streamed(person: Person, run_id: str) -> list[dict[str, Any]]:
    with person.client.stream("GET", f"/api/v1/runs/{run_id}/stream") as response:
        lines = [line for line in response.iter_lines() if line.startswith("data: ")]
    return [json.loads(line.removeprefix("data: ")) for line in lines]


def test_two_sockets_a_stream_and_a_poller_get_the_same_events(person: Person) -> None:
    session_id = person.session()
    with person.socket(session_id) as one, person.socket(session_id) as other, ThreadPoolExecutor(3) as pool:
        assert json.loads(one.recv(timeout=10)) == json.loads(other.recv(timeout=10))
        one.send(json.dumps({"type": "message", "text": QUESTION}))
        run_id = json.loads(one.recv(timeout=10))["run_id"]
        readers = [pool.submit(events_of, each, run_id) for each in (one, other)]
        readers.append(pool.submit(streamed, person, run_id))
        seen = [reader.result(60) for reader in readers]
    polled = person.client.get(f"/api/v1/runs/{run_id}/events").json()["events"]
    assert seen == [polled] * 3
    assert [event["seq"] for event in polled] == list(range(1, len(polled) + 1))


def test_a_browser_that_stops_reading_misses_nothing(person: Person) -> None:
    session_id = person.session()
    with person.socket(session_id) as stalled:
        assert json.loads(stalled.recv(timeout=10))["id"] == session_id
        posted = [
            person.client.post(f"/chat_api/sessions/{session_id}/messages", json={"message": QUESTION}).json()
            for _ in range(3)
        ]
        for each in posted:
            assert streamed(person, each["run_id"])[-1]["data"]["state"] == "succeeded"
        frames = [json.loads(stalled.recv(timeout=30))]
        while [frame["type"] for frame in frames].count("run.finished") < 3:
            frames.append(json.loads(stalled.recv(timeout=30)))
    for each in posted:
        events = [frame for frame in frames if frame.get("run_id") == each["run_id"]]
        assert events == person.client.get(f"/api/v1/runs/{each['run_id']}/events").json()["events"]


def test_the_same_key_at_once_over_http_makes_one_run(live_aurora: LiveAurora) -> None:
    account = {"email": "at-once@example.com", "password": "password123", "name": "At Once"}
    httpx2.post(f"{live_aurora.url}/api/auth/register", json=account)
    person = signed_in(live_aurora, account["email"], account["password"])
    session_id = person.session()

    def post(_: int) -> httpx2.Response:
        path = f"/chat_api/sessions/{session_id}/messages"
        return person.client.post(path, json={"message": "Hello"}, headers={"Idempotency-Key": "once"})

    with ThreadPoolExecutor(15) as pool:
        answers = list(pool.map(post, range(15)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({(answer.json()["run_id"], answer.json()["message_id"]) for answer in answers}) == 1
    assert streamed(person, answers[0].json()["run_id"])[-1]["data"]["state"] == "succeeded"
    assert person.client.get("/api/v1/runs").json()["total"] == 1
    assert person.client.get(f"/chat_api/sessions/{session_id}").json()["message_count"] == 2
    person.client.close()
