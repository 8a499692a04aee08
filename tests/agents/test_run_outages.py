"""The database goes away while runs are carried out and read: nothing is lost, doubled or out of order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError

from agents.models import Run
from agents.runs import database as run_database
from agents.runs import dispatch, execution, log, writer
from agents.runs.database import in_database
from agents.runs.host import RunHost
from agents.runs.reader import follow
from aurora_site.accounts.models import Membership
from tests.agents.conftest import wait_for
from tests.agents.scripted import arrived, broken_off, events_of, gates, scripted_run, types_of

pytestmark = [
    pytest.mark.usefixtures("scripts"),
    pytest.mark.django_db(transaction=True, databases=["default", "retrieval"]),
]


async def at(gate: str) -> None:
    async with asyncio.timeout(10):
        while not arrived[gate].is_set():
            await asyncio.sleep(0.005)


async def noticed(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Set once the outage was met: by the writer, or by the run's end where that came before the next commit."""
    met = asyncio.Event()
    for module in (writer, run_database):
        monkeypatch.setattr(module.logger, "warning", lambda *_: met.set())
    return met


async def test_a_run_and_its_readers_outlive_an_outage(
    member: Membership, outage: Callable[[bool], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = [
        ["text", "before "],
        ["gate", "g"],
        ["text", "during "],
        ["event", "thought", {"text": "…"}],
        ["gate", "h"],
    ]
    run = await in_database(scripted_run, member, *steps, ["text", "after"])

    async def read() -> list[tuple[int, str, Any]]:
        return [(event.seq, event.type, event.data) async for event in follow(str(run.pk)) if event]

    await dispatch.start(str(run.pk))
    early = asyncio.create_task(read())
    await at("g")
    met = await noticed(monkeypatch)
    await asyncio.to_thread(outage, True)
    gates["g"].set()
    await asyncio.wait_for(met.wait(), 10)
    late = asyncio.create_task(read())
    await at("h")
    await asyncio.to_thread(outage, False)
    gates["h"].set()
    everything = await early
    assert await late == everything
    assert [seq for seq, _, _ in everything] == list(range(1, len(everything) + 1))
    assert "".join(data["text"] for _, kind, data in everything if kind == "token") == "before during after"
    assert everything[-1][2]["state"] == "succeeded"
    assert await in_database(events_of, run) == [(kind, data) for _, kind, data in everything]


async def test_an_outage_while_it_ends_delays_the_end(
    member: Membership, outage: Callable[[bool], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await in_database(scripted_run, member, ["gate", "g"], ["text", "a"])
    await dispatch.start(str(run.pk))
    await at("g")
    met = await noticed(monkeypatch)
    await asyncio.to_thread(outage, True)
    gates["g"].set()
    await asyncio.wait_for(met.wait(), 10)
    await asyncio.to_thread(outage, False)
    await wait_for(lambda: Run.objects.filter(pk=run.pk, state="succeeded").exists())
    assert await in_database(types_of, run) == ["run.started", "token", "message", "run.finished"]


async def test_a_database_that_stays_away_breaks_the_run_off(
    member: Membership, outage: Callable[[bool], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "OUTAGE_SECONDS", 0.3)
    monkeypatch.setattr(execution, "OUTAGE_SECONDS", 0.3)
    run = await in_database(scripted_run, member, ["gate", "g"], ["text", "a"], ["gate", "never"])
    await dispatch.start(str(run.pk))
    await at("g")
    await wait_for(lambda: types_of(run) == ["run.started"])
    host = RunHost.current()
    await asyncio.to_thread(outage, True)
    gates["g"].set()
    async with asyncio.timeout(20):
        while host.is_busy:
            await asyncio.sleep(0.01)
    await asyncio.to_thread(outage, False)
    assert broken_off == [str(run.pk)]
    assert await in_database(types_of, run) == ["run.started"]
    assert await in_database(lambda: Run.objects.get().state) == "running"


def failing_after(function: Callable[..., Any], times: int) -> Callable[..., Any]:
    """The function, whose answer is lost on the way back so many times, as when the server dies during the commit."""
    left = [times]

    def lossy(*args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        if left[0]:
            left[0] -= 1
            raise OperationalError("server closed the connection unexpectedly")
        return result

    return lossy


async def test_commits_whose_answer_was_lost_are_not_doubled(
    member: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "append_all", failing_after(log.append_all, 3))
    monkeypatch.setattr(execution, "run_finish", failing_after(execution.run_finish, 2))
    run = await in_database(scripted_run, member, *[["event", "thought", {"text": str(n)}] for n in range(5)])
    await dispatch.start(str(run.pk))
    events = [(event.seq, event.type) async for event in follow(str(run.pk)) if event]
    assert events == list(enumerate(["run.started", *["thought"] * 5, "message", "run.finished"], start=1))
    assert await in_database(lambda: Run.objects.get().state) == "succeeded"


async def test_what_is_no_outage_is_not_tried_again() -> None:
    calls: list[int] = []

    def wrong() -> None:
        calls.append(1)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await run_database.through_outages(wrong, 5)
    assert calls == [1]
