"""Reads a run's events as they are committed: every one once, in order, from any point on."""

from __future__ import annotations

from collections.abc import AsyncIterator

from agents.runs.database import through_outages
from agents.runs.host import RunHost
from agents.runs.hub import Subscription
from agents.runs.log import events_after, last_event
from agents.runtime.events import StoredEvent

# How long a reader waits without an event before it says so.
QUIET_SECONDS = 5.0
# How long a reader bears the database's absence.
OUTAGE_SECONDS = 30.0
# Small, since a reader that has stalled holds a page.
PAGE = 100
LAST_EVENT = "run.finished"


async def follow(run_id: str, after: int = 0) -> AsyncIterator[StoredEvent | None]:
    """Events numbered above ``after`` until ``run.finished``. None now and then, while nothing happens.

    Raises the database's error when it stays away for long; the reader then begins anew behind what it has.
    """
    host = RunHost.current()
    with host.hub.subscribe(run_id) as subscription:
        reader = _Reader(run_id, host, subscription)
        await reader.begin(after)
        while not reader.at_end:
            if events := await reader.some():
                for event in events:
                    yield event
            elif not await subscription.wait(QUIET_SECONDS):
                reader.follow_elsewhere()
                yield None


class _Reader:
    """Where one reader stands, and whether the hub brings what comes next or the log must be read."""

    def __init__(self, run_id: str, host: RunHost, subscription: Subscription) -> None:
        self.at_end = False
        self._run_id = run_id
        self._host = host
        self._subscription = subscription
        self._seen = 0
        # What a run showed before would leave a gap before its first event here, and so be looked up then.
        self._reads_log = not host.is_fresh(run_id)

    async def begin(self, after: int) -> None:
        """Stand behind ``after``, but not behind the log's end: nobody can have seen what isn't there."""
        if after:
            seq, newest = await through_outages(last_event, OUTAGE_SECONDS, self._run_id)
            self._seen = min(after, seq)
            self.at_end = newest == LAST_EVENT and seq <= after

    async def some(self) -> list[StoredEvent]:
        """The next events as far as they are there; none when the reader should wait."""
        events = [] if self._reads_log else self._live()
        if self._reads_log and not events:
            events = await through_outages(events_after, OUTAGE_SECONDS, self._run_id, self._seen, PAGE)
            self._reads_log = len(events) == PAGE
            if not self._reads_log:
                self.follow_elsewhere()
        if events:
            self._seen = events[-1].seq
            self.at_end = events[-1].type == LAST_EVENT
        return events

    def follow_elsewhere(self) -> None:
        """Have the events brought here, should another process carry the run out."""
        self._host.feeds.follow(self._run_id, self._seen)

    def _live(self) -> list[StoredEvent]:
        """What the hub has, as far as it follows without a gap."""
        events: list[StoredEvent] = []
        seen = self._seen
        while (event := self._subscription.next()) is not None:
            if event.seq > seen + 1:
                self._subscription.turn_to_log()
            elif event.seq > seen:
                events.append(event)
                seen = event.seq
        if self._subscription.behind:
            self._subscription.restart()
            self._reads_log = True
        return events


async def wait_until_finished(run_id: str) -> None:
    """Return when the run's last event is committed."""
    async for _ in follow(run_id):
        pass
