"""Database work of runs: on a few threads of its own, each giving its connections back at once.

A run outlives the request that started it, so nothing would return a connection that it took inside the request's
thread; and outside a request every ``sync_to_async`` shares one thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import connections

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

DATABASE_THREADS = 4
_pool = ThreadPoolExecutor(max_workers=DATABASE_THREADS, thread_name_prefix="run-database")


async def in_database(
    function: Callable[Parameters, Result], *args: Parameters.args, **kwargs: Parameters.kwargs
) -> Result:
    """Call a function that uses the ORM, off the event loop; its connections are closed when it returns."""

    def call() -> Result:
        try:
            return function(*args, **kwargs)
        finally:
            connections.close_all()

    return await asyncio.get_running_loop().run_in_executor(_pool, call)
