"""The bell between processes: heard everywhere, lossy, and harmless when the channel layer is away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from channels.layers import channel_layers

from agents.runs import bell
from agents.runs.bell import Bell
from tests.agents import scripted
from tests.agents.scripted import OtherProcess
from tests.services.test_larger_parts import redis_url  # noqa: F401 a fixture

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "retrieval"])

RUN = "0" * 35


@pytest.fixture(params=["notify", pytest.param("redis", marks=pytest.mark.redis)])
async def layer(request: pytest.FixtureRequest, settings: Any, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """Either channel layer that Aurora uses, one for each event loop, as processes have."""
    layers: dict[asyncio.AbstractEventLoop, Any] = {}

    def own_layer() -> Any:
        loop = asyncio.get_running_loop()
        if loop not in layers:
            layers[loop] = channel_layers.make_backend("default")
        return layers[loop]

    monkeypatch.setattr(bell, "get_channel_layer", own_layer)
    if request.param == "redis":
        url = request.getfixturevalue("redis_url")
        settings.CHANNEL_LAYERS = {
            "default": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [url]}}
        }
    yield
    await own_layer().flush()


@pytest.fixture
def other() -> Iterator[OtherProcess]:
    with scripted.other_process() as process:
        yield process


async def current() -> Bell:
    return Bell.current()


async def heard(condition: Any, ring: Any, seconds: float = 15) -> None:
    """Ring until it is heard: who has just begun to listen may miss the first."""
    async with asyncio.timeout(seconds):
        while not condition():
            await ring()
            await asyncio.sleep(0.02)


async def test_every_process_hears(layer: None, other: OtherProcess) -> None:
    there, rung = await other.do(current()), []
    there.on_cancel = rung.append
    await heard(lambda: rung, lambda: Bell.current().ring_cancel(RUN))
    assert set(rung) == {RUN}


async def test_a_large_ring_is_heard_whole(layer: None, other: OtherProcess) -> None:
    there, seqs, watched = await other.do(current()), {}, set()
    there.on_advance, there.on_watch = seqs.update, watched.update
    runs = {f"{number:036}": number for number in range(500)}

    async def ring() -> None:
        Bell.current().advance(runs)
        await Bell.current().ring_watch(runs)

    await heard(lambda: len(seqs) == len(watched) == 500, ring)
    assert seqs == runs


async def test_a_session_s_listeners_hear_of_it_alone(layer: None, other: OtherProcess) -> None:
    async with bell.on_session("one") as one, bell.on_session("two") as two:
        async with asyncio.timeout(10):
            while not await one.wait(0.02):
                await other.do(bell.ring_session("one"))
        await bell.ring_session("one")
        assert await one.wait(10)
        assert not await two.wait(0.01)
    assert Bell.current()._listeners == {}


async def test_a_layer_that_is_away_disturbs_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    class Away:
        async def group_send(self, *_: Any) -> None:
            raise ConnectionError("away")

        async def new_channel(self) -> str:
            raise ConnectionError("away")

    monkeypatch.setattr(bell, "get_channel_layer", Away)
    await Bell.current().ring_cancel(RUN)
    await bell.ring_session("one")
    async with bell.on_session("one") as listener:
        await bell.ring_session("one")
        assert await listener.wait(1)


@pytest.mark.parametrize("message", [{}, {"kind": "cancel"}, {"kind": "watch", "run_ids": "x"}, {"kind": "dance"}])
async def test_a_message_without_sense_is_ignored(message: dict[str, Any]) -> None:
    Bell.current()._heard(message)


async def test_it_stops_listening_when_asked_although_the_layer_is_away(
    layer: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[str] = []
    here = Bell.current()
    here.on_cancel = rung.append
    await heard(lambda: rung, lambda: here.ring_cancel(RUN))

    async def away(group: str, channel: str) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(bell.get_channel_layer(), "group_discard", away)
    assert here._listening is not None
    here._listening.cancel()
    done, _ = await asyncio.wait([here._listening], timeout=5)
    assert [task.cancelled() for task in done] == [True]
