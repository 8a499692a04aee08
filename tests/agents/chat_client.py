"""A person who chats: requests to ``/chat_api/sessions`` and sockets at ``/ws/chat``, over the real ASGI application."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from channels.testing import WebsocketCommunicator
from django.db import connections
from django.test import AsyncClient

from agents.models import Run
from agents.runs.database import in_database
from aurora_site.asgi import application
from tests.agents.conftest import wait_for

QUESTION = "How many days of leave do I get?"


@dataclass
class Chat:
    """Requests with the same credentials; runs live on the test's event loop."""

    headers: dict[str, str]

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        text = body if isinstance(body, str) else json.dumps(body)
        data = {} if body is None or method == "get" else {"data": text, "content_type": "application/json"}
        client = AsyncClient(raise_request_exception=False)
        return await getattr(client, method)(f"/chat_api/sessions{path}", headers={**self.headers, **named}, **data)

    async def session(self, **fields: Any) -> dict[str, Any]:
        """A new session."""
        answer = await self.call("post", "", fields)
        assert answer.status_code == 201, answer.content
        return answer.json()

    async def ask(self, session_id: str, text: str = QUESTION, *, path: str = "", **body: Any) -> dict[str, Any]:
        """A question that was taken in."""
        answer = await self.call("post", f"/{session_id}/messages{path}", {"message": text, **body})
        assert answer.status_code == 202, answer.content
        return answer.json()

    async def asked(self, session_id: str, text: str = QUESTION, *, path: str = "", **body: Any) -> dict[str, Any]:
        """A question that was answered."""
        posted = await self.ask(session_id, text, path=path, **body)
        await ended(posted["run_id"])
        return posted

    async def read(self, session_id: str, query: str = "") -> dict[str, Any]:
        """The session as it is shown."""
        answer = await self.call("get", f"/{session_id}{query}")
        assert answer.status_code == 200, answer.content
        return answer.json()

    async def texts(self, session_id: str) -> list[str]:
        return [message["text"] for message in (await self.read(session_id))["messages"]]


class Socket:
    """A browser's end of a chat socket."""

    def __init__(self, communicator: WebsocketCommunicator) -> None:
        self._communicator = communicator

    async def send(self, frame: Any) -> None:
        await self._communicator.send_to(frame if isinstance(frame, str) else json.dumps(frame))

    async def next(self) -> dict[str, Any]:
        return json.loads(await self._communicator.receive_from(timeout=10))

    async def until(self, condition: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
        """The frames up to the first that meets a condition."""
        frames = []
        while not frames or not condition(frames[-1]):
            frames.append(await self.next())
        return frames

    async def run(self, run_id: str) -> list[dict[str, Any]]:
        """The events of a run up to its last; other frames are passed over."""
        frames = await self.until(lambda frame: frame.get("run_id") == run_id and frame["type"] == "run.finished")
        return [frame for frame in frames if frame.get("run_id") == run_id and "seq" in frame]

    async def closed(self) -> int:
        """The code with which the server closes, whatever it sends before."""
        while True:
            output = await self._communicator.receive_output(timeout=10)
            if output["type"] == "websocket.close":
                return output["code"]

    async def is_silent(self, seconds: float = 0.2) -> bool:
        return await self._communicator.receive_nothing(timeout=seconds)


@asynccontextmanager
async def socket(session_id: str, headers: dict[str, str], query: str = "") -> AsyncIterator[Socket]:
    """An open socket to ``/ws/chat/{session_id}/``."""
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    path = f"/ws/chat/{session_id}/{query}"
    communicator = WebsocketCommunicator(application, path, headers=[(b"host", b"testserver"), *raw])
    assert (await communicator.connect(timeout=10))[0]
    try:
        yield Socket(communicator)
    finally:
        await communicator.disconnect()


async def ended(run_id: str) -> None:
    """Return when a run has ended."""
    await wait_for(Run.objects.filter(pk=run_id, finished_at__isnull=False).exists)


async def run_of(run_id: str) -> Run:
    return await in_database(Run.objects.get, pk=run_id)


def in_threads(calls: list[Callable[[], Any]]) -> list[Any]:
    """Call everything at once, each in a thread with connections of its own; results or exceptions, in order."""

    def guarded(call: Callable[[], Any]) -> Any:
        try:
            return call()
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(guarded, calls))
