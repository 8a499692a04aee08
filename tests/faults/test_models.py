"""Models that die, fall silent, refuse or talk nonsense: what was shown stays, the end is orderly, the account is right."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults.cluster import Cluster, http, until
from tests.faults.runs import (
    Begun,
    assert_cut_off,
    assert_orderly_end,
    assert_whole,
    begin,
    is_finished,
    is_shown,
    ledger_of,
    log_of,
    state_of,
)
from tests.live import temporary_home
from tests.model_replies import USAGE
from tests.model_server import ModelServer, running

pytestmark = pytest.mark.timeout(60, func_only=True)

ANSWER = "You get 25 days of paid leave a year [1]."
DOCUMENT = "policies/leave.md"
STARTS = (((), {"AURORA_WEB_SERVER": "daphne"}), (("--only", "web"), {"AURORA_WEB_SERVER": "uvicorn"}))
# What a model does, and the code under which that is told.
BEFORE_TEXT = {
    "silent": "PROVIDER_TIMEOUT",
    "comments": "PROVIDER_TIMEOUT",
    "rate-limited": "PROVIDER_RATE_LIMITED",
    "failing": "PROVIDER_UNAVAILABLE",
    "refusing": "PROVIDER_REFUSED",
    "garbage": "PROVIDER_BAD_RESPONSE",
    "html": "PROVIDER_BAD_RESPONSE",
    "empty": "PROVIDER_BAD_RESPONSE",
    "tool-half": "PROVIDER_BAD_RESPONSE",
}
AFTER_TEXT = {
    "stalling": "PROVIDER_TIMEOUT",
    "broken": "PROVIDER_UNAVAILABLE",
    "resetting": "PROVIDER_UNAVAILABLE",
    "half-error": "PROVIDER_UNAVAILABLE",
}


@pytest.fixture(scope="module")
def moody() -> Iterator[ModelServer]:
    with running() as server:
        server.calls = [("knowledge_report_outdated", {"path": DOCUMENT, "note": "It names last year."})]
        yield server


@pytest.fixture(scope="module")
def aurora(moody: ModelServer) -> Iterator[Cluster]:
    """Two web processes; models may be silent for two seconds, and ``plain`` answers for those that fail."""
    extra = {"AURORA_MODEL_TIMEOUT": "2", "AURORA_MODEL_CHAIN": "openai:plain"}
    with temporary_home("aurora-models-") as home:
        started = Cluster(home, moody, extra, STARTS)
        try:
            started.start()
            yield started
        finally:
            started.stop()


async def finished(aurora: Cluster, agent: str) -> tuple[Begun, list[dict[str, Any]]]:
    run = await begin(aurora, agent)
    await until(lambda: is_finished(aurora, run), 20, "the end")
    return run, log_of(aurora, run)


def data_of(log: list[dict[str, Any]], type_: str) -> list[dict[str, Any]]:
    return [event["data"] for event in log if event["type"] == type_]


def account_of(aurora: Cluster, run: Begun, log: list[dict[str, Any]], end: str) -> dict[str, Any]:
    """The usage, which row, last event and ledger tell alike."""
    row, [record] = state_of(aurora, run), ledger_of(aurora, run)
    assert record["event"] == f"agents.run_{end}"
    assert row.state == end
    assert log[-1]["data"]["usage"] == row.usage == record["usage"]
    assert (log[-1]["data"]["error"] or {}) == row.error == record["error"]
    return row.usage


@pytest.mark.parametrize("model", BEFORE_TEXT)
async def test_the_next_model_answers_while_nothing_was_shown(aurora: Cluster, moody: ModelServer, model: str) -> None:
    before = len(moody.requests)
    agent = aurora.make_agent(f"fails-{model}", model_name=model)
    run, log = await finished(aurora, agent)
    assert_orderly_end(log, "succeeded")
    assert [warning["code"] for warning in data_of(log, "warning")] == [BEFORE_TEXT[model]]
    assert data_of(log, "error") == []
    [message] = data_of(log, "message")
    assert message["text"] == "".join(token["text"] for token in data_of(log, "token")).strip() == ANSWER
    usage = account_of(aurora, run, log, "succeeded")
    assert (usage["model"], usage["provider"]) == ("plain", "openai")
    assert usage["completion_tokens"] >= USAGE["completion_tokens"]
    assert [request["model"] for request in moody.requests[before:]] == [model, "plain"]


@pytest.mark.parametrize("model", AFTER_TEXT)
async def test_what_was_shown_stays_and_nobody_else_writes(aurora: Cluster, moody: ModelServer, model: str) -> None:
    before = len(moody.requests)
    agent = aurora.make_agent(f"breaks-{model}", model_name=model)
    run, log = await finished(aurora, agent)
    assert_orderly_end(log, "failed")
    [error] = data_of(log, "error")
    assert (error["code"], error["retryable"]) == (AFTER_TEXT[model], True)
    text = "".join(token["text"] for token in data_of(log, "token")).strip()
    assert text
    assert ANSWER.startswith(text)
    assert [(message["text"], message["partial"]) for message in data_of(log, "message")] == [(text, True)]
    usage = account_of(aurora, run, log, "failed")
    assert (usage["model"], usage["estimated"]) == (model, True)
    assert usage["completion_tokens"] > 0
    assert state_of(aurora, run).error["code"] == AFTER_TEXT[model]
    assert [request["model"] for request in moody.requests[before:]] == [model]


async def test_a_model_server_that_is_killed_in_the_middle(cluster: Cluster, talker: str) -> None:
    assert not isinstance(cluster.model, ModelServer)
    run = await begin(cluster, talker)
    await until(lambda: is_shown(cluster, run), 15, "text")
    cluster.model.kill()
    try:
        await until(lambda: is_finished(cluster, run), 15, "the end")
    finally:
        cluster.model.start()
    log = log_of(cluster, run)
    assert_orderly_end(log, "failed")
    assert_cut_off(log, 120)
    [error] = data_of(log, "error")
    assert error["code"] in ("PROVIDER_UNAVAILABLE", "PROVIDER_BAD_RESPONSE")
    assert account_of(cluster, run, log, "failed")["estimated"] is True
    again = await begin(cluster, talker)
    await until(lambda: is_finished(cluster, again), 30, "an answer of the model that came back")
    assert_whole(log_of(cluster, again), 120)


@pytest.fixture(scope="module")
def reporter(aurora: Cluster) -> str:
    """An agent whose model wants to report a document."""
    answer = http.post(
        f"{aurora.members[0].url}/api/v1/knowledge/documents", headers=aurora.headers,
        json={"title": "Leave", "path": DOCUMENT, "text": "# Leave\n\nEveryone gets 25 days."},
    )  # fmt: skip
    assert answer.status_code == 202, answer.text
    config = {"knowledge": False, "tools": ["knowledge.report_outdated"]}
    return aurora.make_agent("reporter", model_name="tool", config=config)


def reports(aurora: Cluster) -> int:
    return int(aurora.query("SELECT count(*) FROM agents_documentreport")[0][0])


async def waiting(aurora: Cluster, reporter: str) -> tuple[Begun, str]:
    """A run that waits for a person, and the call that it asks about."""
    run = await begin(aurora, reporter)
    await until(lambda: state_of(aurora, run).state == "waiting_approval", 20, "the question")
    [asked] = data_of(log_of(aurora, run), "approval.required")
    return run, asked["call_id"]


async def test_of_many_decisions_at_once_one_counts_and_the_act_is_done_once(aurora: Cluster, reporter: str) -> None:
    before = reports(aurora)
    run, call_id = await waiting(aurora, reporter)
    path = f"{run.path}/approvals/{call_id}"
    answers = await asyncio.gather(
        *(
            aurora.targets[number % 2].fetch("POST", path, {"decision": "approve" if number % 3 else "deny"})
            for number in range(20)
        )
    )
    [won] = [answer.json() for answer in answers if answer.status == 200]
    refused = [answer for answer in answers if answer.status != 200]
    assert {(answer.status, answer.json()["code"]) for answer in refused} == {(409, "APPROVAL_DECIDED")}
    await until(lambda: is_finished(aurora, run), 20, "the end")
    log = log_of(aurora, run)
    assert_orderly_end(log, "succeeded")
    [result] = data_of(log, "tool.result")
    approved = won["state"] != "denied"
    assert result["ok"] is approved
    assert reports(aurora) - before == int(approved)


@pytest.mark.parametrize("decision", ["approve", "deny"])
async def test_a_decision_at_the_other_process(aurora: Cluster, reporter: str, decision: str) -> None:
    before = reports(aurora)
    run, call_id = await waiting(aurora, reporter)
    answer = await aurora.targets[1].fetch("POST", f"{run.path}/approvals/{call_id}", {"decision": decision})
    assert answer.status == 200, answer.body
    await until(lambda: is_finished(aurora, run), 20, "the end")
    log = log_of(aurora, run)
    assert_orderly_end(log, "succeeded")
    assert [result["ok"] for result in data_of(log, "tool.result")] == [decision == "approve"]
    assert reports(aurora) - before == int(decision == "approve")
