"""Runs in a worker: taken from the queue, so many at once, finished or interrupted when it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from agents.models import Run
from agents.runs import dispatch, worker
from agents.runs.database import in_database
from agents.runs.reader import follow
from agents.runs.services import run_cancel
from agents.tasks import execute_run
from aurora_site.accounts.models import Membership
from aurora_site.celery import app
from tests.agents.conftest import wait_for
from tests.agents.scripted import arrived, broken_off, gates, scripted_run

pytestmark = [
    pytest.mark.usefixtures("scripts"),
    pytest.mark.django_db(transaction=True, databases=["default", "retrieval"]),
]


@pytest.fixture(autouse=True)
def _own_worker(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[None]:
    """This process as a worker that has just begun, and ends with the test."""
    monkeypatch.setattr(worker, "_host", None)
    monkeypatch.setattr(worker, "_closed", False)
    settings.AURORA_DRAIN_SECONDS = 0.3
    yield
    worker.close()


def states() -> list[str]:
    return sorted(Run.objects.values_list("state", flat=True))


async def test_a_run_from_the_queue_is_read_and_stopped_elsewhere(member: Membership) -> None:
    run = await in_database(scripted_run, member, ["text", "from afar"], ["gate", "never"])
    await in_database(execute_run, str(run.pk))
    await in_database(execute_run, str(run.pk))
    types = []
    async for event in follow(str(run.pk)):
        types += [event.type] if event else []
        if event and event.type == "token":
            await in_database(run_cancel, run=run, actor_id=member.user.pk)
            await dispatch.cancel(str(run.pk))
    assert types == ["run.started", "token", "message", "run.finished"]
    assert broken_off == [str(run.pk)]
    assert await in_database(states) == ["cancelled"]


async def test_a_worker_carries_out_so_many_at_once(member: Membership, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "RUNS_AT_ONCE", 2)
    runs = [await in_database(scripted_run, member, ["gate", name]) for name in "abc"]
    for run in runs:
        execute_run(str(run.pk))
    for name in "ab":
        await asyncio.to_thread(arrived[name].wait, 10)
    assert await in_database(states) == ["queued", "running", "running"]
    for name in "abc":
        gates[name].set()
    await wait_for(lambda: states() == ["succeeded"] * 3)


async def test_a_worker_that_ends_interrupts_what_does_not_finish_and_leaves_the_rest_queued(
    member: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "RUNS_AT_ONCE", 1)
    slow = await in_database(scripted_run, member, ["text", "Half"], ["gate", "never"])
    execute_run(str(slow.pk))
    await asyncio.to_thread(arrived["never"].wait, 10)
    waits, late = [await in_database(scripted_run, member, ["text", "a"]) for _ in range(2)]
    execute_run(str(waits.pk))
    await asyncio.to_thread(worker.close)
    execute_run(str(late.pk))
    ended = await in_database(Run.objects.get, pk=slow.pk)
    assert (ended.state, ended.error["code"], ended.output["answer"]) == ("failed", "INTERRUPTED", "Half")
    assert await in_database(states) == ["failed", "queued", "queued"]


def test_handing_over_waits_for_the_commit(member: Membership, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import transaction

    sent: list[Any] = []
    monkeypatch.setattr(app, "send_task", lambda name, args: sent.append((name, args)))
    with transaction.atomic():
        dispatch.enqueue("x")
        assert sent == []
    assert sent == [("agents.execute_run", ["x"])]
    with pytest.raises(ValueError, match="no"), transaction.atomic():
        dispatch.enqueue("y")
        raise ValueError("no")
    assert len(sent) == 1


def test_a_queue_that_is_away_breaks_nothing(member: Membership, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise OSError("away")

    monkeypatch.setattr(app, "send_task", away)
    dispatch.enqueue("x")
