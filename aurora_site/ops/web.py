"""The web process: daphne or uvicorn around the ASGI application, which may finish its work before the process ends."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import resource
import signal
import sys
from collections.abc import Iterator
from typing import Any

BACKLOG = 2048
SIGNALS = (signal.SIGTERM, signal.SIGINT)
LARGEST_WEBSOCKET_MESSAGE = 1024 * 1024
MOST_FILES = 65_536

logger = logging.getLogger(__name__)


def serve() -> int:
    """Serve until asked to end; 0 after a clean end, 1 when the address can't be listened on."""
    from aurora_site.asgi import application  # sets Django up

    # isort: split
    from django.conf import settings

    from aurora_site.ops import heartbeat
    from aurora_site.ops.access_log import AccessLog

    heartbeat.start("web")
    _prefer_the_event_loop()
    _allow_many_connections()
    run = _run_uvicorn if settings.AURORA_WEB_SERVER == "uvicorn" else _run_daphne
    try:
        return run(AccessLog(application), settings.HOST, settings.PORT)
    finally:
        heartbeat.stop()


def _prefer_the_event_loop() -> None:
    """Keep pauses of the event loop short while threads work beside it."""
    # A thread that computes keeps the loop waiting for so long; Python's own value is five times it.
    sys.setswitchinterval(0.0002)
    # What is loaded stays: no full collection needs to look at it, and open streams don't cause one every second.
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def _allow_many_connections() -> None:
    """Raise the limit of open files, often 1,024, as far as the system lets us: a stream takes two, one to its model."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < MOST_FILES:
        most = MOST_FILES if hard == resource.RLIM_INFINITY else min(MOST_FILES, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))


def _run_daphne(application: Any, host: str, port: int) -> int:
    from aurora_site.ops.paced_server import PacedServer  # first: it installs the reactor

    # isort: split
    from twisted.internet import reactor

    interface = host.strip("[]").replace(":", r"\:")
    server = PacedServer(
        application,
        # daphne's own backlog of 50 makes clients wait a second when a hundred connect at once.
        endpoints=[f"tcp:port={port}:interface={interface}:backlog={BACKLOG}"],
        signal_handlers=False,
        server_name="aurora",
        websocket_max_message_size=LARGEST_WEBSOCKET_MESSAGE,
        websocket_max_frame_size=LARGEST_WEBSOCKET_MESSAGE,
    )
    loop = reactor._asyncioEventloop  # type: ignore[attr-defined]
    endings: list[asyncio.Task[None]] = []

    def end() -> None:
        if not endings:
            endings.append(loop.create_task(_end_daphne(reactor)))

    for number in SIGNALS:
        loop.add_signal_handler(number, end)
    server.run()
    return 0 if server.listening_addresses else 1


async def _end_daphne(reactor: Any) -> None:
    """Drain, then end every task: Python crashes when the loop is torn down under an open stream."""
    from aurora_site.core import shutdown

    await shutdown.drain()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    if others:
        await asyncio.wait(others, timeout=2)
    reactor.stop()


def _run_uvicorn(application: Any, host: str, port: int) -> int:
    import uvicorn

    from aurora_site.core import shutdown

    class DrainingServer(uvicorn.Server):
        """Drains while open streams still reach their readers; ends with 0 and not by its signal."""

        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            for number in SIGNALS:
                signal.signal(number, self.handle_exit)
            yield

        async def shutdown(self, sockets: Any = None) -> None:
            await shutdown.drain()
            await super().shutdown(sockets)

    server = DrainingServer(
        uvicorn.Config(
            application,
            host=host.strip("[]"),
            port=port,
            backlog=BACKLOG,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=3,
            ws_max_size=LARGEST_WEBSOCKET_MESSAGE,
        )
    )
    server.run()
    return 0 if server.started else 1
