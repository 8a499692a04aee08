"""A request that streams gives back the thread that served it."""

from __future__ import annotations

import asyncio
import threading

import pytest
from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.db import connection

from aurora_site.core.http.threads import release_thread

pytestmark = pytest.mark.django_db(transaction=True)


def queried() -> tuple[threading.Thread, bool]:
    """The thread that this runs on, and whether it had a connection already."""
    had = connection.connection is not None
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return threading.current_thread(), had


async def test_the_thread_ends_with_its_connection_and_more_work_gets_another() -> None:
    async with ThreadSensitiveContext():
        thread, _ = await sync_to_async(queried)()
        assert await sync_to_async(queried)() == (thread, True)
        await release_thread()
        async with asyncio.timeout(10):
            while thread.is_alive():
                await asyncio.sleep(0.005)
        other, had = await sync_to_async(queried)()
        assert (other is thread, had) == (False, False)


async def test_without_a_thread_nothing_happens() -> None:
    async with ThreadSensitiveContext():
        before = threading.active_count()
        await release_thread()
        assert threading.active_count() == before
    await release_thread()
