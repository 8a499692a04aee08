"""A server of its own for tests of slow readers: ``python -m tests.ops.endless_stream`` prints its port."""

from __future__ import annotations

import asyncio
from typing import Any

from aurora_site.ops.paced_server import PacedServer  # first: it installs the reactor

# isort: split
from twisted.internet import reactor

PIECE = b"x" * 64 * 1024
seen = {"sent": 0, "open": 0}


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """``/stream`` never ends, ``/short`` does; ``/seen`` tells how many pieces were sent and how many streams are open."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    if scope["path"] == "/seen":
        await send({"type": "http.response.body", "body": f"{seen['sent']} {seen['open']}".encode()})
        return
    seen["open"] += 1
    gone = asyncio.ensure_future(disconnected(receive))
    try:
        while scope["path"] == "/stream" and not gone.done():
            await send({"type": "http.response.body", "body": PIECE, "more_body": True})
            seen["sent"] += 1
        for _ in range(50):
            await send({"type": "http.response.body", "body": PIECE, "more_body": True})
        await send({"type": "http.response.body", "body": b"end"})
    finally:
        gone.cancel()
        seen["open"] -= 1


async def disconnected(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def main() -> None:
    server = PacedServer(application, endpoints=["tcp:port=0:interface=127.0.0.1"], application_close_timeout=1)

    def tell() -> None:
        if server.listening_addresses:
            print(server.listening_addresses[0][1], flush=True)
        else:
            reactor.callLater(0.01, tell)

    reactor.callWhenRunning(tell)
    server.run()


if __name__ == "__main__":
    main()
