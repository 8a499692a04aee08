"""Reads a run's events as they are committed: every one once, in order, from any point on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from agents.runs.database import in_database
from agents.runs.host import RunHost
from agents.runs.hub import Subscription
from agents.runs.log import events_after
from agents.runtime.events import StoredEvent

# How long a reader waits for this process's hub before it looks at the log: a run may be carried out elsewhere.
LOG_POLL_SECONDS = 0.3
LAST_EVENT = "run.finished"


async def follow(run_id: str, after: int = 0) -> AsyncIterator[StoredEvent | None]:
    """Events numbered above ``after`` until ``run.finished``. None now and then, while nothing happens."""
    with RunHost.current().hub.subscribe(run_id) as subscription:
        seen = after
        while True:
            backlog = await in_database(events_after, run_id, seen)
            for event in backlog:
                seen = event.seq
                yield event
                if event.type == LAST_EVENT:
                    return
            if backlog:
                continue
            async for event in _live(subscription, seen):
                seen = event.seq
                yield event
                if event.type == LAST_EVENT:
                    return
            yield None


async def _live(subscription: Subscription, seen: int) -> AsyncIterator[StoredEvent]:
    """Events from the hub that follow ``seen`` without a gap; ends when there are none for a while."""
    while not subscription.behind:
        try:
            event = await asyncio.wait_for(subscription.queue.get(), LOG_POLL_SECONDS)
        except TimeoutError:
            return
        if event.seq <= seen:
            continue
        if event.seq != seen + 1:
            return
        seen = event.seq
        yield event
    subscription.behind = False
    while not subscription.queue.empty():
        subscription.queue.get_nowait()


async def wait_until_finished(run_id: str) -> None:
    """Return when the run's last event is committed."""
    async for _ in follow(run_id):
        pass
