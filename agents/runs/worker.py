"""Runs in a worker: one event loop, on a thread of its own, carries out what the queue hands over."""

from __future__ import annotations

import asyncio
import logging
import threading

from django.conf import settings

from agents.runs.host import ENDING_SECONDS, RunHost

logger = logging.getLogger(__name__)

# How many runs a worker carries out at once. The others wait here, still queued: should it die, another finds them.
RUNS_AT_ONCE = 20
MOST_WAITING = 1000


class WorkerHost:
    """The event loop of a worker process, and the runs that were handed to it."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._waiting: set[str] = set()
        self._slots = asyncio.Semaphore(RUNS_AT_ONCE)
        self._thread = threading.Thread(target=self._serve, name="runs", daemon=True)
        self._thread.start()
        self._loop.call_soon_threadsafe(RunHost.current)

    def take(self, run_id: str) -> None:
        """Carry a queued run out as soon as there is room. Returns at once; twice is as once. Call from any thread."""
        self._loop.call_soon_threadsafe(self._take, run_id)

    def drain(self, seconds: float) -> None:
        """Take no more runs, let these finish for so long, end the rest as INTERRUPTED, and stop the loop."""
        drained = asyncio.run_coroutine_threadsafe(self._drain(seconds), self._loop)
        try:
            drained.result(seconds + ENDING_SECONDS + 1)
        except TimeoutError:
            logger.error("the worker's runs didn't end in time")
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(ENDING_SECONDS)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        others = asyncio.all_tasks(self._loop)
        for task in others:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*others, return_exceptions=True))
        self._loop.close()

    def _take(self, run_id: str) -> None:
        if run_id not in self._waiting and len(self._waiting) < MOST_WAITING:
            self._waiting.add(run_id)
            self._loop.create_task(self._carry_out(run_id))

    async def _carry_out(self, run_id: str) -> None:
        try:
            async with self._slots:
                await RunHost.current().carry_out(run_id)
        finally:
            self._waiting.discard(run_id)

    async def _drain(self, seconds: float) -> None:
        await RunHost.current().drain(seconds)


_host: WorkerHost | None = None
_guard = threading.Lock()
_closed = False


def begin() -> None:
    """Begin to look after runs in this worker process, also those of others that died."""
    with _guard:
        _opened()


def take(run_id: str) -> None:
    """Carry a run out in this worker process. Once it is closed, the run stays queued for another."""
    with _guard:
        if (host := _opened()) is not None:
            host.take(run_id)


def _opened() -> WorkerHost | None:
    global _host  # noqa: PLW0603 one loop a process
    if _host is None and not _closed:
        _host = WorkerHost()
    return _host


def close() -> None:
    """Let this worker's runs finish within AURORA_DRAIN_SECONDS, and take no more."""
    global _closed, _host
    with _guard:
        _closed, host, _host = True, _host, None
    if host is not None:
        host.drain(settings.AURORA_DRAIN_SECONDS)
