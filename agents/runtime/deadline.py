"""Bounds how long a stream is waited for, at the price of one timer for the whole stream and none for each item."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Generic, TypeVar

Item = TypeVar("Item")


class DeadlinePassed(TimeoutError):
    """The time is up."""


class Deadline(Generic[Item]):
    """Passes on a stream's items, in a ``with`` block, until so many seconds are over.

    Like ``asyncio.timeout``, it interrupts by cancelling the task that waits; unlike it, it may lie across the ``yield``
    of a generator, for it cancels only while ``next`` waits.
    """

    def __init__(self, stream: AsyncGenerator[Item, None], seconds: float) -> None:
        self._stream = stream
        self._seconds = seconds
        self._waiting: asyncio.Task[object] | None = None
        self._passed = self._cancelled = False

    def __enter__(self) -> Deadline[Item]:
        self._timer = asyncio.get_running_loop().call_later(max(self._seconds, 0.0), self._pass)
        return self

    def __exit__(self, *_exception: object) -> None:
        self._timer.cancel()

    async def next(self) -> Item | None:
        """The next item; None at the end. Raises DeadlinePassed."""
        if self._passed:
            raise DeadlinePassed
        self._waiting = task = asyncio.current_task()
        before = task.cancelling() if task else 0
        try:
            return await anext(self._stream)
        except StopAsyncIteration:
            return None
        except asyncio.CancelledError:
            if self._cancelled and task is not None and task.uncancel() <= before:
                raise DeadlinePassed from None
            raise
        finally:
            self._waiting = None

    def _pass(self) -> None:
        self._passed = True
        if self._waiting is not None:
            self._cancelled = True
            self._waiting.cancel()
