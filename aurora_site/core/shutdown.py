"""What must happen before a web process ends: coroutine functions that finish or hand over the process's work."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from django.conf import settings

logger = logging.getLogger(__name__)

Drain = Callable[[], Awaitable[None]]

_drains: list[Drain] = []
_draining = False


def on_drain(function: Drain) -> Drain:
    """Have a coroutine function called when the process is asked to end. It gets AURORA_DRAIN_SECONDS."""
    if function not in _drains:
        _drains.append(function)
    return function


def is_draining() -> bool:
    """Whether this process was asked to end: it isn't ready for new work."""
    return _draining


async def drain() -> None:
    """Call everything registered, all at once, and wait at most AURORA_DRAIN_SECONDS and two for upkeep."""
    global _draining  # noqa: PLW0603 one process, one end
    if _draining:
        return
    _draining = True
    tasks = {asyncio.ensure_future(function()): function for function in _drains}
    if not tasks:
        return
    done, late = await asyncio.wait(tasks, timeout=settings.AURORA_DRAIN_SECONDS + 2)
    for task in late:
        task.cancel()
        logger.error("%s didn't finish in time.", tasks[task].__qualname__)
    for task in done:
        if not task.cancelled() and task.exception() is not None:
            logger.error("%s failed.", tasks[task].__qualname__, exc_info=task.exception())
