"""An HTTP/1.1 transport for answers that arrive as very many small pieces, under the SDK's HTTP client.

The client's own transport spends several times the work on each piece of a stream: locks, time-out scopes and a parser in
Python. Here the event loop hands the bytes to llhttp's parser, and a reader gets all that has come since it last looked
(docs/adr/0009-model-transport.md has the figures). It knows just what calling a model needs: requests with a body in
memory, no proxies, no compression, no redirects.
"""

from __future__ import annotations

import asyncio
import ssl
import urllib.request
from collections import deque
from collections.abc import AsyncIterator
from functools import lru_cache

import httpx2

from agents.providers.connection import Connection, Streams

CONNECT_SECONDS = 10.0
IDLE_CONNECTIONS = 100
IDLE_SECONDS = 30.0
Origin = tuple[str, str, int]


def http_client(base_url: str) -> httpx2.AsyncClient:
    """A client for a model's server: with this transport, or with httpx2's own where a proxy stands between."""
    timeout = httpx2.Timeout(60, connect=CONNECT_SECONDS)
    if _behind_proxy(httpx2.URL(base_url)):
        limits = httpx2.Limits(max_connections=None, max_keepalive_connections=IDLE_CONNECTIONS)
        return httpx2.AsyncClient(limits=limits, timeout=timeout)
    return httpx2.AsyncClient(transport=StreamingTransport(), timeout=timeout)


def _behind_proxy(url: httpx2.URL) -> bool:
    proxies = urllib.request.getproxies()
    return bool(proxies.get(url.scheme) or proxies.get("all")) and not urllib.request.proxy_bypass(url.host)


class StreamingTransport(httpx2.AsyncBaseTransport):
    """Belongs to one event loop. Any number of connections at a time; idle ones are kept for half a minute."""

    def __init__(self) -> None:
        self._idle: dict[Origin, deque[Connection]] = {}
        self._streams = Streams()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request and wait for the head of its response. Raises httpx2.TransportError."""
        message = _head(request) + await request.aread()
        timeout = request.extensions.get("timeout", {})
        silence = timeout.get("read") or 60.0
        origin = (request.url.scheme, request.url.raw_host.decode(), _port(request.url))
        while connection := self._take_idle(origin):
            try:
                return await self._exchange(connection, origin, message, silence)
            except httpx2.NetworkError:
                # The server may close an idle connection at any time; then the request never reached it.
                if connection.heard:
                    raise
        connection = await self._connect(origin, timeout.get("connect") or CONNECT_SECONDS)
        return await self._exchange(connection, origin, message, silence)

    async def aclose(self) -> None:
        for connections in self._idle.values():
            for connection in connections:
                connection.abort()
        self._idle.clear()

    async def _exchange(
        self, connection: Connection, origin: Origin, message: bytes, silence: float
    ) -> httpx2.Response:
        try:
            status, headers = await connection.send(message, silence)
        except BaseException:
            await _closed(connection)
            raise
        self._streams.open += 1
        return httpx2.Response(status, headers=headers, stream=_Body(self, connection, origin))

    async def give_back(self, connection: Connection, origin: Origin) -> None:
        """The response has been read, or given up: keep its connection for the next request, if it can carry one."""
        self._streams.open -= 1
        idle = self._idle.setdefault(origin, deque())
        while idle and not idle[0].reusable:
            idle.popleft()
        if connection.reusable and len(idle) < IDLE_CONNECTIONS:
            connection.close_later(IDLE_SECONDS)
            idle.append(connection)
        else:
            await _closed(connection)

    async def _connect(self, origin: Origin, seconds: float) -> Connection:
        scheme, host, port = origin
        loop, context = asyncio.get_running_loop(), _tls() if scheme == "https" else None
        try:
            async with asyncio.timeout(seconds):
                _, connection = await loop.create_connection(lambda: Connection(self._streams), host, port, ssl=context)
        except TimeoutError as error:
            raise httpx2.ConnectTimeout("The server does not answer.") from error
        except (OSError, UnicodeError) as error:
            raise httpx2.ConnectError("The server can't be reached.") from error
        return connection

    def _take_idle(self, origin: Origin) -> Connection | None:
        """The connection used last, as the likeliest to be still open."""
        idle = self._idle.get(origin)
        while idle:
            if (connection := idle.pop()).reusable:
                return connection
        return None


class _Body(httpx2.AsyncByteStream):
    def __init__(self, transport: StreamingTransport, connection: Connection, origin: Origin) -> None:
        self._transport = transport
        self._connection: Connection | None = connection
        self._origin = origin

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self._connection and (received := await self._connection.read()):
            yield received

    async def aclose(self) -> None:
        connection, self._connection = self._connection, None
        if connection:
            await self._transport.give_back(connection, self._origin)


async def _closed(connection: Connection) -> None:
    """Close it at once: when this returns the server has been told."""
    connection.abort()
    await asyncio.sleep(0)  # the event loop closes sockets in its next turn


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    context = httpx2.create_ssl_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


def _port(url: httpx2.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


def _head(request: httpx2.Request) -> bytes:
    lines = [b"%s %s HTTP/1.1" % (request.method.encode(), request.url.raw_path)]
    lines += [b"%s: %s" % header for header in request.headers.raw]
    if any(b"\n" in line or b"\r" in line or b"\0" in line for line in lines):
        raise httpx2.LocalProtocolError("A header of the request has a line break.")
    return b"\r\n".join(lines) + b"\r\n\r\n"
