"""The thread that a request's synchronous code runs on."""

from __future__ import annotations

import asyncio

from asgiref.sync import SyncToAsync
from django.db import connections


async def release_thread() -> None:
    """End the thread of the current request (``asgiref.sync.ThreadSensitiveContext``) with its database connections. A
    streamed body calls it when it begins, behind the last middleware.

    Otherwise each open stream would keep a thread and its memory for as long as it lasts. Should more synchronous work
    come, such as the request's end, it gets a new one.
    """
    context = SyncToAsync.thread_sensitive_context.get(None)
    executor = SyncToAsync.context_to_thread_executor.pop(context, None) if context is not None else None
    if executor is not None:
        await asyncio.get_running_loop().run_in_executor(executor, connections.close_all)
        executor.shutdown(wait=False)
