"""Hands committed events to the readers of one event loop, through bounded queues."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from agents.runtime.events import StoredEvent

# Some seconds of an answer. A reader that leaves more lying holds nothing here and reads the log when it comes back.
QUEUE_SIZE = 64


class Subscription:
    """One reader's queue. When it overflows it is emptied, and the reader is ``behind``: it must read the log."""

    __slots__ = ("_events", "_waiter", "behind")

    def __init__(self) -> None:
        self._events: deque[StoredEvent] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self.behind = False

    def put(self, events: Sequence[StoredEvent]) -> None:
        if self.behind:
            return
        self._events.extend(events)
        if len(self._events) > QUEUE_SIZE:
            self.turn_to_log()
        else:
            self._wake()

    def turn_to_log(self) -> None:
        """Have the reader look at the log: nobody brings its events here any more."""
        self._events.clear()
        self.behind = True
        self._wake()

    def next(self) -> StoredEvent | None:
        """The next event, if there is one."""
        return self._events.popleft() if self._events else None

    def restart(self) -> None:
        """Forget what is queued: the reader turns to the log."""
        self._events.clear()
        self.behind = False

    async def wait(self, seconds: float) -> bool:
        """True when there is something to do, False after so many seconds without."""
        if self._events or self.behind:
            return True
        loop = asyncio.get_running_loop()
        self._waiter = loop.create_future()
        alarm = loop.call_later(seconds, self._wake)
        try:
            await self._waiter
        finally:
            alarm.cancel()
            self._waiter = None
        return bool(self._events) or self.behind

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Hub:
    """The readers of one event loop, by run."""

    def __init__(self) -> None:
        self._readers: defaultdict[str, set[Subscription]] = defaultdict(set)

    @contextmanager
    def subscribe(self, run_id: str) -> Iterator[Subscription]:
        subscription = Subscription()
        self._readers[run_id].add(subscription)
        try:
            yield subscription
        finally:
            self._readers[run_id].discard(subscription)
            if not self._readers[run_id]:
                del self._readers[run_id]

    def has_readers(self, run_id: str) -> bool:
        return run_id in self._readers

    def publish(self, run_id: str, events: Sequence[StoredEvent]) -> None:
        """Hand a run's events to its readers. Call on the loop that the hub belongs to."""
        for subscription in self._readers.get(run_id, ()):
            subscription.put(events)

    def turn_to_log(self, run_id: str) -> None:
        """Have a run's readers look at the log: the run isn't carried out here, or not any more."""
        for subscription in self._readers.get(run_id, ()):
            subscription.turn_to_log()
