"""A TCP proxy that breaks every connection after a random while, as bad networks do."""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass
class DroppingProxy:
    """``drops`` counts the connections that were broken while ``dropping``; without it all pass."""

    upstream: int
    port: int = 0
    drops: int = 0
    dropping: bool = False

    async def serve(self, ready: threading.Event) -> None:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        async with server:
            await server.serve_forever()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            upstream, sender = await asyncio.open_connection("127.0.0.1", self.upstream)
            passing = asyncio.gather(_copy(reader, sender), _copy(upstream, writer))
            while not passing.done():
                await asyncio.wait([passing], timeout=random.uniform(0.3, 2.0))
                if self.dropping and not passing.done():
                    self.drops += 1
                    break
            passing.cancel()
            sender.transport.abort()
        writer.transport.abort()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()


@contextmanager
def dropping_proxy(upstream: int) -> Iterator[DroppingProxy]:
    """The proxy in front of a local port, serving in a thread."""
    proxy, ready = DroppingProxy(upstream), threading.Event()
    loop = asyncio.new_event_loop()
    serving = loop.create_task(proxy.serve(ready))

    def run() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            loop.run_until_complete(serving)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(10), "the proxy did not start"
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(serving.cancel)
        thread.join(10)
