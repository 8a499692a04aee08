"""Begins runs in the web processes and workers of a cluster, and reads what became of them."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bench.model_server import answer_text
from tests.faults.cluster import Cluster

EVENTS = {"Accept": "text/event-stream"}
_numbers = itertools.count()


@dataclass(frozen=True)
class Begun:
    """A run, and the name by which its model knows it."""

    run_id: str
    name: str

    @property
    def path(self) -> str:
        return f"/api/v1/runs/{self.run_id}"


@dataclass(frozen=True)
class State:
    """A run's row."""

    state: str
    attempt: int
    error: dict[str, Any]
    usage: dict[str, Any]
    output: dict[str, Any]
    finished_at: datetime | None


def new_name() -> str:
    """A name that nothing else in this session bears; a question that holds it can be found at the model."""
    return f"bench-{next(_numbers)}"


async def begin(cluster: Cluster, agent: str, web: int = 0) -> Begun:
    """Ask an agent through a web process, which carries the run out, and go away once it has begun."""
    name = new_name()
    call = await cluster.targets[web].open("POST", f"/agents/{agent}/stream", {"msg": f"Hello ({name})"}, EVENTS)
    answer = await call.begun
    assert answer.status == 200, (answer.status, (await call.done).body)
    call.drop()
    return Begun(answer.headers["location"].split("/")[-2], name)


def begin_in_workers(cluster: Cluster, agent: str, count: int) -> list[Begun]:
    """Runs that the workers carry out."""
    names = [new_name() for _ in range(count)]
    made = cluster.enqueue(agent=agent, questions=[f"Hello ({name})" for name in names])
    return [Begun(run_id, name) for run_id, name in zip(made, names, strict=True)]


def log_of(cluster: Cluster, run: Begun) -> list[dict[str, Any]]:
    """The stored events of a run: seq, type, data."""
    statement = "SELECT seq, type, data FROM agents_runevent WHERE run_id = %s ORDER BY seq"
    return [{"seq": seq, "type": type_, "data": data} for seq, type_, data in cluster.query(statement, run.run_id)]


def state_of(cluster: Cluster, run: Begun) -> State:
    statement = "SELECT state, attempt, error, usage, output, finished_at FROM agents_run WHERE id = %s"
    return State(*cluster.query(statement, run.run_id)[0])


def is_shown(cluster: Cluster, run: Begun) -> bool:
    """Whether the run has shown text."""
    return bool(cluster.query("SELECT 1 FROM agents_runevent WHERE run_id = %s AND type = 'token'", run.run_id))


def is_finished(cluster: Cluster, run: Begun) -> bool:
    return state_of(cluster, run).finished_at is not None


def ledger_of(cluster: Cluster, run: Begun) -> list[dict[str, Any]]:
    """What the ledger says of a run's end: ``{"event", …}`` with its data."""
    rows = cluster.query(
        "SELECT event, body FROM audit_record WHERE subject_type = 'run' AND subject_id = %s ORDER BY at", run.run_id
    )
    return [{"event": event, **json.loads(bytes(body))["data"]} for event, body in rows]


def text_of(log: list[dict[str, Any]]) -> str:
    return "".join(event["data"]["text"] for event in log if event["type"] == "token")


def assert_orderly_end(log: list[dict[str, Any]], state: str, attempts: int = 1) -> None:
    """Numbered from 1 without a gap, one start for each attempt, one end, and that the last."""
    assert [event["seq"] for event in log] == list(range(1, len(log) + 1))
    starts = [event["data"]["attempt"] for event in log if event["type"] == "run.started"]
    assert starts == list(range(1, attempts + 1))
    types = [event["type"] for event in log]
    assert (types.count("run.finished"), types[0], types[-1]) == (1, "run.started", "run.finished")
    assert log[-1]["data"]["state"] == state


def assert_cut_off(log: list[dict[str, Any]], tokens: int) -> None:
    """The text is a beginning of the model's, not empty and not whole, and is kept as a partial message."""
    text = text_of(log)
    assert text, [event["type"] for event in log]
    assert answer_text(tokens).startswith(text)
    assert text.strip() != answer_text(tokens).strip()
    messages = [event["data"] for event in log if event["type"] == "message"]
    assert [(message["text"].strip(), message.get("partial")) for message in messages] == [(text.strip(), True)]


def assert_whole(log: list[dict[str, Any]], tokens: int) -> None:
    assert text_of(log).split() == answer_text(tokens).split()
    messages = [event["data"] for event in log if event["type"] == "message"]
    assert [message["text"].split() for message in messages] == [answer_text(tokens).split()]
