"""The channel layer: delivers across event loops and processes, drops beyond its bounds, heals after a restart."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from asgiref.sync import async_to_sync
from psycopg_pool import ConnectionPool

from aurora_site.core import embedded, layer
from aurora_site.core.layer import MessageTooLargeError, NotifyChannelLayer

pytestmark = pytest.mark.django_db(databases=["default", "retrieval"])


@pytest.fixture
async def channel_layer() -> AsyncIterator[NotifyChannelLayer]:
    made = NotifyChannelLayer(capacity=5)
    yield made
    await made.flush()


async def receive(channel_layer: NotifyChannelLayer, channel: str, seconds: float = 5) -> dict[str, Any]:
    return await asyncio.wait_for(channel_layer.receive(channel), seconds)


async def test_every_member_of_a_group_hears(channel_layer: NotifyChannelLayer) -> None:
    first, second, stranger = [await channel_layer.new_channel() for _ in range(3)]
    for channel, group in ((first, "team"), (second, "team"), (stranger, "others")):
        await channel_layer.group_add(group, channel)
    await channel_layer.group_send("team", {"type": "hello", "text": "grüße"})
    await channel_layer.group_send("others", {"type": "last"})
    assert await receive(channel_layer, first) == {"type": "hello", "text": "grüße"}
    assert await receive(channel_layer, second) == {"type": "hello", "text": "grüße"}
    assert await receive(channel_layer, stranger) == {"type": "last"}


async def test_who_left_hears_nothing(channel_layer: NotifyChannelLayer) -> None:
    gone, stays = await channel_layer.new_channel(), await channel_layer.new_channel()
    for channel in (gone, stays):
        await channel_layer.group_add("team", channel)
    await channel_layer.group_discard("team", gone)
    await channel_layer.group_send("team", {"type": "one"})
    assert await receive(channel_layer, stays) == {"type": "one"}
    await channel_layer.send(gone, {"type": "nobody"})
    await channel_layer.group_send("team", {"type": "two"})
    assert await receive(channel_layer, stays) == {"type": "two"}
    with pytest.raises(TimeoutError):
        await receive(channel_layer, gone, seconds=0.05)


async def test_a_full_queue_drops_and_the_newest_reader_goes_on(channel_layer: NotifyChannelLayer) -> None:
    slow, quick = await channel_layer.new_channel(), await channel_layer.new_channel()
    await channel_layer.group_add("team", slow)
    for number in range(8):
        await channel_layer.group_send("team", {"type": "n", "number": number})
    await channel_layer.group_add("end", quick)
    await channel_layer.group_send("end", {"type": "end"})
    await receive(channel_layer, quick)
    assert [(await receive(channel_layer, slow))["number"] for _ in range(5)] == [0, 1, 2, 3, 4]
    await channel_layer.group_send("team", {"type": "n", "number": 9})
    assert (await receive(channel_layer, slow))["number"] == 9


async def test_order_is_kept(channel_layer: NotifyChannelLayer) -> None:
    channel = await channel_layer.new_channel()
    await channel_layer.group_add("team", channel)
    for number in range(50):
        await channel_layer.group_send("team", {"type": "n", "number": number})
        assert (await receive(channel_layer, channel))["number"] == number


async def test_a_message_too_large_is_refused(channel_layer: NotifyChannelLayer) -> None:
    with pytest.raises(MessageTooLargeError, match="8"):
        await channel_layer.group_send("team", {"type": "big", "text": "ü" * 4000})
    channel = await channel_layer.new_channel()
    await channel_layer.group_add("team", channel)
    await channel_layer.group_send("team", {"type": "fits", "text": "x" * 7900})
    assert len((await receive(channel_layer, channel))["text"]) == 7900


async def test_synchronous_code_and_other_loops_reach_a_member(channel_layer: NotifyChannelLayer) -> None:
    channel = await channel_layer.new_channel()
    await channel_layer.group_add("team", channel)
    other = threading.Thread(target=lambda: async_to_sync(channel_layer.group_send)("team", {"type": "from a thread"}))
    other.start()
    assert await receive(channel_layer, channel) == {"type": "from a thread"}
    other.join()


async def test_nothing_is_kept_of_members_that_left(channel_layer: NotifyChannelLayer) -> None:
    for _ in range(20):
        channel = await channel_layer.new_channel()
        await channel_layer.group_add("team", channel)
        await channel_layer.group_discard("team", channel)
    station = channel_layer._station()
    assert (station.queues, dict(station.groups), dict(station.memberships)) == ({}, {}, {})


@pytest.fixture
def own_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A PostgreSQL that a test may kill, with the layer pointed at it."""
    home = tmp_path / "home"
    home.mkdir()
    embedded.ensure_running(home)
    address = embedded.conninfo(embedded.RETRIEVAL_DATABASE, home)

    def conninfo() -> str:
        embedded.ensure_running(home)
        return address

    with ConnectionPool(address, kwargs={"autocommit": True}, check=ConnectionPool.check_connection, open=True) as pool:
        monkeypatch.setattr(layer, "conninfo", conninfo)
        monkeypatch.setattr(layer, "retrieval_pool", lambda: pool)
        yield home
    embedded.detach(home)


async def test_it_hears_again_after_a_kill_of_the_database(own_server: Path, channel_layer: NotifyChannelLayer) -> None:
    channel = await channel_layer.new_channel()
    await channel_layer.group_add("team", channel)
    await channel_layer.group_send("team", {"type": "before"})
    assert await receive(channel_layer, channel) == {"type": "before"}
    os.kill(int((own_server / "pg" / "postmaster.pid").read_text().splitlines()[0]), signal.SIGKILL)
    receiving = asyncio.create_task(channel_layer.receive(channel))
    deadline = time.monotonic() + 30
    while not receiving.done():
        assert time.monotonic() < deadline, "the layer stayed deaf"
        # Until the server is back, sending fails.
        with contextlib.suppress(psycopg.OperationalError):
            await channel_layer.group_send("team", {"type": "after"})
        await asyncio.wait({receiving}, timeout=0.1)
    assert receiving.result() == {"type": "after"}
