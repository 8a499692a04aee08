"""Database work of runs: on threads of its own, each giving its connections back at once, and again after an outage.

A run outlives the request that started it, so nothing would return a connection that it took inside the request's
thread; and outside a request every ``sync_to_async`` shares one thread.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

from django.db import InterfaceError, InternalError, OperationalError, connection, connections, transaction

logger = logging.getLogger(__name__)

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

DATABASE_THREADS = 4
_pool = ThreadPoolExecutor(max_workers=DATABASE_THREADS, thread_name_prefix="run-database")
# The log is written on a thread of its own: it never waits behind a crowd of readers.
_log_pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="run-log")

# What a database says that is away, restarts, or gave up a transaction for another's sake.
OUTAGES = (OperationalError, InterfaceError, InternalError)
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 1.0
# How long a frozen process may keep rows locked.
FROZEN_SECONDS = 5


async def in_database(
    function: Callable[Parameters, Result], *args: Parameters.args, **kwargs: Parameters.kwargs
) -> Result:
    """Call a function that uses the ORM, off the event loop; its connections are closed when it returns."""
    return await asyncio.get_running_loop().run_in_executor(_pool, lambda: _call(function, *args, **kwargs))


async def in_log(function: Callable[Parameters, Result], *args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
    """As ``in_database``, on the one thread that writes the log: calls follow each other."""
    return await asyncio.get_running_loop().run_in_executor(_log_pool, lambda: _call(function, *args, **kwargs))


async def through_outages(
    function: Callable[Parameters, Result], seconds: float, *args: Parameters.args, **kwargs: Parameters.kwargs
) -> Result:
    """As ``in_database``, again and again for so many seconds while the database is away. The function must bear being
    called again although it had succeeded: a connection lost during the commit doesn't say."""
    deadline, pause = time.monotonic() + seconds, FIRST_PAUSE
    while True:
        try:
            return await in_database(function, *args, **kwargs)
        except OUTAGES as failure:
            if time.monotonic() + pause > deadline:
                raise
            if pause == FIRST_PAUSE:
                logger.warning("%s waits for the database: %s", function.__name__, failure)
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


def _call(function: Callable[..., Result], *args: Any, **kwargs: Any) -> Result:
    try:
        return function(*args, **kwargs)
    finally:
        connections.close_all()


@contextmanager
def locking() -> Iterator[None]:
    """A transaction that locks runs. Should this process freeze in the middle, the server soon frees them for others."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(f"SET LOCAL idle_in_transaction_session_timeout = '{FROZEN_SECONDS}s'")
            elif getattr(connection, "mysql_is_mariadb", False):
                cursor.execute(f"SET idle_transaction_timeout = {FROZEN_SECONDS}")
        yield
