"""A process that stands still past its leases and then goes on: its runs are others' by then."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from tests.faults.cluster import Cluster, until
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

LONG_TOKENS, LATE_TOKENS = 1200, 20
ENDED_WITHIN = 30


@pytest.fixture(scope="module")
def long_talker(cluster: Cluster) -> str:
    """An agent that writes for two minutes."""
    return cluster.make_agent("long-talker", model_name=f"paced-{LONG_TOKENS}-10")


async def begin_both(cluster: Cluster, part: str, long_talker: str, late_talker: str) -> tuple[Begun, Begun]:
    """A run that shows text and one that shows nothing yet, in the same process."""
    for _ in range(5):
        if part == "web":
            talking, late = await begin(cluster, long_talker, web=1), await begin(cluster, late_talker, web=1)
        else:
            [talking] = await asyncio.to_thread(begin_in_workers, cluster, long_talker, 1)
            [late] = await asyncio.to_thread(begin_in_workers, cluster, late_talker, 1)
        await until(lambda a=talking, b=late: is_shown(cluster, a) and cluster.model.streams(b.name), 15, "both")
        if cluster.carrier(talking.name) == cluster.carrier(late.name):
            return talking, late
        await cluster.targets[0].fetch("POST", f"{talking.path}/cancel")
    raise AssertionError("the workers never took both")


def is_closed(cluster: Cluster, run: Begun) -> bool:
    return all(stream["closed"] is not None for stream in cluster.model.streams(run.name))


@pytest.mark.parametrize("part", ["web", "worker"])
async def test_a_frozen_process_writes_nothing_more(
    cluster: Cluster, long_talker: str, late_talker: str, part: str
) -> None:
    talking, late = await begin_both(cluster, part, long_talker, late_talker)
    frozen = cluster.carrier(talking.name)
    os.kill(frozen, signal.SIGSTOP)
    try:
        await until(lambda: is_finished(cluster, talking), ENDED_WITHIN, "the end of what had shown text")
        await until(lambda: is_finished(cluster, late), ENDED_WITHIN, "the answer of what had shown nothing")
        before = {run: (log_of(cluster, run), ledger_of(cluster, run)) for run in (talking, late)}
    finally:
        os.kill(frozen, signal.SIGCONT)
    await until(lambda: is_closed(cluster, talking) and is_closed(cluster, late), 10, "upstream calls closed")
    assert_orderly_end(before[talking][0], "failed")
    assert_cut_off(before[talking][0], LONG_TOKENS)
    assert_orderly_end(before[late][0], "succeeded", attempts=2)
    assert_whole(before[late][0], LATE_TOKENS)
    assert (len(cluster.model.streams(talking.name)), len(cluster.model.streams(late.name))) == (1, 2)
    assert (state_of(cluster, talking).error["code"], state_of(cluster, late).attempt) == ("INTERRUPTED", 2)
    await write_something(cluster, part, late_talker)
    assert {run: (log_of(cluster, run), ledger_of(cluster, run)) for run in (talking, late)} == before


async def write_something(cluster: Cluster, part: str, agent: str) -> None:
    """One more answer from where the frozen process is: its writer has worked through what it had before."""
    run = await begin(cluster, agent, web=1) if part == "web" else begin_in_workers(cluster, agent, 1)[0]
    await until(lambda: is_finished(cluster, run), 30, "one more answer")
    assert_whole(log_of(cluster, run), LATE_TOKENS)
