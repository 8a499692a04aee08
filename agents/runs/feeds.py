"""Brings the events of runs that other processes carry out to this loop's readers: one query for all of them."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
import time
from collections.abc import Callable, Mapping, Sequence

from agents.runs.bell import Bell
from agents.runs.database import OUTAGES, in_database
from agents.runs.hub import Hub
from agents.runs.log import events_since
from agents.runtime.events import StoredEvent

logger = logging.getLogger(__name__)

# How often the log is asked when the bell is silent, and how often the bell is told what is being read here.
POLL_SECONDS = 1.0
WATCH_SECONDS = 5.0
RUNS_IN_A_QUERY = 200
LAST_EVENT = "run.finished"


class Feeds:
    """The runs that are read on this loop and carried out elsewhere, each with the last event that was brought here."""

    def __init__(self, hub: Hub, bell: Bell, is_local: Callable[[str], bool]) -> None:
        self._hub = hub
        self._bell = bell
        self._is_local = is_local
        self._known: dict[str, int] = {}
        self._news = asyncio.Event()
        self._pulling: asyncio.Task[None] | None = None
        self._watched = 0.0

    def follow(self, run_id: str, seen: int) -> None:
        """Bring a run's events behind ``seen`` as long as it has readers, unless it is carried out here."""
        if run_id in self._known or self._is_local(run_id):
            return
        self._known[run_id] = seen
        self._watched = 0.0
        self._news.set()
        if self._pulling is None or self._pulling.done():
            self._pulling = asyncio.get_running_loop().create_task(self._pull(), context=contextvars.Context())

    def advanced(self, last_seqs: Mapping[str, int]) -> None:
        """Other processes say how far runs have come."""
        if any(seq > self._known[run_id] for run_id, seq in last_seqs.items() if run_id in self._known):
            self._news.set()

    async def _pull(self) -> None:
        while self._known:
            self._news.clear()
            try:
                while await self._pull_once():
                    pass
            except OUTAGES as failure:
                logger.warning("events of other processes can't be read for now: %s", failure)
                await asyncio.sleep(POLL_SECONDS)
            await self._watch()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._news.wait()
            self._drop_unread()

    async def _pull_once(self) -> bool:
        """Bring what is new; True when there may be more."""
        wanted = [(run_id, seen) for run_id, seen in self._known.items() if not self._is_local(run_id)]
        found = False
        for start in range(0, len(wanted), RUNS_IN_A_QUERY):
            events = await in_database(events_since, dict(wanted[start : start + RUNS_IN_A_QUERY]))
            self._publish(events)
            found = found or bool(events)
        return found

    def _publish(self, events: Sequence[StoredEvent]) -> None:
        by_run: dict[str, list[StoredEvent]] = {}
        for event in events:
            by_run.setdefault(event.run_id, []).append(event)
        for run_id, of_run in by_run.items():
            self._known[run_id] = of_run[-1].seq
            self._hub.publish(run_id, of_run)
            if of_run[-1].type == LAST_EVENT:
                del self._known[run_id]

    async def _watch(self) -> None:
        if self._known and time.monotonic() - self._watched >= WATCH_SECONDS:
            self._watched = time.monotonic()
            await self._bell.ring_watch(self._known)

    def _drop_unread(self) -> None:
        for run_id in [run_id for run_id in self._known if not self._hub.has_readers(run_id) or self._is_local(run_id)]:
            del self._known[run_id]
