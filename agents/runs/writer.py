"""The one writer of an event loop: gathers what all its runs want to show and commits it, one statement at a time."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from agents.runs.database import FIRST_PAUSE, LONGEST_PAUSE, OUTAGES, in_log
from agents.runs.log import Append, StaleAttempt, append_all
from agents.runtime.events import StoredEvent

if TYPE_CHECKING:
    from agents.runs.recorder import RunRecorder

logger = logging.getLogger(__name__)

Publish = Callable[[str, Sequence[StoredEvent]], None]

# The pace at which text is shown after its beginning, in seconds: the quickest, and the slowest under load.
QUICKEST, SLOWEST = 0.05, 0.25
# A thousand runs make the pace the slowest, and so does a commit that takes a quarter of it.
SECONDS_A_RUN = SLOWEST / 1000
COMMITS_TO_PAUSE = 4
LARGEST_BATCH = 1000
# How long the database may be away before its runs are given up: their leases have run out by then.
OUTAGE_SECONDS = 25.0


class EventWriter:
    """Commits what recorders gathered: what is urgent at once, the text of all runs at a common pace."""

    def __init__(self, publish: Publish) -> None:
        self._publish = publish
        # Dictionaries for their order.
        self._urgent: dict[RunRecorder, None] = {}
        self._paced: dict[RunRecorder, None] = {}
        self._committing: frozenset[RunRecorder] = frozenset()
        self._committed = asyncio.Event()
        self._stirred = asyncio.Event()
        self._working: asyncio.Task[None] | None = None
        self._next_pace = 0.0
        self._commit_seconds = 0.0
        self.runs = 0

    def gathered(self, recorder: RunRecorder, *, urgent: bool) -> None:
        """A recorder has something to commit: at once, or when the pace says so."""
        if urgent:
            self._paced.pop(recorder, None)
            self._urgent[recorder] = None
            self._stirred.set()
        elif recorder not in self._urgent:
            self._paced[recorder] = None
        if self._working is None or self._working.done():
            self._working = asyncio.get_running_loop().create_task(self._work(), name="event-writer")

    async def released(self, recorder: RunRecorder) -> None:
        """Return once nothing of this recorder is being committed; from then on its owner commits for it."""
        self._urgent.pop(recorder, None)
        self._paced.pop(recorder, None)
        while recorder in self._committing:
            self._committed.clear()
            await self._committed.wait()

    @property
    def pace(self) -> float:
        """Seconds between two commits of text."""
        return min(max(QUICKEST, self.runs * SECONDS_A_RUN, self._commit_seconds * COMMITS_TO_PAUSE), SLOWEST)

    async def _work(self) -> None:
        while self._urgent or self._paced:
            if not self._urgent:
                await self._until_next_pace()
            is_due = time.monotonic() >= self._next_pace
            batch, self._urgent = list(self._urgent), {}
            if is_due:
                batch += self._paced
                self._paced = {}
            for start in range(0, len(batch), LARGEST_BATCH):
                await self._commit(batch[start : start + LARGEST_BATCH])
            if is_due:
                self._next_pace = time.monotonic() + self.pace

    async def _until_next_pace(self) -> None:
        """Wait until text is due, or something urgent comes."""
        self._stirred.clear()
        wait = self._next_pace - time.monotonic()
        if wait > 0:
            alarm = asyncio.get_running_loop().call_later(wait, self._stirred.set)
            try:
                await self._stirred.wait()
            finally:
                alarm.cancel()

    async def _commit(self, batch: Sequence[RunRecorder]) -> None:
        appends = {recorder: append for recorder in batch if (append := recorder.take()).events}
        self._committing = frozenset(appends)
        try:
            await self._commit_together(appends)
        finally:
            self._committing = frozenset()
            self._committed.set()

    async def _commit_together(self, appends: Mapping[RunRecorder, Append]) -> None:
        started = time.monotonic()
        try:
            stale = await self._append(list(appends.values()))
        except OUTAGES as failure:
            logger.error("%s runs are given up, the database stays away: %s", len(appends), failure)
            for recorder in appends:
                recorder.lose(failure)
        except Exception as failure:  # noqa: BLE001 - whatever can't be stored is one run's matter
            await self._commit_singly(appends, failure)
        else:
            self._commit_seconds = 0.8 * self._commit_seconds + 0.2 * (time.monotonic() - started)
            self._conclude(appends, stale)

    async def _commit_singly(self, appends: Mapping[RunRecorder, Append], failure: Exception) -> None:
        """Something in a batch can't be stored: find whose it is, and let the others through."""
        if len(appends) == 1:
            for recorder in appends:
                recorder.lose(failure)
            return
        for recorder, append in appends.items():
            await self._commit_together({recorder: append})

    def _conclude(self, appends: Mapping[RunRecorder, Append], stale: set[str]) -> None:
        for recorder, append in appends.items():
            if append.run_id in stale:
                recorder.lose(StaleAttempt(append.run_id))
            else:
                recorder.confirm()
                self._publish(append.run_id, append.events)

    async def _append(self, appends: list[Append]) -> set[str]:
        """Commit, again and again while the database is away. Raises its error after OUTAGE_SECONDS."""
        deadline, pause, again = time.monotonic() + OUTAGE_SECONDS, FIRST_PAUSE, False
        while True:
            try:
                return await in_log(append_all, appends, again=again)
            except OUTAGES as failure:
                if time.monotonic() + pause > deadline:
                    raise
                if not again:
                    logger.warning("the event log can't be written for now: %s", failure)
            again = True
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
