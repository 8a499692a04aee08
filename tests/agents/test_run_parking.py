"""Runs that wait for a person: parked, gone on with, stopped, whatever process does it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from agents.models import ChatSession, Run, ToolCall
from agents.runs import dispatch, leases
from agents.runs.database import in_database
from agents.runs.host import RunHost
from agents.runs.reader import follow
from agents.runs.reaper import runs_reap
from agents.runs.services import run_cancel
from aurora_site.accounts.models import Membership
from tests.agents import scripted
from tests.agents.conftest import wait_for
from tests.agents.scripted import OtherProcess, arrived, events_of, gates, scripted_run, types_of

pytestmark = [
    pytest.mark.usefixtures("scripts"),
    pytest.mark.django_db(transaction=True, databases=["default", "retrieval"]),
]

CHECKPOINT = {"conversation": ["so far"]}


@pytest.fixture(autouse=True)
def _long_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' database may have been started a second ago."""
    monkeypatch.setattr(leases, "SETTLING", timedelta(0))


@pytest.fixture
def other() -> Iterator[OtherProcess]:
    with scripted.other_process() as process:
        yield process


def parking_run(member: Membership, *before: list[Any], **options: Any) -> Run:
    """A run that asks for approval; the call waits from the beginning."""
    steps = [["text", "May I?"], *before, ["park", CHECKPOINT]]
    run = scripted_run(member, *steps, then=[["text", " Done."]], **options)
    expires = timezone.now() + timedelta(hours=1)
    ToolCall.objects.create(
        run=run, call_id="1", name="x", fingerprint="f", effect="write", state="proposed", expires_at=expires
    )
    return run


def decide(run: Run) -> None:
    ToolCall.objects.filter(run=run).update(state="approved")
    Run.objects.filter(pk=run.pk, state="waiting_approval").update(state="queued")


async def parked(run: Run) -> Run:
    await dispatch.start(str(run.pk))
    await wait_for(lambda: Run.objects.filter(pk=run.pk, state="waiting_approval").exists())
    return await in_database(Run.objects.get, pk=run.pk)


async def at(gate: str) -> None:
    async with asyncio.timeout(10):
        while not arrived[gate].is_set():
            await asyncio.sleep(0.005)


async def test_a_parked_run_holds_nothing(member: Membership) -> None:
    run = await parked(await in_database(parking_run, member))
    host = RunHost.current()
    await wait_for(lambda: not host.is_busy)
    assert (run.checkpoint, run.lease_expires_at, run.finished_at) == (CHECKPOINT, None, None)
    assert run.usage == scripted.USAGE
    assert await in_database(types_of, run) == ["run.started", "token"]
    assert (await in_database(runs_reap)).ended == []


async def test_it_goes_on_in_any_process_with_its_readers(member: Membership, other: OtherProcess) -> None:
    run = await in_database(parking_run, member)

    async def read() -> list[tuple[int, str]]:
        return [(event.seq, event.type) async for event in follow(str(run.pk)) if event]

    reading = [asyncio.create_task(read()), asyncio.create_task(other.do(read()))]
    await parked(run)
    await in_database(decide, run)
    await other.start(run)
    types = ["run.started", "token", "token", "message", "run.finished"]
    assert [await each for each in reading] == [list(enumerate(types, start=1))] * 2
    assert [(context.attempt, context.checkpoint) for context in scripted.contexts] == [(1, None), (2, CHECKPOINT)]
    ended = await in_database(Run.objects.get, pk=run.pk)
    assert (ended.state, ended.attempt, ended.checkpoint) == ("succeeded", 2, None)


async def test_a_decision_that_falls_before_the_run_is_parked_is_not_lost(member: Membership) -> None:
    run = await in_database(parking_run, member, ["gate", "g"])
    await dispatch.start(str(run.pk))
    await at("g")
    await in_database(decide, run)
    gates["g"].set()
    await wait_for(lambda: Run.objects.filter(pk=run.pk, state="succeeded").exists())
    assert [context.attempt for context in scripted.contexts] == [1, 2]


async def test_stopping_a_parked_run_ends_it_at_once(member: Membership) -> None:
    run = await parked(await in_database(parking_run, member))
    assert await in_database(run_cancel, run=run, actor_id=member.user.pk)
    ended = await in_database(Run.objects.get, pk=run.pk)
    assert (ended.state, ended.output["answer"], ended.usage) == ("cancelled", "May I?", scripted.USAGE)
    assert await in_database(types_of, run) == ["run.started", "token", "message", "run.finished"]
    assert (await in_database(events_of, run))[2][1]["partial"] is True
    assert await in_database(lambda: ToolCall.objects.get().state) == "expired"


async def test_a_run_that_was_stopped_while_it_asked_is_not_parked(member: Membership) -> None:
    run = await in_database(parking_run, member, ["gate", "g"])
    await dispatch.start(str(run.pk))
    await at("g")
    host = RunHost.current()
    host.cancel = lambda run_id: None  # type: ignore[method-assign]  # neither the bell nor the poll is quick enough
    await in_database(run_cancel, run=run, actor_id=member.user.pk)
    gates["g"].set()
    await wait_for(lambda: Run.objects.filter(pk=run.pk, state="cancelled").exists())
    assert await in_database(types_of, run) == ["run.started", "token", "message", "run.finished"]


async def test_a_parked_run_keeps_its_sessions_turn(member: Membership) -> None:
    session = await in_database(
        lambda: ChatSession.objects.create(organization=member.organization, user=member.user, title="?")
    )
    run = await parked(await in_database(parking_run, member, session_id=session.pk))
    waiting = await in_database(scripted_run, member, ["text", "next"], session_id=session.pk)
    await dispatch.start(str(waiting.pk))
    await in_database(run_cancel, run=run, actor_id=member.user.pk)
    assert await in_database(types_of, waiting) == []
    await dispatch.cancel(str(run.pk))
    await wait_for(lambda: Run.objects.filter(pk=waiting.pk, state="succeeded").exists())


async def test_an_approved_run_that_nobody_started_is_named(member: Membership) -> None:
    run = await parked(await in_database(parking_run, member))
    await in_database(decide, run)
    await in_database(Run.objects.filter(pk=run.pk).update, created_at="2026-01-01T00:00:00Z")
    assert (await in_database(runs_reap)).to_start == [str(run.pk)]


async def test_one_that_dies_after_the_decision_goes_on_from_its_checkpoint_only_if_it_showed_nothing(
    member: Membership,
) -> None:
    run = await parked(await in_database(parking_run, member))
    await in_database(decide, run)
    await in_database(
        Run.objects.filter(pk=run.pk).update, state="running", attempt=2, lease_expires_at="2026-01-01T00:00:00Z"
    )
    assert (await in_database(runs_reap)).ended == [str(run.pk)]
    ended = await in_database(Run.objects.get, pk=run.pk)
    assert (ended.state, ended.error["code"], ended.output["answer"]) == ("failed", "INTERRUPTED", "May I?")
