"""Wakes those who follow an organisation's incidents, from whatever thread a change was committed in."""

from __future__ import annotations

import asyncio
import os
import threading
from uuid import UUID

from agents.runs.bell import ring_topic


def topic_of(organization_id: UUID | str) -> str:
    """What followers of an organisation's incidents listen for."""
    return f"incidents:{organization_id}"


class _Ringer:
    """Rings on a thread of its own, so that a channel layer that is slow or away holds no commit up; what is committed
    while it rings goes with the next ring."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: set[str] = set()
        self._is_ringing = False
        self._process = os.getpid()

    def ring(self, topic: str) -> None:
        with self._lock:
            # A process that was forked has none of its parent's threads.
            forked = self._process != os.getpid()
            self._process = os.getpid()
            self._waiting.add(topic)
            if self._is_ringing and not forked:
                return
            self._is_ringing = True
        threading.Thread(target=self._work, name="incidents-bell", daemon=True).start()

    def _work(self) -> None:
        asyncio.run(self._ring_all())

    async def _ring_all(self) -> None:
        while topics := self._next():
            for topic in topics:
                await ring_topic(topic)

    def _next(self) -> set[str]:
        with self._lock:
            topics, self._waiting = self._waiting, set()
            self._is_ringing = bool(topics)
        return topics


_ringer = _Ringer()


def ring(organization_id: UUID, last_seq: int) -> None:
    """Say that an organisation's timelines go on; for ``journal.listen(after_commit=…)``. Never raises, never waits."""
    _ringer.ring(topic_of(organization_id))
