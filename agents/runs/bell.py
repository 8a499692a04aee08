"""The doorbell between processes: says that something is in the tables, and carries nothing itself.

One group of the channel layer, heard by every event loop that carries runs out or shows them. Rings may be lost:
whoever listens also looks by itself, only less often. An error of the layer never reaches a run.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from weakref import WeakKeyDictionary

from channels.layers import get_channel_layer

logger = logging.getLogger(__name__)

GROUP = "runs"
# A layer that restarted has forgotten who listens.
REJOIN_SECONDS = 20.0
LONGEST_PAUSE = 2.0
# A notification holds 8,000 bytes; an id with its number some 50.
RUNS_IN_A_RING = 120
SEND_SECONDS = 5.0

_bells: WeakKeyDictionary[asyncio.AbstractEventLoop, Bell] = WeakKeyDictionary()


class TopicBell:
    """Tells one listener that something changed in what it listens for."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        self._rung.set()

    async def wait(self, timeout: float) -> bool:  # noqa: ASYNC109 the caller's own rhythm
        """True once something changed since the last wait; False after ``timeout`` seconds without."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._rung.wait()
        rung = self._rung.is_set()
        self._rung.clear()
        return rung


class Bell:
    """The doorbell as one event loop hears and rings it."""

    def __init__(self) -> None:
        self.on_cancel: Callable[[str], None] = _ignore
        self.on_watch: Callable[[Sequence[str]], None] = _ignore
        self.on_advance: Callable[[Mapping[str, int]], None] = _ignore
        self._listeners: defaultdict[str, set[TopicBell]] = defaultdict(set)
        self._advances: dict[str, int] = {}
        self._advancing: asyncio.Task[None] | None = None
        self._listening: asyncio.Task[None] | None = None

    @classmethod
    def current(cls) -> Bell:
        """The bell of the running event loop, made and listening from its first use."""
        loop = asyncio.get_running_loop()
        if loop not in _bells:
            _bells[loop] = cls()
        bell = _bells[loop]
        if bell._listening is None or bell._listening.done():
            bell._listening = loop.create_task(bell._listen(), name="bell", context=contextvars.Context())
        return bell

    async def ring_cancel(self, run_id: str) -> None:
        """Ask whichever process carries a run out to look at its cancellation."""
        await _ring({"kind": "cancel", "run_id": run_id})

    async def ring_watch(self, run_ids: Iterable[str]) -> None:
        """Say that this process shows these runs and wants to hear of their progress."""
        for part in _parts(list(run_ids)):
            await _ring({"kind": "watch", "run_ids": part})

    def advance(self, last_seqs: Mapping[str, int]) -> None:
        """Say how far runs have come, soon; what piles up meanwhile goes with one ring."""
        self._advances.update(last_seqs)
        if self._advancing is None or self._advancing.done():
            self._advancing = asyncio.get_running_loop().create_task(self._ring_advances())

    async def ring_session(self, session_id: str) -> None:
        """Say that something changed in a session."""
        self._heard_topic(_session(session_id))
        await ring_topic(_session(session_id))

    @asynccontextmanager
    async def on_topic(self, topic: str) -> AsyncIterator[TopicBell]:
        """Hear of a topic's changes while the context lasts."""
        listener = TopicBell()
        self._listeners[topic].add(listener)
        try:
            yield listener
        finally:
            self._listeners[topic].discard(listener)
            if not self._listeners[topic]:
                del self._listeners[topic]

    async def _ring_advances(self) -> None:
        while self._advances:
            advances, self._advances = self._advances, {}
            for part in _parts(list(advances.items())):
                await _ring({"kind": "advance", "last_seqs": dict(part)})

    async def _listen(self) -> None:
        pause = 0.1
        while True:
            try:
                await self._hear()
            except Exception as failure:  # noqa: BLE001 - see _ring
                logger.warning("the bell is not heard for now: %s", failure)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
            else:
                pause = 0.1

    async def _hear(self) -> None:
        """Listen on a channel of its own until the layer fails."""
        layer = get_channel_layer()
        channel = await layer.new_channel()
        await layer.group_add(GROUP, channel)
        receiving = asyncio.ensure_future(layer.receive(channel))
        try:
            while True:
                done, _ = await asyncio.wait([receiving], timeout=REJOIN_SECONDS)
                if done:
                    message = receiving.result()
                    receiving = asyncio.ensure_future(layer.receive(channel))
                    self._heard(message)
                else:
                    await layer.group_add(GROUP, channel)
        finally:
            receiving.cancel()
            # Whatever a layer raises that is away: it mustn't take the place of a cancellation, which ends the listening.
            with contextlib.suppress(Exception):
                async with asyncio.timeout(SEND_SECONDS):
                    await layer.group_discard(GROUP, channel)

    def _heard(self, message: Mapping[str, Any]) -> None:
        match message:
            case {"kind": "cancel", "run_id": str(run_id)}:
                self.on_cancel(run_id)
            case {"kind": "watch", "run_ids": list(run_ids)}:
                self.on_watch(run_ids)
            case {"kind": "advance", "last_seqs": dict(last_seqs)}:
                self.on_advance(last_seqs)
            case {"kind": "topic", "topic": str(topic)}:
                self._heard_topic(topic)

    def _heard_topic(self, topic: str) -> None:
        for listener in self._listeners.get(topic, ()):
            listener.ring()


async def ring_session(session_id: str) -> None:
    """Say in all processes that something changed in a session. Never raises."""
    await Bell.current().ring_session(session_id)


def on_session(session_id: str) -> contextlib.AbstractAsyncContextManager[TopicBell]:
    """``async with on_session(id) as bell: await bell.wait(seconds)``: True when something changed in the session."""
    return on_topic(_session(session_id))


async def ring_topic(topic: str) -> None:
    """Say in all processes that something changed in a topic; the event loop that says it need not listen. Never raises."""
    await _ring({"kind": "topic", "topic": topic})


def on_topic(topic: str) -> contextlib.AbstractAsyncContextManager[TopicBell]:
    """As ``on_session``, for a topic of another app's."""
    return Bell.current().on_topic(topic)


def _session(session_id: str) -> str:
    return f"session:{session_id}"


async def _ring(message: dict[str, Any]) -> None:
    try:
        async with asyncio.timeout(SEND_SECONDS):
            await get_channel_layer().group_send(GROUP, {"type": "runs.bell", **message})
    except Exception as failure:  # noqa: BLE001 - each layer raises its own; a lost ring delays, and nothing more
        logger.warning("the bell could not be rung: %s", failure)


def _ignore(_: object) -> None:
    """Nobody asked to hear of it."""


def _parts(items: list[Any]) -> Iterable[list[Any]]:
    return (items[start : start + RUNS_IN_A_RING] for start in range(0, len(items), RUNS_IN_A_RING))
