"""A cheap HTTP client for load: keeps what arrived and when, and leaves reading it for later.

A thousand streams must cost the client little, because it shares the machine with what it measures: pieces of the body
are stored with their time, and parsed when the streams are over.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httptools


@dataclass
class Answer:
    """What one request got. Times are of the monotonic clock; ``complete`` says that the body came to its end."""

    sent: float = 0.0
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    pieces: list[tuple[float, bytes]] = field(default_factory=list)
    ended: float = 0.0
    complete: bool = False

    @property
    def body(self) -> bytes:
        return b"".join(piece for _, piece in self.pieces)

    def json(self) -> Any:
        return json.loads(self.body)


class Call(asyncio.Protocol):
    """One request on a connection of its own. ``begun`` resolves with the answer's head, ``done`` with the end of its body
    or of the connection, both to the answer."""

    def __init__(self, request: bytes) -> None:
        self.answer = Answer()
        self.begun: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.done: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._request = request
        self._parser = httptools.HttpResponseParser(self)

    def drop(self) -> None:
        """Close the connection in the middle, as a browser that goes away."""
        if self.transport is not None:
            self.transport.abort()

    transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.transport = transport
        self.answer.sent = time.monotonic()
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None
        self._finish()

    def on_header(self, name: bytes, value: bytes) -> None:
        self.answer.headers[name.decode().lower()] = value.decode()

    def on_headers_complete(self) -> None:
        self.answer.status = self._parser.get_status_code()
        if not self.begun.done():
            self.begun.set_result(self.answer)

    def on_body(self, body: bytes) -> None:
        self.answer.pieces.append((time.monotonic(), body))

    def on_message_complete(self) -> None:
        self.answer.complete = True
        self._finish()
        if self.transport is not None:
            self.transport.close()

    def _finish(self) -> None:
        if not self.done.done():
            self.answer.ended = time.monotonic()
            self.done.set_result(self.answer)
        if not self.begun.done():
            self.begun.set_result(self.answer)


@dataclass(frozen=True)
class Target:
    """A server and the headers that every request to it carries."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)

    async def open(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Call:
        """Send a request; returns once it is on its way. Raises OSError when nothing listens."""
        parts = urlsplit(self.url)
        request = self.request(method, path, body, headers)
        _, call = await asyncio.get_running_loop().create_connection(lambda: Call(request), parts.hostname, parts.port)
        return call

    async def fetch(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        """Send a request and wait for the whole answer."""
        call = await self.open(method, path, body, headers)
        return await call.done

    def request(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> bytes:
        """The request's bytes; ``body`` goes as JSON. The connection isn't kept."""
        parts = urlsplit(self.url)
        content = b"" if body is None else json.dumps(body).encode()
        lines = {"Host": parts.netloc, "Connection": "close", "Content-Type": "application/json",
                 "Content-Length": str(len(content)), **self.headers, **(headers or {})}  # fmt: skip
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        return f"{method} {parts.path}{path} HTTP/1.1\r\n{head}\r\n".encode() + content
