"""Four kinds of readers that lose their connection at random moments and go on where they were, at either web process."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx2
import websockets
from websockets.asyncio.client import connect

from bench.load import Target

SHORTEST, LONGEST = 0.05, 1.6


class Reader:
    """Reads a run to its end through ``drops`` lost connections. ``events`` are what it got, in the order it got them."""

    def __init__(self, targets: Sequence[Target], run_id: str, drops: int, seed: int) -> None:
        self.targets = targets
        self.path = f"/api/v1/runs/{run_id}"
        self.events: list[dict[str, Any]] = []
        self.drops = 0
        self._planned = drops
        self._random = random.Random(seed)

    @property
    def last(self) -> int:
        return self.events[-1]["seq"] if self.events else 0

    @property
    def finished(self) -> bool:
        return bool(self.events) and self.events[-1]["type"] == "run.finished"

    async def read(self) -> None:
        while not self.finished:
            target = self._random.choice(self.targets)
            pause = self._random.uniform(SHORTEST, LONGEST) if self.drops < self._planned else None
            try:
                async with asyncio.timeout(pause):
                    async for event in self.connection(target):
                        self.events.append(event)
            except TimeoutError:
                self.drops += 1
            except (OSError, httpx2.HTTPError, websockets.WebSocketException):
                await asyncio.sleep(0.2)

    def connection(self, target: Target) -> AsyncIterator[dict[str, Any]]:
        """Events behind the last one, until the server closes the connection; raises when it can't be reached."""
        raise NotImplementedError


class StreamReader(Reader):
    """Server-sent events, going on by ``after``."""

    async def connection(self, target: Target) -> AsyncIterator[dict[str, Any]]:
        async for event in self.stream(target, {"after": str(self.last)}, {}):
            yield event

    async def stream(
        self, target: Target, query: dict[str, str], headers: dict[str, str]
    ) -> AsyncIterator[dict[str, Any]]:
        async with httpx2.AsyncClient(timeout=60, verify=False) as client:
            address = f"{target.url}{self.path}/stream"
            sent = {**target.headers, "Accept": "text/event-stream", **headers}
            async with client.stream("GET", address, params=query, headers=sent) as response:
                if response.status_code != 200:
                    raise ConnectionError(f"status {response.status_code}")
                async for line in response.aiter_lines():
                    if line.startswith("data: "):
                        yield json.loads(line.removeprefix("data: "))


class EventSourceReader(StreamReader):
    """Likewise as a browser's EventSource does it: by ``Last-Event-ID``."""

    async def connection(self, target: Target) -> AsyncIterator[dict[str, Any]]:
        headers = {"Last-Event-ID": str(self.last)} if self.events else {}
        async for event in self.stream(target, {}, headers):
            yield event


class SocketReader(Reader):
    """A websocket. It shows the run from the start until it understands ``resume``: what comes twice is passed over."""

    async def connection(self, target: Target) -> AsyncIterator[dict[str, Any]]:
        address = target.url.replace("http://", "ws://") + f"/ws/runs/{self.path.rpartition('/')[2]}/"
        socket = await connect(address, additional_headers=dict(target.headers), close_timeout=0.1)
        try:
            await socket.send(json.dumps({"type": "resume", "after": self.last}))
            while not self.finished:
                event = json.loads(await socket.recv())
                assert event["type"] != "error" or "seq" in event, event
                if event["seq"] > self.last:
                    yield event
        finally:
            socket.transport.abort()


class PollingReader(Reader):
    """Plain requests for what is new."""

    async def connection(self, target: Target) -> AsyncIterator[dict[str, Any]]:
        async with httpx2.AsyncClient(timeout=60, verify=False, headers=dict(target.headers)) as client:
            while True:
                response = await client.get(f"{target.url}{self.path}/events", params={"after": self.last})
                if response.status_code != 200:
                    raise ConnectionError(f"status {response.status_code}")
                page = response.json()
                for event in page["events"]:
                    yield event
                assert page["next_after"] == self.last
                if page["finished"]:
                    return
                await asyncio.sleep(0.25)


KINDS: tuple[type[Reader], ...] = (StreamReader, EventSourceReader, SocketReader, PollingReader)
