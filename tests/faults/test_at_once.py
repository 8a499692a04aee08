"""The same thing asked at the same time, at two web processes."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from bench.load import Answer
from tests.faults.cluster import Cluster, until
from tests.faults.runs import Begun, assert_orderly_end, assert_whole, is_finished, ledger_of, log_of, new_name

pytestmark = pytest.mark.timeout(60, func_only=True)

TOKENS = 20
ASKERS = 50


@pytest.fixture(scope="module")
def brief_talker(cluster: Cluster) -> str:
    """An agent that writes 20 tokens in one second."""
    return cluster.make_agent("brief-talker", model_name=f"paced-{TOKENS}-20")


async def ask_alike(cluster: Cluster, path: str, body: Any, **headers: str) -> list[Answer]:
    """The same request fifty times at once, at either web process."""
    key = {"Idempotency-Key": new_name(), "Accept": "text/event-stream", **headers}
    asked = (cluster.targets[number % 2].fetch("POST", path, body, key) for number in range(ASKERS))
    return list(await asyncio.gather(*asked))


def runs_about(cluster: Cluster, name: str) -> list[str]:
    return [str(run) for (run,) in cluster.query("SELECT id FROM agents_run WHERE input::text LIKE %s", f"%({name})%")]


async def test_one_idempotency_key_makes_one_run(cluster: Cluster, brief_talker: str) -> None:
    name = new_name()
    answers = await ask_alike(cluster, f"/agents/{brief_talker}/stream", {"msg": f"Hello ({name})"})
    assert {answer.status for answer in answers} == {200}
    [run_id] = runs_about(cluster, name)
    assert {answer.headers["location"] for answer in answers} == {f"/api/v1/runs/{run_id}/stream"}
    run = Begun(run_id, name)
    log = log_of(cluster, run)
    assert_orderly_end(log, "succeeded")
    assert_whole(log, TOKENS)
    assert {tuple(numbers(answer)) for answer in answers} == {tuple(event["seq"] for event in log)}
    assert len(cluster.model.streams(name)) == 1
    assert [record["event"] for record in ledger_of(cluster, run)] == ["agents.run_succeeded"]


def numbers(answer: Answer) -> list[int]:
    lines = answer.body.decode().split("\n")
    return [json.loads(line.removeprefix("data: "))["seq"] for line in lines if line.startswith("data: ")]


async def new_session(cluster: Cluster) -> str:
    answer = await cluster.targets[0].fetch("POST", "/chat_api/sessions", {"title": "At once"})
    assert answer.status == 201, answer.body
    return str(answer.json()["id"])


async def test_one_idempotency_key_makes_one_message(cluster: Cluster, brief_talker: str) -> None:
    session, name = await new_session(cluster), new_name()
    answers = await ask_alike(
        cluster, f"/chat_api/sessions/{session}/messages", {"message": f"Hello ({name})", "agent": brief_talker},
        Accept="application/json",
    )  # fmt: skip
    assert {answer.status for answer in answers} == {202}
    assert len({answer.json()["run_id"] for answer in answers}) == 1
    assert len({answer.json()["message_id"] for answer in answers}) == 1
    run = Begun(answers[0].json()["run_id"], name)
    await until(lambda: is_finished(cluster, run), 15, "the answer")
    assert len(cluster.model.streams(name)) == 1
    assert await conversation(cluster, session) == [
        ("user", f"Hello ({name})"),
        ("assistant", whole_text(cluster, run)),
    ]


async def ask_twice(
    cluster: Cluster, session: str, agent: str, on_conflict: str
) -> tuple[list[tuple[str, Answer]], list[str]]:
    """Two questions at once, one at each web process; the names, answers, and names in the order of their acceptance."""
    names = [new_name(), new_name()]
    path = f"/chat_api/sessions/{session}/messages"
    answers = await asyncio.gather(
        *(
            target.fetch("POST", path, {"message": f"Hello ({name})", "agent": agent, "on_conflict": on_conflict})
            for target, name in zip(cluster.targets, names, strict=True)
        )
    )
    return list(zip(names, answers, strict=True)), names


async def test_two_questions_at_once_take_their_turns(cluster: Cluster, brief_talker: str) -> None:
    session = await new_session(cluster)
    asked, _ = await ask_twice(cluster, session, brief_talker, "enqueue")
    assert [answer.status for _, answer in asked] == [202, 202]
    runs = [Begun(answer.json()["run_id"], name) for name, answer in asked]
    await until(lambda: all(is_finished(cluster, run) for run in runs), 20, "both answers")
    for run in runs:
        assert_orderly_end(log_of(cluster, run), "succeeded")
        assert_whole(log_of(cluster, run), TOKENS)
    [first], [second] = sorted((cluster.model.streams(run.name) for run in runs), key=lambda each: each[0]["opened"])
    assert first["complete"]
    assert first["closed"] <= second["opened"]
    senders = [sender for sender, _ in await conversation(cluster, session)]
    assert senders == ["user", "assistant", "user", "assistant"]


async def test_two_questions_at_once_of_which_one_is_rejected(cluster: Cluster, brief_talker: str) -> None:
    session = await new_session(cluster)
    asked, _ = await ask_twice(cluster, session, brief_talker, "reject")
    assert sorted(answer.status for _, answer in asked) == [202, 409]
    [(name, accepted)] = [(name, answer) for name, answer in asked if answer.status == 202]
    [(other, refused)] = [(name, answer) for name, answer in asked if answer.status == 409]
    assert refused.json()["code"] == "SESSION_BUSY"
    run = Begun(accepted.json()["run_id"], name)
    await until(lambda: is_finished(cluster, run), 15, "the answer")
    assert runs_about(cluster, other) == []
    assert cluster.model.streams(other) == []
    assert await conversation(cluster, session) == [
        ("user", f"Hello ({name})"),
        ("assistant", whole_text(cluster, run)),
    ]


async def test_two_questions_at_once_of_which_one_interrupts(cluster: Cluster, brief_talker: str) -> None:
    session = await new_session(cluster)
    asked, _ = await ask_twice(cluster, session, brief_talker, "interrupt")
    assert [answer.status for _, answer in asked] == [202, 202]
    runs = [Begun(answer.json()["run_id"], name) for name, answer in asked]
    await until(lambda: all(is_finished(cluster, run) for run in runs), 20, "both ends")
    ends = {log_of(cluster, run)[-1]["data"]["state"]: run for run in runs}
    assert set(ends) == {"cancelled", "succeeded"}
    assert_whole(log_of(cluster, ends["succeeded"]), TOKENS)
    assert not any(stream["complete"] for stream in cluster.model.streams(ends["cancelled"].name))


async def conversation(cluster: Cluster, session: str) -> list[tuple[str, str]]:
    answer = await cluster.targets[1].fetch("GET", f"/chat_api/sessions/{session}")
    return [(message["sender"], message["text"]) for message in answer.json()["messages"]]


def whole_text(cluster: Cluster, run: Begun) -> str:
    [text] = [event["data"]["text"] for event in log_of(cluster, run) if event["type"] == "message"]
    return str(text)
