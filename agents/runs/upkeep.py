"""What a host does on the side: keeps its leases, hears of cancellations that the bell lost, looks for dead runs."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import random
import time
from collections.abc import Coroutine
from typing import TYPE_CHECKING

from agents.runs.database import OUTAGES, in_database, in_log
from agents.runs.leases import leases_renew, runs_to_cancel
from agents.runs.reaper import runs_reap

if TYPE_CHECKING:
    from agents.runs.host import RunHost

logger = logging.getLogger(__name__)

CANCEL_POLL_SECONDS = 0.25
LEASE_RENEWAL_SECONDS = 5.0
# Every host looks, each in its own time: where there is no beat, or the queue is full of long tasks.
REAP_SECONDS = 5.0
RECOVERED_AT_ONCE = 20


class Upkeep:
    """The side tasks of one host, begun with its first use."""

    def __init__(self, host: RunHost) -> None:
        self._host = host
        self._renewed = 0.0
        self._is_away = False
        self._watching: asyncio.Task[None] | None = None
        self._reaping = self._task(self._reap())

    @property
    def is_watching(self) -> bool:
        """Whether there are runs to watch over."""
        return self._watching is not None and not self._watching.done()

    def begin(self) -> None:
        """Watch over the host's runs as long as it has any."""
        if not self.is_watching:
            self._renewed = time.monotonic()
            self._watching = self._task(self._watch())

    def _task(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        return asyncio.get_running_loop().create_task(work, context=contextvars.Context())

    async def _watch(self) -> None:
        while self._host.is_busy:
            await asyncio.sleep(CANCEL_POLL_SECONDS)
            try:
                # Where the log is written: elsewhere a crowd of starting runs and readers may be waiting.
                for run_id in await in_log(runs_to_cancel):
                    self._host.cancel(run_id)
                if time.monotonic() - self._renewed >= LEASE_RENEWAL_SECONDS:
                    await self._renew()
                self._is_away = False
            except OUTAGES as failure:
                if not self._is_away:
                    logger.warning("leases and cancellations wait for the database: %s", failure)
                self._is_away = True

    async def _renew(self) -> None:
        attempts = self._host.attempts
        lost = await in_log(leases_renew, attempts)
        self._renewed = time.monotonic()
        for run_id in lost:
            self._host.lose(run_id, attempts[run_id])

    async def _reap(self) -> None:
        while True:
            await asyncio.sleep(REAP_SECONDS * random.uniform(0.7, 1.0))  # noqa: S311 not for secrecy
            self._host.forget_watchers()
            if self._host.draining:
                return
            try:
                reaped = await in_database(runs_reap)
            except OUTAGES as failure:
                logger.warning("dead runs can't be looked for now: %s", failure)
                continue
            for run_id in reaped.to_start[:RECOVERED_AT_ONCE]:
                self._host.start(run_id)
