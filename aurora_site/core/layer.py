"""Channel layer on PostgreSQL's LISTEN and NOTIFY: wakes processes up, and stores nothing.

Groups live in each process's memory; a group message is one NOTIFY that every process hears and hands to its own
members. What is sent while the database is away, or to a member whose queue is full, is lost: readers find it in the
tables. The listener reconnects for ever.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import uuid
import weakref
from collections import defaultdict
from typing import Any

import psycopg
from channels.layers import BaseChannelLayer
from psycopg_pool import PoolTimeout

from aurora_site.core.embedded import EmbeddedError
from aurora_site.core.retrieval_pool import conninfo, retrieval_pool

logger = logging.getLogger(__name__)

NOTIFY_CHANNEL = "aurora_layer"
LARGEST_PAYLOAD = 7999
FIRST_LISTEN_SECONDS = 3.0
LONGEST_PAUSE = 2.0
# A connection that a network swallowed is noticed by silence: the listener asks after this many quiet seconds.
QUIET_SECONDS = 30.0

Message = dict[str, Any]


class MessageTooLargeError(ValueError):
    """A message doesn't fit a notification (8,000 bytes): send an id and let the receiver read the row."""


class NotifyChannelLayer(BaseChannelLayer):
    """Channel layer over the retrieval database. ``capacity`` bounds each channel's queue."""

    extensions = ["groups", "flush"]

    def __init__(self, capacity: int = 200, expiry: int = 60, **kwargs: Any) -> None:
        super().__init__(capacity=capacity, expiry=expiry, **kwargs)
        self._stations: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Station] = weakref.WeakKeyDictionary()

    async def send(self, channel: str, message: Message) -> None:
        """Wake the receiver of one channel, in whatever process. Raises MessageTooLargeError and psycopg's errors."""
        self.require_valid_channel_name(channel)
        await _notify({"channel": channel, "message": message})

    async def group_send(self, group: str, message: Message) -> None:
        """Wake every member of a group, in all processes. Raises MessageTooLargeError and psycopg's errors."""
        self.require_valid_group_name(group)
        await _notify({"group": group, "message": message})

    async def new_channel(self, prefix: str = "specific") -> str:
        return f"{prefix}.{uuid.uuid4().hex}!{uuid.uuid4().hex}"

    async def group_add(self, group: str, channel: str) -> None:
        """Join a group. Returns once this process listens (or, with the database away, after a few seconds)."""
        self.require_valid_group_name(group)
        self.require_valid_channel_name(channel)
        station = self._station()
        station.join(group, channel)
        await station.listening()

    async def group_discard(self, group: str, channel: str) -> None:
        self._station().leave(group, channel)

    async def receive(self, channel: str) -> Message:
        """The channel's next message; waits for it."""
        self.require_valid_channel_name(channel)
        station = self._station()
        queue = station.queue(channel)
        await station.listening()
        try:
            return await queue.get()
        finally:
            station.forget_if_unused(channel)

    async def flush(self) -> None:
        await self._station().close()
        self._stations.pop(asyncio.get_running_loop(), None)

    def _station(self) -> _Station:
        loop = asyncio.get_running_loop()
        if loop not in self._stations:
            self._stations[loop] = _Station(self.capacity)
        return self._stations[loop]


class _Station:
    """Queues, groups and listener of one event loop."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.queues: dict[str, asyncio.Queue[Message]] = {}
        self.groups: defaultdict[str, set[str]] = defaultdict(set)
        self.memberships: defaultdict[str, set[str]] = defaultdict(set)
        self._connected = asyncio.Event()
        self._listener: asyncio.Task[None] | None = None

    def queue(self, channel: str) -> asyncio.Queue[Message]:
        return self.queues.setdefault(channel, asyncio.Queue(self.capacity))

    def join(self, group: str, channel: str) -> None:
        self.queue(channel)
        self.groups[group].add(channel)
        self.memberships[channel].add(group)

    def leave(self, group: str, channel: str) -> None:
        for table, key, value in ((self.groups, group, channel), (self.memberships, channel, group)):
            if key in table:
                table[key].discard(value)
                if not table[key]:
                    del table[key]
        self.forget_if_unused(channel)

    def forget_if_unused(self, channel: str) -> None:
        queue = self.queues.get(channel)
        if queue is not None and queue.empty() and channel not in self.memberships:
            del self.queues[channel]

    async def listening(self) -> None:
        """Wait until notifications arrive here, but not for ever."""
        if self._listener is None or self._listener.done():
            self._connected.clear()
            self._listener = asyncio.create_task(self._listen(), name="channel-layer-listener")
        # Not wait_for: before Python 3.12 it swallows a cancellation that comes together with the result.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FIRST_LISTEN_SECONDS):
                await self._connected.wait()

    async def close(self) -> None:
        if self._listener is not None:
            self._listener.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._listener
        self.queues.clear()
        self.groups.clear()
        self.memberships.clear()

    async def _listen(self) -> None:
        pause = 0.1
        while True:
            try:
                await self._hear()
                pause = 0.1
            except (psycopg.Error, OSError, EmbeddedError) as error:
                if self._connected.is_set():
                    pause = 0.1
                self._connected.clear()
                logger.warning("The channel layer lost its database and tries again: %s", error)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    async def _hear(self) -> None:
        address = await asyncio.to_thread(conninfo)
        async with await psycopg.AsyncConnection.connect(address, autocommit=True, connect_timeout=5) as connection:
            await connection.execute(f"LISTEN {NOTIFY_CHANNEL}")
            self._connected.set()
            while True:
                async for notification in connection.notifies(timeout=QUIET_SECONDS):
                    self._deliver(notification.payload)
                await connection.execute("SELECT 1")

    def _deliver(self, payload: str) -> None:
        try:
            data = json.loads(payload)
            channels = [data["channel"]] if "channel" in data else list(self.groups.get(data["group"], ()))
            message = data["message"]
        except (ValueError, KeyError, TypeError):
            logger.warning("A notification on %s isn't Aurora's.", NOTIFY_CHANNEL)
            return
        for channel in channels:
            queue = self.queues.get(channel)
            if queue is not None:
                with contextlib.suppress(asyncio.QueueFull):
                    queue.put_nowait(dict(message))


async def _notify(data: dict[str, Any]) -> None:
    payload = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    if len(payload.encode()) > LARGEST_PAYLOAD:
        raise MessageTooLargeError(f"A message of {len(payload.encode())} bytes doesn't fit a notification.")
    await asyncio.to_thread(_send, payload)


def _send(payload: str) -> None:
    try:
        with retrieval_pool().connection() as connection:
            connection.execute("SELECT pg_notify(%s, %s)", [NOTIFY_CHANNEL, payload])
    except PoolTimeout as error:
        raise psycopg.OperationalError(str(error)) from error
