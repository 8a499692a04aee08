"""Hands committed events to the readers in this process, through bounded queues."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from agents.runtime.events import StoredEvent

QUEUE_SIZE = 256


class Subscription:
    """One reader's queue. When it overflows the reader is ``behind`` and must catch up from the log."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[StoredEvent] = asyncio.Queue(maxsize=QUEUE_SIZE)
        self.behind = False

    def put(self, events: Sequence[StoredEvent]) -> None:
        for event in events:
            try:
                self.queue.put_nowait(event)
            except asyncio.QueueFull:
                self.behind = True
                return


class Hub:
    """The readers of one event loop, by run."""

    def __init__(self) -> None:
        self._readers: dict[str, set[Subscription]] = defaultdict(set)

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

    def publish(self, events: Sequence[StoredEvent]) -> None:
        """Hand events of one run to its readers. Call on the loop that the hub belongs to."""
        if events:
            for subscription in self._readers.get(events[0].run_id, ()):
                subscription.put(events)
