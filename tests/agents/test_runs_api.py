"""``/api/v1/runs``: list and filters, one run, its events, retry, feedback, folding, ending streams."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import AsyncClient
from django.utils import timezone

from agents.api import streams as stream_views
from agents.models import ChatSession, Feedback, Message, Run, RunEvent, ToolCall
from agents.runs import reader
from agents.runs.database import in_database
from agents.runs.ending import finished_event, run_finish
from agents.runs.executors import RunOutcome
from agents.runs.folding import events_fold
from agents.runs.log import Append, append_all, numbered
from agents.runs.pruning import events_prune
from agents.runs.services import run_cancel, run_claim
from agents.runtime.events import Event, token
from audit.models import Record
from aurora_site.accounts.models import Membership, Role
from aurora_site.accounts.services.sign_ins import sign_in_end
from tests.agents import scripted
from tests.agents.conftest import Streams, frames, wait_for
from tests.agents.scripted import scripted_run, types_of
from tests.factories.accounts import Api, member_factory, signed_in_as

pytestmark = [
    pytest.mark.usefixtures("scripts"),
    pytest.mark.django_db(transaction=True, databases=["default", "retrieval"]),
]


def finished(member: Membership, *events: Event, **options: Any) -> Run:
    """A run that succeeded with these events."""
    made = scripted_run(member, ["text", "Again."], **options)
    claim = run_claim(run_id=str(made.pk))
    assert claim is not None
    outcome = RunOutcome(agent="welcome", mode="extractive", usage={**scripted.USAGE, "cost_usd": 0.25})
    last = finished_event(claim.run, outcome, Run.State.SUCCEEDED)
    stored = numbered(str(made.pk), 1, [*events, last])
    if events:
        append_all([Append(str(made.pk), 1, stored[:-1])])
    run_finish(run=claim.run, append=Append(str(made.pk), 1, stored[-1:]), outcome=outcome, state=Run.State.SUCCEEDED)
    return Run.objects.get(pk=made.pk)


def message(text: str) -> Event:
    return Event("message", {"text": text, "citations": [], "answered": True, "mode": "extractive"})


def session_of(member: Membership) -> ChatSession:
    return ChatSession.objects.create(organization=member.organization, user=member.user, title="?")


class TestList:
    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("", ["queued", "done", "cancelled"]),
            ("state=queued", ["queued"]),
            ("state=succeeded&mode=extractive", ["done"]),
            ("mode=llm", []),
            ("agent=welcome", ["done"]),
            ("kind=scripted&state=", ["queued", "done", "cancelled"]),
            ("kind=answer", []),
            ("session_id={session}", ["queued"]),
        ],
    )
    def test_filters(self, api: Api, editor: Membership, query: str, expected: list[str]) -> None:
        session = session_of(editor)
        cancelled, done = scripted_run(editor), finished(editor)
        run_cancel(run=cancelled, actor_id=editor.user_id)
        runs = {"cancelled": cancelled, "done": done, "queued": scripted_run(editor, session_id=session.pk)}
        body = api.get(f"/api/v1/runs?{query.format(session=session.pk)}").json()
        assert [run["id"] for run in body["runs"]] == [str(runs[name].pk) for name in expected]
        assert body["total"] == len(expected)

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ("state=sleeping", "state"),
            ("session_id=5", "session_id"),
            ("mode=magic", "mode"),
            ("kind=nothing", "kind"),
            (f"agent={'a' * 65}", "agent"),
            ("limit=0", "limit"),
        ],
    )
    def test_a_senseless_filter_is_refused_by_name(self, api: Api, query: str, field: str) -> None:
        answer = api.get(f"/api/v1/runs?{query}")
        assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")
        assert list(answer.json()["fields"]) == [field]

    def test_takes_as_many_queries_for_many_runs_as_for_few(
        self, api: Api, editor: Membership, django_assert_max_num_queries: Any
    ) -> None:
        session = session_of(editor)
        for _ in range(3):
            scripted_run(editor, session_id=session.pk)
            finished(editor)
        with django_assert_max_num_queries(10):
            body = api.get("/api/v1/runs").json()
        assert [run["position_in_line"] for run in body["runs"]] == [None, 1, None, 0, None, 0]


class TestOne:
    def test_shows_all_of_it(self, api: Api, editor: Membership) -> None:
        run = finished(editor, token("a"), message("a"))
        api.post(f"/api/v1/runs/{run.pk}/feedback", {"rating": "up", "comment": "Good."})
        body = api.get(f"/api/v1/runs/{run.pk}").json()
        assert body["feedback"] == {"rating": "up", "comment": "Good."}
        assert (body["state"], body["cost"], body["last_seq"], body["retry_of"]) == ("succeeded", 0.25, 3, None)
        assert (body["approvals"], body["position_in_line"], body["session_id"]) == ([], None, None)

    def test_counts_the_events_of_a_run_that_goes_on(self, api: Api, editor: Membership) -> None:
        run = scripted_run(editor)
        run_claim(run_id=str(run.pk))
        append_all([Append(str(run.pk), 1, numbered(str(run.pk), 1, [token("a"), token("b")]))])
        assert api.get(f"/api/v1/runs/{run.pk}").json()["last_seq"] == 2

    def test_names_what_waits_for_approval(self, api: Api, editor: Membership) -> None:
        run = scripted_run(editor)
        Run.objects.filter(pk=run.pk).update(state="waiting_approval", attempt=1)
        expires = timezone.now() + timedelta(hours=1)
        for call_id, state in (("1", "approved"), ("2", "proposed")):
            ToolCall.objects.create(
                run=run, call_id=call_id, name="x", fingerprint=call_id, effect="write", state=state, expires_at=expires
            )
        approvals = api.get(f"/api/v1/runs/{run.pk}").json()["approvals"]
        assert [(approval["call_id"], approval["state"]) for approval in approvals] == [("2", "proposed")]

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("get", ""),
            ("get", "/events"),
            ("get", "/stream"),
            ("post", "/cancel"),
            ("post", "/retry"),
            ("post", "/feedback"),
        ],
    )
    def test_is_hidden_from_others(self, editor: Membership, method: str, path: str) -> None:
        run = finished(editor)
        colleague = member_factory(organization=editor.organization, role=Role.EDITOR)
        for stranger in (colleague, member_factory(role=Role.ADMIN)):
            answer = getattr(signed_in_as(stranger), method)(f"/api/v1/runs/{run.pk}{path}")
            assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
        assert (Run.objects.count(), Feedback.objects.count()) == (1, 0)


class TestRetry:
    async def test_does_it_again(self, streams: Streams, editor: Membership) -> None:
        run = await in_database(finished, editor)
        answer = await streams.post(f"/api/v1/runs/{run.pk}/retry", {}, Accept="application/json")
        body = json.loads(answer.content)
        assert (answer.status_code, body["retry_of"]) == (202, str(run.pk))
        assert answer["Location"] == f"/api/v1/runs/{body['run_id']}/stream"
        await wait_for(lambda: Run.objects.filter(pk=body["run_id"], state="succeeded").exists())
        again = await in_database(Run.objects.get, pk=body["run_id"])
        assert (again.retry_of_id, again.input, again.kind) == (run.pk, run.input, run.kind)
        assert again.output["answer"] == "Again."

    async def test_with_one_key_does_it_once(self, streams: Streams, editor: Membership) -> None:
        run = await in_database(finished, editor)
        headers = {"Accept": "application/json", "Idempotency-Key": "k"}
        answers = [await streams.post(f"/api/v1/runs/{run.pk}/retry", {}, **headers) for _ in range(2)]
        assert len({json.loads(answer.content)["run_id"] for answer in answers}) == 1
        assert await in_database(Run.objects.count) == 2

    async def test_of_one_that_goes_on_is_refused(self, streams: Streams, editor: Membership) -> None:
        run = await in_database(scripted_run, editor)
        answer = await streams.post(f"/api/v1/runs/{run.pk}/retry", {}, Accept="application/json")
        assert (answer.status_code, json.loads(answer.content)["code"]) == (409, "RUN_OPEN")
        assert await in_database(Run.objects.count) == 1

    async def test_in_a_conversation_is_another_answer(self, streams: Streams, editor: Membership) -> None:
        session = await in_database(session_of, editor)

        def asked() -> tuple[Run, Message]:
            run = finished(editor, session_id=session.pk)
            now = timezone.now()
            question = Message.objects.create(session=session, position=1, sender="user", text="hello", timestamp=now)
            Message.objects.create(
                session=session, position=2, sender="assistant", text="", run=run, parent=question, timestamp=now
            )
            return run, question

        run, question = await in_database(asked)
        answer = await streams.post(f"/api/v1/runs/{run.pk}/retry", {}, Accept="application/json")
        assert answer.status_code == 202
        again = await in_database(Run.objects.get, pk=json.loads(answer.content)["run_id"])
        assert (again.session_id, again.retry_of_id) == (session.pk, run.pk)
        answers = await in_database(
            lambda: list(question.replies.order_by("position").values_list("run_id", flat=True))
        )
        assert answers == [run.pk, again.pk]
        await wait_for(lambda: Run.objects.filter(pk=again.pk, state="succeeded").exists())


class TestFeedback:
    def test_is_given_changed_and_taken_back(self, api: Api, editor: Membership) -> None:
        run = finished(editor)
        path = f"/api/v1/runs/{run.pk}/feedback"
        assert api.post(path, {"rating": "up"}).json() == {
            "run_id": str(run.pk), "feedback": {"rating": "up", "comment": ""},
        }  # fmt: skip
        api.post(path, {"rating": "down", "comment": "Too short."})
        row = Feedback.objects.get()
        assert (row.run_id, row.user_id, row.rating, row.comment) == (run.pk, editor.user_id, "down", "Too short.")
        assert api.post(path, {"rating": None}).json()["feedback"] is None
        assert Feedback.objects.count() == 0
        assert Record.objects.filter(event="agents.feedback_given", subject_id=str(run.pk)).count() == 3

    def test_of_several_people_stands_side_by_side(self, api: Api, editor: Membership) -> None:
        run = finished(editor)
        admin = signed_in_as(member_factory(organization=editor.organization, role=Role.ADMIN))
        for client, rating in ((api, "up"), (admin, "down")):
            client.post(f"/api/v1/runs/{run.pk}/feedback", {"rating": rating})
        assert api.get(f"/api/v1/runs/{run.pk}").json()["feedback"]["rating"] == "up"
        assert admin.get(f"/api/v1/runs/{run.pk}").json()["feedback"]["rating"] == "down"

    @pytest.mark.parametrize(
        ("body", "field"),
        [({}, "rating"), ({"rating": "great"}, "rating"), ({"rating": "up", "comment": 5}, "comment")],
    )
    def test_without_sense_is_refused(self, api: Api, editor: Membership, body: Any, field: str) -> None:
        answer = api.post(f"/api/v1/runs/{finished(editor).pk}/feedback", body)
        assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
        assert Feedback.objects.count() == 0


class TestFolding:
    def old(self, run: Run, days: float = 1.1) -> None:
        then = timezone.now() - timedelta(days=days)
        Run.objects.filter(pk=run.pk).update(created_at=then, finished_at=then)

    async def test_old_text_gives_way_to_its_message(self, streams: Streams, editor: Membership) -> None:
        run = await in_database(finished, editor, token("Hel"), token("lo"), message("Hello"))
        young = await in_database(finished, editor, token("Hi"), message("Hi"))
        without = await in_database(finished, editor, token("Hi"))
        await in_database(self.old, run)
        await in_database(self.old, without)
        assert (await in_database(events_fold), await in_database(events_fold)) == (2, 0)
        assert await in_database(types_of, run) == ["message", "run.finished"]
        assert await in_database(types_of, young) == ["token", "message", "run.finished"]
        assert await in_database(types_of, without) == ["token", "run.finished"]
        shown = [event async for event in frames(await streams.get(f"/api/v1/runs/{run.pk}/stream"))]
        assert [event["seq"] for event in shown] == [3, 4]
        polled = await streams.get(f"/api/v1/runs/{run.pk}/events?after=1", Accept="application/json")
        assert json.loads(polled.content) == {"events": shown, "next_after": 4, "finished": True}
        assert (await streams.get(f"/api/v1/runs/{run.pk}/stream?after=4")).status_code == 204
        text = stream_views._text(str(run.pk))
        assert b"".join([part async for part in text]) == b"Hello"
        await in_database(events_prune, organization_id=str(editor.organization_id), before=timezone.now())
        pruned = [event async for event in frames(await streams.get(f"/api/v1/runs/{run.pk}/stream"))]
        assert pruned == shown[1:]

    def test_many_runs_are_folded_in_one_sweep(self, editor: Membership, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("agents.runs.folding.RUNS_AT_ONCE", 2)
        for _ in range(5):
            self.old(finished(editor, token("a"), message("a")))
        assert events_fold() == 5
        assert not RunEvent.objects.filter(type="token").exists()


class TestStream:
    async def test_begins_with_its_position(self, streams: Streams, editor: Membership) -> None:
        run = await in_database(finished, editor, token("a"))
        response = await streams.get(f"/api/v1/runs/{run.pk}/stream", Last_Event_ID="1")
        assert (await anext(aiter(response.streaming_content))) == b"retry: 1000\nid: 1\n\n"

    async def test_is_opened_and_taken_up_with_a_ticket(self, streams: Streams, editor: Membership) -> None:
        run = await in_database(finished, editor, token("a"), message("a"))
        answer = await streams.post("/api/auth/ws-ticket", {}, Accept="application/json")
        path = f"/api/v1/runs/{run.pk}/stream?ticket={json.loads(answer.content)['ticket']}"
        first = await AsyncClient().get(path)
        assert [event["seq"] async for event in frames(first)] == [1, 2, 3]
        again = await AsyncClient().get(path, headers={"Last-Event-ID": "2"})
        assert [event["seq"] async for event in frames(again)] == [3]
        other = await in_database(finished, editor)
        elsewhere = path.replace(str(run.pk), str(other.pk))
        assert (await AsyncClient().get(elsewhere, headers={"Last-Event-ID": "0"})).status_code == 401
        assert (await AsyncClient().get(path)).status_code == 401

    async def test_ends_with_its_identity(
        self, streams: Streams, editor: Membership, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(stream_views, "IDENTITY_CHECK_SECONDS", 0)
        monkeypatch.setattr(reader, "QUIET_SECONDS", 0.02)
        run = await in_database(scripted_run, editor)
        response = await streams.get(f"/api/v1/runs/{run.pk}/stream")
        parts = aiter(response.streaming_content)
        await anext(parts)
        await in_database(lambda: [sign_in_end(sign_in_id=each.pk, reason="x") for each in editor.user.sign_ins.all()])
        assert [part async for part in parts] == []

    async def test_says_that_it_is_alive(
        self, streams: Streams, editor: Membership, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(stream_views, "PING_SECONDS", 0)
        monkeypatch.setattr(reader, "QUIET_SECONDS", 0.02)
        run = await in_database(scripted_run, editor)
        response = await streams.get(f"/api/v1/runs/{run.pk}/stream")
        parts = aiter(response.streaming_content)
        await anext(parts)
        assert await anext(parts) == b": ping\n\n"
        await response.streaming_content.aclose()
