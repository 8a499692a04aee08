"""Stopping a run from elsewhere, and a process that is told to end while it answers."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time

import pytest
from websockets.asyncio.client import connect

from tests.faults.cluster import DRAIN_SECONDS, Cluster, until
from tests.faults.runs import (
    Begun,
    assert_cut_off,
    assert_orderly_end,
    assert_whole,
    begin,
    begin_in_workers,
    is_finished,
    is_shown,
    ledger_of,
    log_of,
    state_of,
)

pytestmark = pytest.mark.timeout(120, func_only=True)

TOKENS, QUICK_TOKENS = 120, 20
# The bench measures it (p99 below half a second on a quiet machine); this only tells working from broken.
CLOSED_WITHIN = 2.0


@pytest.fixture(scope="module")
def quick_talker(cluster: Cluster) -> str:
    """An agent that writes 20 tokens in two seconds."""
    return cluster.make_agent("quick-talker", model_name=f"paced-{QUICK_TOKENS}-10")


async def begin_at(cluster: Cluster, place: str, agent: str) -> Begun:
    if place == "worker":
        run = (await asyncio.to_thread(begin_in_workers, cluster, agent, 1))[0]
    else:
        run = await begin(cluster, agent, web=int(place[-1]))
    await until(lambda: is_shown(cluster, run), 15, "text")
    return run


@pytest.mark.parametrize("way", ["POST", "websocket"])
@pytest.mark.parametrize(("place", "door"), [("web 0", 0), ("web 0", 1), ("web 1", 0), ("worker", 1)])
async def test_stop_closes_the_call_of_the_model(
    cluster: Cluster, talker: str, place: str, door: int, way: str
) -> None:
    run = await begin_at(cluster, place, talker)
    asked = time.monotonic()
    await stop(cluster, run, door, way)
    [stream] = await until(lambda: closed_streams(cluster, run), CLOSED_WITHIN + 8, "the model's connection")
    print(f"closed after {(stream['closed'] - asked) * 1000:.0f} ms")
    assert stream["closed"] - asked < CLOSED_WITHIN
    assert not stream["complete"]
    await until(lambda: is_finished(cluster, run), 10, "the end")
    log, row = log_of(cluster, run), state_of(cluster, run)
    assert_orderly_end(log, "cancelled")
    assert_cut_off(log, TOKENS)
    assert (row.state, row.error, row.output["answer"].strip()) == ("cancelled", {}, message_of(log).strip())
    assert row.usage["completion_tokens"] > 0
    assert (row.usage["estimated"], log[-1]["data"]["usage"]) == (True, row.usage)
    assert [record["event"] for record in ledger_of(cluster, run)] == [
        "agents.run_cancel_requested",
        "agents.run_cancelled",
    ]


async def stop(cluster: Cluster, run: Begun, door: int, way: str) -> None:
    target = cluster.targets[door]
    if way == "POST":
        answer = await target.fetch("POST", f"{run.path}/cancel")
        assert (answer.status, answer.json()) == (202, {"id": run.run_id, "status": "cancelling"})
        return
    address = target.url.replace("http://", "ws://") + f"/ws/runs/{run.run_id}/"
    async with connect(address, additional_headers=dict(target.headers)) as socket:
        await socket.send(json.dumps({"type": "cancel"}))
        async with asyncio.timeout(10):
            while json.loads(await socket.recv())["type"] != "run.finished":
                pass


def closed_streams(cluster: Cluster, run: Begun) -> list[dict[str, float]]:
    return [stream for stream in cluster.model.streams(run.name) if stream["closed"] is not None]


def message_of(log: list[dict[str, dict[str, str]]]) -> str:
    return next(event["data"]["text"] for event in log if event["type"] == "message")


async def test_stopping_what_has_ended_changes_nothing(cluster: Cluster, quick_talker: str) -> None:
    run = await begin(cluster, quick_talker)
    await until(lambda: is_finished(cluster, run), 15, "the end")
    before = log_of(cluster, run), state_of(cluster, run), ledger_of(cluster, run)
    answer = await cluster.targets[1].fetch("POST", f"{run.path}/cancel")
    assert (answer.status, answer.json()["code"]) == (409, "RUN_FINISHED")
    assert (log_of(cluster, run), state_of(cluster, run), ledger_of(cluster, run)) == before


@pytest.mark.parametrize("place", ["web 0", "web 1", "worker"])
async def test_a_process_told_to_end_lets_runs_finish_for_a_while(
    cluster: Cluster, talker: str, quick_talker: str, place: str
) -> None:
    long = await begin_at(cluster, place, talker)
    quick = await begin_at(cluster, place, quick_talker)
    told = time.time()
    for pid in {cluster.carrier(long.name), cluster.carrier(quick.name)}:
        os.kill(pid, signal.SIGTERM)
    await until(lambda: is_finished(cluster, long) and is_finished(cluster, quick), 30, "the ends")
    assert_orderly_end(log_of(cluster, quick), "succeeded")
    assert_whole(log_of(cluster, quick), QUICK_TOKENS)
    log, row = log_of(cluster, long), state_of(cluster, long)
    assert_orderly_end(log, "failed")
    assert_cut_off(log, TOKENS)
    assert (row.error["code"], row.attempt) == ("INTERRUPTED", 1)
    assert [record["event"] for record in ledger_of(cluster, long)] == ["agents.run_failed"]
    # Its own process ended it: the reaper would have come much later.
    assert row.finished_at is not None
    assert DRAIN_SECONDS - 1 < row.finished_at.timestamp() - told < DRAIN_SECONDS + 5
    assert (len(cluster.model.streams(long.name)), len(cluster.model.streams(quick.name))) == (1, 1)
