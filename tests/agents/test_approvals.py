"""Tool calls that change something wait for a person: asked, decided once, in time, by somebody who may."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db.models.functions import Now

from agents.knowledge.models import DocumentReport
from agents.models import Run
from agents.runs.approvals import ApprovalDecided, approval_decide, approvals_expire
from agents.runs.database import in_database
from agents.runs.tool_models import ToolCall
from agents.tasks import expire_approvals
from audit.models import PersonalText, Record
from aurora_site.accounts.models import Membership, Role
from tests.agents.chat_client import in_threads
from tests.agents.conftest import Streams, frames, wait_for
from tests.agents.scripted import other_process
from tests.agents.turns import QUESTION, REPORT, SEARCH, EchoTool, of, shown_types, told
from tests.factories.accounts import Api, api_key_for, member_factory, signed_in_as
from tests.model_replies import Reply
from tests.model_server import ModelServer

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "retrieval"])

REPORTED = "I have reported the runbook as outdated."
NOTE = {"path": "runbooks/disk-full.md", "note": "The command has changed."}


@pytest.fixture(autouse=True)
def model(model_server: ModelServer, settings: Any) -> ModelServer:
    settings.OPENAI_BASE_URL, settings.AURORA_MODEL = model_server.url, "scripted"
    return model_server


async def parked(streams: Streams, *, calls: int = 1) -> Run:
    """A run that waits for approvals, after a client has seen it ask."""
    response = await streams.post("/agents/assistant/stream", {"msg": QUESTION})
    first = await anext(frames(response))
    await wait_for(Run.objects.filter(pk=first["run_id"], state="waiting_approval").exists)
    await response.streaming_content.aclose()
    run = await in_database(Run.objects.get, pk=first["run_id"])
    assert await in_database(ToolCall.objects.filter(run=run, state="proposed").count) == calls
    return run


async def events_of(streams: Streams, run: Run) -> list[dict[str, Any]]:
    """The whole log of a run, once it has ended."""
    response = await streams.get(f"/api/v1/runs/{run.pk}/stream")
    return [event async for event in frames(response)]


async def decide(streams: Streams, run: Run, call_id: str = "call-1-1", **body: Any) -> Any:
    path = f"/api/v1/runs/{run.pk}/approvals/{call_id}"
    return await streams.post(path, {"decision": "approve", **body}, Accept="application/json")


def audited() -> list[str]:
    events = Record.objects.filter(event__regex="^(agents|knowledge)").exclude(event="knowledge.document_added")
    return list(events.order_by("at").values_list("event", flat=True))


async def test_an_approved_call_is_made_and_the_model_goes_on(
    streams: Streams, documents: dict[str, Any], model: ModelServer, editor: Membership
) -> None:
    model.script(Reply("I'll report it.", [(REPORT, NOTE)]), REPORTED)
    run = await parked(streams)
    assert run.lease_expires_at is None
    assert await in_database(DocumentReport.objects.count) == 0
    answer = await decide(streams, run, note="Go ahead.")
    assert (answer.status_code, json.loads(answer.content)) == (200, {"call_id": "call-1-1", "state": "approved"})
    events = await events_of(streams, run)
    types = shown_types(events)
    assert types[types.index("approval.required") - 1 :] == [
        "token", "approval.required", "tool.call", "tool.result", "token", "message", "usage", "run.finished",
    ]  # fmt: skip
    assert types.count("run.started") == 1
    (asked,) = of(events, "approval.required")
    expires_at = asked.pop("expires_at")
    assert asked == {
        "call_id": "call-1-1", "name": "knowledge.report_outdated", "arguments": NOTE,
        "summary": "Report runbooks/disk-full.md as outdated: The command has changed.",
    }  # fmt: skip
    call = await in_database(ToolCall.objects.get)
    assert call.expires_at.isoformat() == expires_at
    assert (call.state, call.effect, call.decided_by_id, call.note) == (
        "succeeded",
        "write",
        editor.user_id,
        "Go ahead.",
    )
    assert of(events, "tool.call")[1] == {
        "call_id": "call-1-1", "name": "knowledge.report_outdated", "arguments": NOTE, "effect": "write",
        "approved_by": editor.user_id,
    }  # fmt: skip
    result = of(events, "tool.result")[1]
    assert (result["ok"], result["summary"]) == (True, "runbooks/disk-full.md is reported as outdated.")
    assert of(events, "message")[0]["text"] == f"I'll report it. \n\n{REPORTED}"
    assert of(events, "message")[0]["answered"] is True
    assert of(events, "usage")[0]["prompt_tokens"] == 642
    report = await in_database(DocumentReport.objects.get)
    assert (report.document_id, report.reporter_id, report.note) == (
        documents["runbooks/disk-full.md"].pk, editor.user_id, "The command has changed.",
    )  # fmt: skip
    assert await in_database(audited) == [
        "agents.question_asked", "agents.approval_requested", "agents.call_approved", "agents.tool_call_started",
        "knowledge.document_reported", "agents.tool_call_finished", "agents.run_succeeded",
    ]  # fmt: skip
    assert await in_database(PersonalText.objects.filter(name="note", text="Go ahead.").count) == 1


async def test_a_denied_call_is_not_made_and_the_model_is_told_why(
    streams: Streams, documents: dict[str, Any], model: ModelServer
) -> None:
    model.script(Reply("", [(REPORT, NOTE)]), "Then I leave it.")
    run = await parked(streams)
    answer = await decide(streams, run, decision="deny", note="It was updated today.")
    assert json.loads(answer.content) == {"call_id": "call-1-1", "state": "denied"}
    events = await events_of(streams, run)
    assert of(events, "tool.result")[1] == {
        "call_id": "call-1-1", "name": "knowledge.report_outdated", "ok": False, "code": "APPROVAL_DENIED",
        "decision": "denied", "summary": "A person declined this call. They said: It was updated today.",
    }  # fmt: skip
    assert [data["name"] for data in of(events, "tool.call")] == ["knowledge.search"]
    assert "They said: It was updated today." in told(model.requests[1])[0]
    assert of(events, "message")[0]["text"] == "Then I leave it."
    assert await in_database(DocumentReport.objects.count) == 0
    assert "agents.call_denied" in await in_database(audited)


async def test_several_calls_wait_for_one_another_and_keep_their_order(
    streams: Streams, documents: dict[str, Any], model: ModelServer
) -> None:
    other = {"path": "policies/annual-leave.md"}
    search = {"query": "What do I do when the disk is full?"}
    model.script(
        Reply("", [(SEARCH, {"query": "booking leave"}), (REPORT, NOTE), (SEARCH, search), (REPORT, other)]), REPORTED
    )
    run = await parked(streams, calls=2)
    await decide(streams, run, "call-1-4")
    assert (await in_database(Run.objects.get)).state == "waiting_approval"
    await decide(streams, run, "call-1-2", decision="deny")
    events = await events_of(streams, run)
    assert [(data["call_id"], data["ok"]) for data in of(events, "tool.result")[1:]] == [
        ("call-1-1", True), ("call-1-2", False), ("call-1-3", True), ("call-1-4", True),
    ]  # fmt: skip
    assert ["APPROVAL_DENIED" in text for text in told(model.requests[1])] == [False, True, False, False]
    reports = await in_database(lambda: list(DocumentReport.objects.values_list("document__path", flat=True)))
    assert reports == ["policies/annual-leave.md"]


async def test_the_run_goes_on_in_whichever_process_the_decision_falls(
    streams: Streams, documents: dict[str, Any], model: ModelServer, editor: Membership
) -> None:
    model.script(Reply("", [(REPORT, NOTE)]), REPORTED)
    run = await parked(streams)
    with other_process() as process:
        await in_database(
            partial(approval_decide, run=run, call_id="call-1-1", decision="approve", actor_id=editor.user_id)
        )
        await process.start(run)
        events = await events_of(streams, run)
    assert events[-1]["data"]["state"] == "succeeded"
    assert await in_database(DocumentReport.objects.count) == 1
    assert (await in_database(Run.objects.get)).attempt == 2


async def test_one_of_fifty_deciders_wins(
    streams: Streams, documents: dict[str, Any], model: ModelServer, editor: Membership
) -> None:
    model.script(Reply("", [(REPORT, NOTE)]), REPORTED)
    run = await parked(streams)
    deciders: list[Callable[[], Any]] = [
        partial(approval_decide, run=run, call_id="call-1-1", decision=("approve", "deny")[number % 2],
                actor_id=editor.user_id, note=str(number))
        for number in range(50)
    ]  # fmt: skip
    outcomes = await asyncio.to_thread(in_threads, deciders)
    winners = [outcome for outcome in outcomes if isinstance(outcome, ToolCall)]
    assert len(winners) == 1
    losers = [outcome for outcome in outcomes if not isinstance(outcome, ToolCall)]
    assert {type(outcome) for outcome in losers} == {ApprovalDecided}
    assert {str(outcome) for outcome in losers} == {f"The call was {winners[0].state} already."}
    assert (await in_database(Run.objects.get)).state == "queued"
    assert len([event for event in await in_database(audited) if event.startswith("agents.call_")]) == 1
    late = await decide(streams, run)
    assert (late.status_code, json.loads(late.content)["code"]) == (409, "APPROVAL_DECIDED")


async def test_what_nobody_decides_expires_and_the_model_is_told(
    streams: Streams, documents: dict[str, Any], model: ModelServer, settings: Any
) -> None:
    settings.AURORA_APPROVAL_SECONDS = 0.05
    model.script(Reply("", [(REPORT, NOTE)]), "Nobody agreed.")
    run = await parked(streams)
    await wait_for(ToolCall.objects.filter(expires_at__lt=Now()).exists)
    assert await in_database(approvals_expire) == [str(run.pk)]
    assert await in_database(approvals_expire) == []
    from agents.runs import dispatch

    await dispatch.start(str(run.pk))
    events = await events_of(streams, run)
    result = of(events, "tool.result")[1]
    assert (result["ok"], result["code"], result["decision"]) == (False, "APPROVAL_EXPIRED", "expired")
    assert of(events, "message")[0]["text"] == "Nobody agreed."
    assert await in_database(DocumentReport.objects.count) == 0
    assert "agents.call_expired" in await in_database(audited)


async def test_a_decision_that_comes_too_late_is_refused_and_lets_the_run_go_on(
    streams: Streams, documents: dict[str, Any], model: ModelServer, settings: Any
) -> None:
    settings.AURORA_APPROVAL_SECONDS = 0.05
    model.script(Reply("", [(REPORT, NOTE)]), "Nobody agreed.")
    run = await parked(streams)
    await wait_for(ToolCall.objects.filter(expires_at__lt=Now()).exists)
    late = await decide(streams, run)
    assert (late.status_code, json.loads(late.content)["code"]) == (409, "APPROVAL_EXPIRED")
    assert (await in_database(ToolCall.objects.get)).state == "expired"
    assert await in_database(DocumentReport.objects.count) == 0
    from agents.runs import dispatch

    await dispatch.start(str(run.pk))
    assert (await events_of(streams, run))[-1]["data"]["state"] == "succeeded"


async def test_the_sweep_hands_the_run_to_a_worker(
    streams: Streams, documents: dict[str, Any], model: ModelServer, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.AURORA_APPROVAL_SECONDS = 0.05
    model.script(Reply("", [(REPORT, NOTE)]))
    run = await parked(streams)
    await wait_for(ToolCall.objects.filter(expires_at__lt=Now()).exists)
    handed: list[str] = []
    monkeypatch.setattr("agents.runs.dispatch._send", handed.append)
    await in_database(expire_approvals)
    assert handed == [str(run.pk)]
    assert (await in_database(Run.objects.get)).state == "queued"


async def test_the_same_change_is_not_proposed_twice(
    streams: Streams, documents: dict[str, Any], model: ModelServer
) -> None:
    model.script(Reply("", [(REPORT, NOTE)]), Reply("", [(REPORT, NOTE)]), "Very well.")
    run = await parked(streams)
    await decide(streams, run, decision="deny")
    events = await events_of(streams, run)
    assert [data.get("code") for data in of(events, "tool.result")[1:]] == ["APPROVAL_DENIED", "IDENTICAL_CALL"]
    assert len(of(events, "approval.required")) == 1


async def test_a_run_can_wait_more_than_once(streams: Streams, documents: dict[str, Any], model: ModelServer) -> None:
    model.script(Reply("", [(REPORT, NOTE)]), Reply("", [(REPORT, {"path": "policies/annual-leave.md"})]), REPORTED)
    run = await parked(streams)
    await decide(streams, run)
    await wait_for(Run.objects.filter(state="waiting_approval", attempt=2).exists)
    await decide(streams, run, "call-2-2")
    events = await events_of(streams, run)
    assert events[-1]["data"]["state"] == "succeeded"
    assert await in_database(DocumentReport.objects.count) == 2
    assert [len(request["messages"]) for request in model.requests] == [2, 4, 6]


async def test_the_waiting_does_not_count_as_time_spent(
    streams: Streams, documents: dict[str, Any], model: ModelServer, settings: Any
) -> None:
    model.script(Reply("", [(REPORT, NOTE)]), REPORTED)
    run = await parked(streams)
    spent = run.checkpoint["state"]["spent"]
    assert 0 < spent["seconds"] < settings.AURORA_RUN_SECONDS
    assert (spent["steps"], spent["prompt_tokens"]) == (1, 321)


async def test_cancelling_a_run_that_waits_ends_it_and_its_question(
    streams: Streams, documents: dict[str, Any], model: ModelServer
) -> None:
    model.script(Reply("One moment.", [(REPORT, NOTE)]))
    run = await parked(streams)
    cancelled = await streams.post(f"/api/v1/runs/{run.pk}/cancel", {}, Accept="application/json")
    assert cancelled.status_code == 202
    run = await in_database(Run.objects.get)
    assert (run.state, run.checkpoint, run.output["answer"].strip()) == ("cancelled", None, "One moment.")
    assert run.usage["prompt_tokens"] == 321
    late = await decide(streams, run)
    assert (late.status_code, json.loads(late.content)["code"]) == (409, "APPROVAL_EXPIRED")
    assert (await in_database(ToolCall.objects.get)).state == "expired"
    assert await in_database(DocumentReport.objects.count) == 0


async def test_a_change_that_fails_is_told_and_kept(
    streams: Streams, documents: dict[str, Any], model: ModelServer
) -> None:
    model.script(Reply("", [(REPORT, {"path": "nowhere.md"})]), "There is no such document.")
    run = await parked(streams)
    await decide(streams, run)
    events = await events_of(streams, run)
    result = of(events, "tool.result")[1]
    assert (result["ok"], result["code"], result["summary"]) == (
        False, "TOOL_FAILED", "There is no document at nowhere.md.",
    )  # fmt: skip
    assert (await in_database(ToolCall.objects.get)).state == "failed"


async def test_a_call_begun_by_a_lost_attempt_is_not_made_again(
    streams: Streams, documents: dict[str, Any], model: ModelServer, editor: Membership
) -> None:
    model.script(Reply("", [(REPORT, NOTE)]), "It was begun before.")
    run = await parked(streams)
    decided = partial(approval_decide, run=run, call_id="call-1-1", decision="approve", actor_id=editor.user_id)
    await in_database(decided)
    await in_database(ToolCall.objects.filter(call_id="call-1-1").update, state="running")
    from agents.runs import dispatch

    await dispatch.start(str(run.pk))
    events = await events_of(streams, run)
    assert of(events, "tool.result")[1]["code"] == "TOOL_FAILED"
    assert await in_database(DocumentReport.objects.count) == 0


async def test_a_proposal_of_an_attempt_that_died_before_it_parked_is_given_up(
    streams: Streams, documents: dict[str, Any], model: ModelServer, editor: Membership
) -> None:
    def died() -> Run:
        run = Run.objects.get()
        Run.objects.filter(pk=run.pk).update(state="queued", checkpoint=None)
        return run

    model.script(Reply("", [(REPORT, NOTE)]), Reply("", [(REPORT, NOTE)]), REPORTED)
    await parked(streams)
    run = await in_database(died)
    from agents.runs import dispatch

    await dispatch.start(str(run.pk))
    await wait_for(Run.objects.filter(state="waiting_approval", attempt=2).exists)
    states = await in_database(lambda: list(ToolCall.objects.order_by("id").values_list("call_id", "state")))
    assert states == [("call-1-1", "expired"), ("call-2-1", "proposed")]
    await decide(streams, run, "call-2-1")
    assert (await events_of(streams, run))[-1]["data"]["state"] == "succeeded"
    assert await in_database(DocumentReport.objects.count) == 1


class TestWhoDecides:
    @pytest.fixture
    def run(self, editor: Membership, use_tool: Any) -> Run:
        """A parked run of the editor with two calls that need an administrator."""
        use_tool(EchoTool(name="test.write", effect="write", role="admin"))
        run = Run.objects.create(
            organization=editor.organization, actor=editor.user, input={"question": QUESTION}, agent="assistant"
        )
        Run.objects.filter(pk=run.pk).update(state="waiting_approval", attempt=1)
        for number in (1, 2):
            ToolCall.objects.create(
                run=run, call_id=f"call-1-{number}", name="test.write", arguments={"word": "x"}, fingerprint=str(number),
                effect="write", state="proposed", expires_at="2099-01-01T00:00:00Z",
            )  # fmt: skip
        return run

    def decide(self, api: Api, run: Run, **body: Any) -> Any:
        return api.post(f"/api/v1/runs/{run.pk}/approvals/call-1-1", {"decision": "approve", **body})

    def unchanged(self) -> bool:
        call = ToolCall.objects.get(call_id="call-1-1")
        return (call.state, call.decided_by, Run.objects.get().state) == ("proposed", None, "waiting_approval")

    def test_the_role_of_the_tool_is_needed_to_approve(self, api: Api, run: Run) -> None:
        refused = self.decide(api, run)
        assert (refused.status_code, refused.json()["code"]) == (403, "FORBIDDEN")
        assert refused.json()["detail"] == "Approving test.write needs the role admin in the organisation."
        assert self.unchanged()

    def test_an_administrator_may_approve_for_others(self, run: Run, editor: Membership) -> None:
        admin = member_factory(editor.organization, Role.ADMIN)
        assert self.decide(signed_in_as(admin), run).status_code == 200
        assert ToolCall.objects.get(call_id="call-1-1").decided_by_id == admin.user_id
        assert Run.objects.get().state == "waiting_approval"

    def test_anybody_may_deny_what_they_asked_for(self, api: Api, run: Run) -> None:
        assert self.decide(api, run, decision="deny").json() == {"call_id": "call-1-1", "state": "denied"}

    @pytest.mark.parametrize("role", [Role.EDITOR, Role.ADMIN])
    def test_others_find_nothing(self, run: Run, role: Role) -> None:
        stranger = signed_in_as(member_factory(role=role))
        assert self.decide(stranger, run).status_code == 404
        assert stranger.get(f"/api/v1/runs/{run.pk}/approvals").status_code == 404
        assert self.unchanged()

    def test_a_colleague_finds_nothing(self, run: Run, editor: Membership) -> None:
        assert self.decide(signed_in_as(member_factory(editor.organization, Role.EDITOR)), run).status_code == 404
        assert self.unchanged()

    def test_a_key_that_may_only_read_decides_nothing(self, run: Run, editor: Membership) -> None:
        admin = member_factory(editor.organization, Role.ADMIN)
        reader = Api(signed_in_as(admin).client, {"Authorization": f"Bearer {api_key_for(admin, 'read')}"})
        assert self.decide(reader, run).status_code == 403
        assert self.unchanged()

    def test_an_unknown_call_is_404(self, api: Api, run: Run) -> None:
        answer = api.post(f"/api/v1/runs/{run.pk}/approvals/call-9-9", {"decision": "deny"})
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"decision": None}, "decision"),
            ({"decision": "maybe"}, "decision"),
            ({"note": 5}, "note"),
            ({"note": "x" * 501}, "note"),
            ({"note": "a\x00b"}, "note"),
        ],
    )
    def test_a_bad_decision_names_its_field(self, api: Api, run: Run, body: dict[str, Any], field: str) -> None:
        refused = self.decide(api, run, **body)
        assert refused.status_code == 400
        assert list(refused.json()["fields"]) == [field]
        assert self.unchanged()

    def test_what_waits_is_listed(self, api: Api, run: Run, editor: Membership) -> None:
        listed, _ = api.get(f"/api/v1/runs/{run.pk}/approvals").json()["approvals"]
        assert listed == {
            "call_id": "call-1-1", "name": "test.write", "arguments": {"word": "x"}, "summary": "Echo x",
            "state": "proposed", "expires_at": "2099-01-01T00:00:00Z", "decided_by": None, "decided_at": None, "note": "",
        }  # fmt: skip
        self.decide(api, run, decision="deny", note="No.")
        listed, _ = api.get(f"/api/v1/runs/{run.pk}/approvals").json()["approvals"]
        assert (listed["state"], listed["decided_by"], listed["note"]) == ("denied", editor.user_id, "No.")
        assert listed["decided_at"] is not None
