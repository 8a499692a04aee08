"""Readers that are dropped a thousand times altogether, while nothing or everything is killed: none misses an event."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from tests.faults.cluster import Cluster, signal_all, until
from tests.faults.readers import KINDS, Reader
from tests.faults.runs import (
    Begun,
    assert_cut_off,
    assert_orderly_end,
    assert_whole,
    begin,
    begin_in_workers,
    is_shown,
    ledger_of,
    log_of,
    state_of,
)

pytestmark = pytest.mark.timeout(120, func_only=True)

# With nothing killed, and with each of four victims: 5 times 200 drops are a thousand.
DROPS_AT_LEAST = 200
DROPS = 6
ENDED_WITHIN = 30
TALKER_TOKENS, LATE_TOKENS = 120, 20


@dataclass(frozen=True)
class Runs:
    """What is going on when something dies: ``talking`` have shown text, ``late`` nothing; by where they run."""

    talking: dict[str, list[Begun]]
    late: dict[str, list[Begun]]

    def everything(self) -> list[Begun]:
        return [run for runs in (*self.talking.values(), *self.late.values()) for run in runs]


async def begin_all(cluster: Cluster, talker: str, late_talker: str) -> Runs:
    """Seven runs that show text and three that don't yet."""
    in_workers = await asyncio.to_thread(begin_in_workers, cluster, talker, 2)
    talking = {
        "web 0": [await begin(cluster, talker, web=0) for _ in range(3)],
        "web 1": [await begin(cluster, talker, web=1) for _ in range(2)],
        "workers": in_workers,
    }
    await until(lambda: all(is_shown(cluster, run) for runs in talking.values() for run in runs), 15, "text")
    late_in_workers = await asyncio.to_thread(begin_in_workers, cluster, late_talker, 1)
    late = {
        "web 0": [await begin(cluster, late_talker, web=0)],
        "web 1": [await begin(cluster, late_talker, web=1)],
        "workers": late_in_workers,
    }
    runs = Runs(talking, late)
    await until(lambda: all(cluster.model.streams(run.name) for run in runs.everything()), 10, "model calls")
    return runs


def kill(cluster: Cluster, victim: str) -> set[str]:
    """Kill -9. Returns where runs died with it."""
    match victim:
        case "nothing":
            return set()
        case "web":
            os.kill(cluster.pids("web")[0], signal.SIGKILL)
            return {"web 0"}
        case "workers":
            signal_all(cluster.pids("worker"), signal.SIGKILL)
            return {"workers"}
        case "postgresql":
            os.kill(cluster.database_pid(), signal.SIGKILL)
            return set()
        case _:
            cluster.kill_everything()
            return {"web 0", "web 1", "workers"}


@pytest.mark.parametrize("victim", ["nothing", "web", "workers", "postgresql", "everything"])
async def test_every_reader_gets_every_event_once(cluster: Cluster, talker: str, late_talker: str, victim: str) -> None:
    runs = await begin_all(cluster, talker, late_talker)
    readers = [
        kind(cluster.targets, run.run_id, DROPS, seed)
        for seed, (kind, run) in enumerate((kind, run) for run in runs.everything() for kind in KINDS)
    ]
    reading = asyncio.gather(*(reader.read() for reader in readers))
    await until(lambda: sum(reader.drops for reader in readers) > len(readers), 20, "readers dropped once each")
    assert not any(is_shown(cluster, run) for group in runs.late.values() for run in group)
    killed_at = time.time()
    died = kill(cluster, victim)
    if victim == "everything":
        # Nobody is left to end anything: the time counts from when Aurora is there again.
        await asyncio.to_thread(cluster.start)
        print(f"started again after {time.time() - killed_at:.1f} s")
        killed_at = time.time()
    async with asyncio.timeout(75):
        await reading
    assert sum(reader.drops for reader in readers) >= DROPS_AT_LEAST
    for where, group in runs.talking.items():
        for run in group:
            assert_ended(cluster, run, where in died, killed_at)
    for where, group in runs.late.items():
        for run in group:
            assert_answered(cluster, run, attempts=2 if where in died else 1)
    assert_read_alike(cluster, runs.everything(), readers)


def assert_ended(cluster: Cluster, run: Begun, died: bool, killed_at: float) -> None:
    """One that had shown text is never run twice: it ends cut off with its process, and else whole."""
    row, log = state_of(cluster, run), log_of(cluster, run)
    assert len(cluster.model.streams(run.name)) == 1
    if not died:
        assert_orderly_end(log, "succeeded")
        assert_whole(log, TALKER_TOKENS)
        return
    assert_orderly_end(log, "failed")
    assert_cut_off(log, TALKER_TOKENS)
    assert [event["data"]["code"] for event in log if event["type"] == "error"] == ["INTERRUPTED"]
    assert (row.state, row.attempt, row.error["code"]) == ("failed", 1, "INTERRUPTED")
    assert row.finished_at is not None
    assert row.finished_at.timestamp() - killed_at < ENDED_WITHIN
    assert recorded_ends(cluster, run) == ["agents.run_failed"]


def assert_answered(cluster: Cluster, run: Begun, attempts: int) -> None:
    """One that had shown nothing is tried again where its process died, and answers."""
    row, log = state_of(cluster, run), log_of(cluster, run)
    assert_orderly_end(log, "succeeded", attempts)
    assert_whole(log, LATE_TOKENS)
    assert (row.state, row.attempt) == ("succeeded", attempts)
    assert len(cluster.model.streams(run.name)) == attempts
    assert recorded_ends(cluster, run) == ["agents.run_succeeded"]


def recorded_ends(cluster: Cluster, run: Begun) -> list[str]:
    return [record["event"] for record in ledger_of(cluster, run)]


def assert_read_alike(cluster: Cluster, runs: Sequence[Begun], readers: Sequence[Reader]) -> None:
    """Every reader has the log: every event once, in order, as stored."""
    logs = {f"/api/v1/runs/{run.run_id}": log_of(cluster, run) for run in runs}
    for reader in readers:
        assert [without_time(event) for event in reader.events] == logs[reader.path], type(reader).__name__


def without_time(event: dict[str, Any]) -> dict[str, Any]:
    return {name: event[name] for name in ("seq", "type", "data")}
