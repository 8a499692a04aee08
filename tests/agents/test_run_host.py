"""Carrying runs out: from the claim to the last event, stopped, broken off, lost; in one process and in two."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from agents.models import Run, RunEvent
from agents.runs import bell, dispatch, leases, upkeep
from agents.runs.database import in_database
from agents.runs.host import RunHost
from agents.runs.reader import follow, wait_until_finished
from agents.runs.services import run_cancel
from audit.models import Record
from aurora_site.accounts.models import Membership
from tests.agents import scripted
from tests.agents.conftest import wait_for
from tests.agents.scripted import OtherProcess, arrived, broken_off, events_of, gates, scripted_run, types_of

pytestmark = [
    pytest.mark.usefixtures("scripts"),
    pytest.mark.django_db(transaction=True, databases=["default", "retrieval"]),
]


@pytest.fixture
def other() -> Iterator[OtherProcess]:
    with scripted.other_process() as process:
        yield process


async def read(run: Run, after: int = 0) -> list[tuple[int, str, Any]]:
    return [(event.seq, event.type, event.data) async for event in follow(str(run.pk), after) if event]


async def at(gate: str) -> None:
    """Return when a script stands before a gate."""
    async with asyncio.timeout(10):
        while not arrived[gate].is_set():
            await asyncio.sleep(0.005)


async def refreshed(run: Run) -> Run:
    return await in_database(Run.objects.get, pk=run.pk)


async def test_a_run_shows_its_events_and_ends(member: Membership) -> None:
    run = await in_database(
        scripted_run, member, ["text", "Hello "], ["text", "world"], ["event", "thought", {"text": "."}]
    )
    await dispatch.start(str(run.pk))
    shown = await read(run)
    assert [seq for seq, _, _ in shown] == list(range(1, len(shown) + 1))
    types = [kind for _, kind, _ in shown]
    assert [kind for kind in types if kind != "token"] == ["run.started", "thought", "message", "run.finished"]
    assert "".join(data["text"] for _, kind, data in shown if kind == "token") == "Hello world"
    assert types.index("thought") > max(index for index, kind in enumerate(types) if kind == "token")
    assert await in_database(events_of, run) == [(kind, data) for _, kind, data in shown]
    ended = await refreshed(run)
    assert (ended.state, ended.last_seq, ended.output["answer"]) == ("succeeded", len(shown), "Hello world")
    assert (ended.lease_expires_at, ended.attempt, ended.usage["completion_tokens"]) == (None, 1, 5)


async def test_starting_twice_is_starting_once(member: Membership, other: OtherProcess) -> None:
    run = await in_database(scripted_run, member, ["text", "a"])
    await asyncio.gather(*(dispatch.start(str(run.pk)) for _ in range(3)), *(other.start(run) for _ in range(3)))
    await read(run)
    assert [context.run_id for context in scripted.contexts] == [str(run.pk)]
    assert (await refreshed(run)).attempt == 1


async def test_all_readers_see_the_same_wherever_they_read(member: Membership, other: OtherProcess) -> None:
    run = await in_database(scripted_run, member, ["text", "a"], ["gate", "g"], *[["text", f"{n} "] for n in range(50)])
    here = asyncio.create_task(read(run))
    there = asyncio.create_task(other.do(read(run)))
    await other.start(run)
    await at("g")
    await wait_for(lambda: RunEvent.objects.filter(run=run, type="token").exists())
    late = asyncio.create_task(read(run, after=1))
    gates["g"].set()
    everything = await here
    assert everything[-1][1] == "run.finished"
    assert await there == everything
    assert await late == everything[1:]


async def test_a_reader_that_falls_behind_goes_on_from_the_log(member: Membership) -> None:
    steps = [["event", "thought", {"text": str(number)}] for number in range(400)]
    run = await in_database(scripted_run, member, ["gate", "g"], *steps)
    await dispatch.start(str(run.pk))
    await at("g")
    seen = []
    async for event in follow(str(run.pk)):
        if event is None:
            continue
        if event.seq == 1:
            gates["g"].set()
            await wait_for(lambda: Run.objects.filter(pk=run.pk, state="succeeded").exists())
        seen.append(event.seq)
    assert seen == list(range(1, 404))


async def test_a_reader_behind_the_end_sees_nothing_and_ends(member: Membership) -> None:
    run = await in_database(scripted_run, member, ["text", "a"])
    await dispatch.start(str(run.pk))
    everything = await read(run)
    assert await read(run, after=len(everything)) == []
    assert await read(run, after=2_000_000_000) == []


async def test_a_position_that_nobody_has_seen_yet_counts_as_the_end_of_the_log(member: Membership) -> None:
    run = await in_database(scripted_run, member, ["gate", "g"], ["text", "a"])
    await dispatch.start(str(run.pk))
    await at("g")
    await wait_for(lambda: RunEvent.objects.filter(run=run).exists())
    reading = asyncio.create_task(read(run, after=500))
    await asyncio.sleep(0)
    gates["g"].set()
    assert [kind for _, kind, _ in await reading] == ["token", "message", "run.finished"]


async def stop(run: Run, member: Membership) -> None:
    assert await in_database(run_cancel, run=run, actor_id=member.user.pk)
    await dispatch.cancel(str(run.pk))


async def test_stopping_keeps_text_and_usage(member: Membership) -> None:
    run = await in_database(scripted_run, member, ["text", "Half an "], ["text", "answer"], ["gate", "never"])
    await dispatch.start(str(run.pk))
    await at("never")
    await stop(run, member)
    shown = await read(run)
    assert [data for _, kind, data in shown if kind == "message"] == [
        {"text": "Half an answer", "citations": [], "answered": False, "mode": "extractive", "partial": True}
    ]
    assert shown[-1][2]["state"] == "cancelled"
    ended = await refreshed(run)
    assert (ended.state, ended.output["answer"], ended.usage["prompt_tokens"]) == ("cancelled", "Half an answer", 3)
    assert broken_off == [str(run.pk)]
    events = await in_database(
        lambda: set(Record.objects.filter(subject_id=str(run.pk)).values_list("event", flat=True))
    )
    assert events == {"agents.question_asked", "agents.run_cancel_requested", "agents.run_cancelled"}


async def test_the_bell_stops_a_run_of_another_process_at_once(member: Membership, other: OtherProcess) -> None:
    run = await in_database(scripted_run, member, ["gate", "never"])
    await other.start(run)
    await at("never")
    polls = RunHost.current().upkeep
    assert not polls.is_watching
    await stop(run, member)
    await wait_for(lambda: Run.objects.filter(pk=run.pk, state="cancelled").exists())
    assert broken_off == [str(run.pk)]


async def test_a_stop_that_the_bell_lost_is_found(
    member: Membership, other: OtherProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lost(self: bell.Bell, run_id: str) -> None:
        """As a layer whose queues are full."""

    monkeypatch.setattr(bell.Bell, "ring_cancel", lost)
    run = await in_database(scripted_run, member, ["gate", "never"])
    await other.start(run)
    await at("never")
    await stop(run, member)
    await wait_for(lambda: Run.objects.filter(pk=run.pk, state="cancelled").exists())


async def test_a_queued_run_that_is_stopped_ends_at_once(member: Membership) -> None:
    run = await in_database(scripted_run, member, ["text", "a"])
    await stop(run, member)
    assert await in_database(types_of, run) == ["run.finished"]
    assert (await refreshed(run)).state == "cancelled"
    await dispatch.start(str(run.pk))
    assert [kind for _, kind, _ in await read(run)] == ["run.finished"]
    assert scripted.contexts == []


async def test_stopping_twice_or_too_late_changes_nothing(member: Membership) -> None:
    run = await in_database(scripted_run, member, ["text", "a"])
    await dispatch.start(str(run.pk))
    before = await read(run)
    assert not await in_database(run_cancel, run=run, actor_id=member.user.pk)
    await dispatch.cancel(str(run.pk))
    assert await read(run) == before


async def test_a_failure_inside_ends_the_run_in_order(member: Membership) -> None:
    run = await in_database(scripted_run, member, ["text", "So far"], ["fail"])
    await dispatch.start(str(run.pk))
    shown = await read(run)
    assert [kind for _, kind, _ in shown] == ["run.started", "token", "error", "message", "run.finished"]
    assert shown[2][2]["code"] == "INTERNAL_ERROR"
    assert shown[3][2]["partial"] is True
    assert shown[4][2]["state"] == "failed"
    ended = await refreshed(run)
    assert (ended.state, ended.error["kind"]) == ("failed", "RuntimeError")


async def test_an_event_that_cannot_be_stored_fails_its_run_alone(member: Membership) -> None:
    bad = await in_database(scripted_run, member, ["text", "a"], ["event", "x" * 33, {}], ["gate", "never"])
    good = await in_database(scripted_run, member, ["text", "b"], ["event", "thought", {"text": "c"}])
    await asyncio.gather(dispatch.start(str(bad.pk)), dispatch.start(str(good.pk)))
    assert (await read(bad))[-1][2]["error"]["code"] == "INTERNAL_ERROR"
    assert (await read(good))[-1][2]["state"] == "succeeded"
    assert [seq for seq, _, _ in await read(bad)] == list(range(1, len(await read(bad)) + 1))


async def test_a_lost_run_is_broken_off_and_writes_nothing_more(member: Membership) -> None:
    run = await in_database(
        scripted_run, member, ["text", "mine"], ["gate", "g"], ["text", "not mine"], ["gate", "never"]
    )
    await dispatch.start(str(run.pk))
    await at("g")
    await wait_for(lambda: RunEvent.objects.filter(run=run, type="token").exists())
    await in_database(Run.objects.filter(pk=run.pk).update, attempt=2)
    before = await in_database(events_of, run)
    gates["g"].set()
    host = RunHost.current()
    await wait_for(lambda: broken_off == [str(run.pk)] and not host.is_busy)
    assert await in_database(events_of, run) == before
    assert (await refreshed(run)).state == "running"


async def test_draining_lets_runs_finish_and_interrupts_the_rest(member: Membership) -> None:
    quick = await in_database(scripted_run, member, ["gate", "g"], ["text", "done"])
    slow = await in_database(scripted_run, member, ["text", "Half"], ["gate", "never"])
    for run in (quick, slow):
        await dispatch.start(str(run.pk))
    await at("g")
    await at("never")
    draining = asyncio.create_task(RunHost.current().drain(0.3))
    gates["g"].set()
    await draining
    assert ((await refreshed(quick)).state, (await refreshed(quick)).output["answer"]) == ("succeeded", "done")
    ended = await refreshed(slow)
    assert (ended.state, ended.error["code"], ended.output["answer"]) == ("failed", "INTERRUPTED", "Half")
    late = await in_database(scripted_run, member, ["text", "late"])
    await dispatch.start(str(late.pk))
    assert not RunHost.current().is_busy
    assert (await refreshed(late)).state == "queued"


async def test_what_acts_on_the_world_is_on_record_before_the_run_goes_on(member: Membership) -> None:
    call = {"call_id": "1", "name": "x", "arguments": {}, "effect": "write"}
    run = await in_database(scripted_run, member, ["text", "a"], ["event", "tool.call", call], ["gate", "g"])
    await dispatch.start(str(run.pk))
    await at("g")
    assert await in_database(types_of, run) == ["run.started", "token", "tool.call"]
    gates["g"].set()
    await wait_until_finished(str(run.pk))


async def is_busy() -> bool:
    return RunHost.current().is_busy


async def test_every_host_looks_after_the_runs_of_dead_processes(
    member: Membership, other: OtherProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "REAP_SECONDS", 0.05)
    monkeypatch.setattr(leases, "SETTLING", timedelta(0))
    shown = await in_database(scripted_run, member, ["text", "Half"], ["gate", "never"])
    silent = await in_database(scripted_run, member, ["gate", "g"], ["text", "whole"])
    for run in (shown, silent):
        await other.start(run)
    await at("never")
    await at("g")
    await wait_for(lambda: RunEvent.objects.filter(run=shown, type="token").exists())
    await wait_for(lambda: RunEvent.objects.filter(run=silent, type="run.started").exists())
    other.freeze()
    await in_database(Run.objects.update, lease_expires_at="2026-01-01T00:00:00Z")
    RunHost.current()
    await wait_for(lambda: Run.objects.filter(pk=shown.pk, state="failed").exists())
    await wait_for(lambda: Run.objects.filter(pk=silent.pk, state="running", attempt=2).exists())
    gates["g"].set()
    await wait_until_finished(str(silent.pk))
    before = [await in_database(events_of, run) for run in (shown, silent)]
    gates["never"].set()
    other.thaw()
    async with asyncio.timeout(10):
        while await other.do(is_busy()):
            await asyncio.sleep(0.01)
    assert [await in_database(events_of, run) for run in (shown, silent)] == before
    assert [(await refreshed(run)).state for run in (shown, silent)] == ["failed", "succeeded"]
    assert [data["attempt"] for kind, data in before[1] if kind == "run.started"] == [1, 2]
