"""The one way out of a socket: bounded, so that a browser that doesn't read holds no memory."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

WAITING_EVENTS = 16
WAITING_REPLIES = 32


class OutboxFull(Exception):
    """The client asks for more than it reads."""


@dataclass
class Source:
    """Where events come from. Once it is ``ended``, those that still wait are not sent."""

    ended: bool = False


class Outbox:
    """Sends frames in order. Events wait for room, and what they come from waits with them; replies never wait."""

    def __init__(self, send: Callable[[str], Awaitable[None]]) -> None:
        self._send = send
        self._frames: asyncio.Queue[tuple[str, Source | None]] = asyncio.Queue()
        self._room = asyncio.Semaphore(WAITING_EVENTS)
        self._replies = 0

    async def show(self, text: str, source: Source) -> None:
        """Queue an event; returns once there was room for it."""
        await self._room.acquire()
        self._frames.put_nowait((text, source))

    def reply(self, text: str) -> None:
        """Queue a reply. Raises OutboxFull when too many wait."""
        if self._replies >= WAITING_REPLIES:
            raise OutboxFull
        self._replies += 1
        self._frames.put_nowait((text, None))

    async def work(self) -> None:
        """Send what is queued, until cancelled."""
        while True:
            text, source = await self._frames.get()
            if source is None or not source.ended:
                await self._send(text)
            if source is None:
                self._replies -= 1
            else:
                self._room.release()
