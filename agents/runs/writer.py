"""The one writer of a process: gathers what all its runs want to show and commits it in one transaction at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from agents.runs.database import in_database
from agents.runs.hub import Hub
from agents.runs.log import Append, StaleAttempt, append_all
from agents.runs.models import Run
from agents.runtime.events import Event, StoredEvent, token

Waiter = asyncio.Future[list[StoredEvent]]

# Text is shown at once when an answer begins, then at this pace; each token event holds all text since the last.
TEXT_INTERVAL = 0.05
LARGEST_BATCH = 200


class EventWriter:
    """Commits appends in the order in which they were submitted, as many at a time as are waiting."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._waiting: list[tuple[Append, Waiter]] = []
        self._working: asyncio.Task[None] | None = None

    def submit(self, append: Append) -> Waiter:
        """Queue an append. The future resolves when it is committed, and fails with StaleAttempt or a database error."""
        waiter: Waiter = asyncio.get_running_loop().create_future()
        self._waiting.append((append, waiter))
        if self._working is None or self._working.done():
            self._working = asyncio.get_running_loop().create_task(self._work())
        return waiter

    async def _work(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:LARGEST_BATCH], self._waiting[LARGEST_BATCH:]
            try:
                outcomes = await in_database(append_all, [append for append, _ in batch])
            except Exception as failure:  # noqa: BLE001 - whatever went wrong belongs to those who wait for the commit
                for _, waiter in batch:
                    _fail(waiter, failure)
                continue
            for (_, waiter), outcome in zip(batch, outcomes, strict=True):
                if isinstance(outcome, StaleAttempt):
                    _fail(waiter, outcome)
                    continue
                self._hub.publish(outcome)
                if not waiter.done():
                    waiter.set_result(outcome)


def _fail(waiter: Waiter, failure: Exception) -> None:
    if not waiter.done():
        waiter.set_exception(failure)


# What is about to act on the world must be on record first; everything else may be committed while the run goes on.
AWAITED_TYPES = frozenset({"tool.call", "approval.required"})


class RunRecorder:
    """What one run shows: text is gathered and committed at its pace, everything else at once, all in order."""

    def __init__(self, writer: EventWriter, run_id: str, attempt: int) -> None:
        self._writer = writer
        self._run_id = run_id
        self._attempt = attempt
        self._text: list[str] = []
        self._flushing: asyncio.Task[None] | None = None
        self._unawaited: list[Waiter] = []

    async def record(self, event: Event) -> None:
        """Show an event; returns when it is committed if it announces an act, else at once.

        Raises StaleAttempt, or the database's error, also for events recorded before.
        """
        self._raise_failure()
        if event.type == "token":
            self._text.append(event.data["text"])
            if self._flushing is None or self._flushing.done():
                self._flushing = asyncio.get_running_loop().create_task(self._flush_paced())
            return
        waiter = self._submit([event])
        if event.type in AWAITED_TYPES:
            await waiter
        else:
            self._unawaited.append(waiter)

    async def finish(self, events: list[Event], also: Callable[[Run], None]) -> list[StoredEvent]:
        """Show the last events, with the change of the run's row in the same transaction."""
        return await self._submit(events, also)

    def _submit(self, events: list[Event], also: Callable[[Run], None] | None = None) -> Waiter:
        text = self._take_text()
        return self._writer.submit(Append(self._run_id, self._attempt, [*text, *events], also))

    def _take_text(self) -> list[Event]:
        text, self._text = "".join(self._text), []
        return [token(text)] if text else []

    async def _flush_paced(self) -> None:
        while text := self._take_text():
            await self._writer.submit(Append(self._run_id, self._attempt, text))
            await asyncio.sleep(TEXT_INTERVAL)

    def _raise_failure(self) -> None:
        if self._flushing is not None and self._flushing.done() and not self._flushing.cancelled():
            self._flushing.result()
        done = [waiter for waiter in self._unawaited if waiter.done()]
        self._unawaited = [waiter for waiter in self._unawaited if not waiter.done()]
        for waiter in done:
            waiter.result()

    async def close(self) -> None:
        """Stop the pacing of text; what was gathered and not yet shown stays for ``finish``. Failures before are spent."""
        if self._flushing is not None and not self._flushing.done():
            self._flushing.cancel()
            await asyncio.wait([self._flushing])
        await asyncio.gather(*self._unawaited, return_exceptions=True)
        self._unawaited.clear()
