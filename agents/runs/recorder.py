"""What one run shows: numbered in memory, committed by the writer in order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from agents.runs.log import Append, numbered
from agents.runs.writer import EventWriter
from agents.runtime.events import Event, token

Lost = Callable[[Exception], None]

# How long the beginning waits for a first text to be committed with: a quick model's is there by then.
ALONE_AFTER_SECONDS = 0.02


class RunRecorder:
    """Gathers the events of one attempt of a run. ``on_lost`` is told, once, when they can't be committed any more:
    by StaleAttempt, a database that stays away, or an event that can't be stored."""

    def __init__(self, writer: EventWriter, run_id: str, attempt: int, last_seq: int, on_lost: Lost) -> None:
        self.run_id = run_id
        self.attempt = attempt
        self.has_message = False
        self._writer = writer
        self._last_seq = self._committed_seq = last_seq
        self._on_lost = on_lost
        self._gathered: list[Event | str] = []
        self._queued = False
        self._shown: list[str] = []
        self._waiting: list[asyncio.Future[None]] = []
        self._taken: list[asyncio.Future[None]] = []
        self._failure: Exception | None = None

    @property
    def text(self) -> str:
        """All text that was recorded."""
        return "".join(self._shown)

    def record(self, event: Event) -> asyncio.Future[None] | None:
        """Show an event: text at the writer's pace after its beginning, the rest at once, but the run's own beginning only
        with what follows or after a moment. Does not wait, except for what announces an act on the world: that gives a
        future, done once it is committed.

        Raises, as the future does, what ``on_lost`` was told.
        """
        if self._failure is not None:
            raise self._failure
        if event.type == "token":
            self._gather_text(event.data["text"])
            return None
        self.has_message = self.has_message or event.type == "message"
        self._gathered.append(event)
        if event.type == "run.started":
            asyncio.get_running_loop().call_later(ALONE_AFTER_SECONDS, self._hurry)
            return None
        self._hurry()
        if event.type != "approval.required" and (event.type != "tool.call" or event.data.get("effect") == "read"):
            return None
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        return waiter

    def _hurry(self) -> None:
        if self._gathered:
            self._queued = True
            self._writer.gathered(self, urgent=True)

    def _gather_text(self, text: str) -> None:
        begins = not self._shown
        self._shown.append(text)
        self._gathered.append(text)
        if begins or not self._queued:
            self._queued = True
            self._writer.gathered(self, urgent=begins)

    def take(self) -> Append:
        """All that was gathered, numbered; each stretch of text is one event."""
        gathered, self._gathered, self._queued = self._gathered, [], False
        self._taken, self._waiting = self._waiting, []
        events = numbered(self.run_id, self._last_seq + 1, _joined(gathered))
        self._last_seq += len(events)
        return Append(self.run_id, self.attempt, events)

    def confirm(self) -> None:
        """What was taken is committed."""
        self._committed_seq = self._last_seq
        for waiter in self._taken:
            if not waiter.done():
                waiter.set_result(None)
        self._taken = []

    def lose(self, failure: Exception) -> None:
        """What was taken can't be committed, and nothing after it will be."""
        if self._failure is None:
            self._failure = failure
            self._on_lost(failure)
        for waiter in [*self._taken, *self._waiting]:
            if not waiter.done():
                waiter.set_exception(failure)
                # Whoever waited may be gone.
                waiter.exception()
        self._taken, self._waiting, self._gathered = [], [], []
        self._last_seq = self._committed_seq

    async def last(self, events: Sequence[Event]) -> Append:
        """The last events, behind what was gathered and not committed yet; the caller commits them."""
        await self._writer.released(self)
        self._gathered.extend(events)
        return self.take()


def _joined(gathered: Sequence[Event | str]) -> list[Event]:
    """Neighbouring pieces of text as one event each."""
    events: list[Event] = []
    text: list[str] = []
    for item in gathered:
        if isinstance(item, str):
            text.append(item)
            continue
        if text:
            events.append(token("".join(text)))
            text = []
        events.append(item)
    if text:
        events.append(token("".join(text)))
    return [event for event in events if event.type != "token" or event.data["text"]]
