"""Questions in a session: asked, edited, answered anew; in line, one at a time, each once."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncGenerator
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from django.test import AsyncClient
from django.test.utils import CaptureQueriesContext

from agents.chat.asking import message_post
from agents.chat.models import ChatSession, Message
from agents.chat.services import session_create, session_delete
from agents.models import Run
from agents.runs import dispatch, executors
from agents.runs.database import in_database
from agents.runs.errors import SessionBusy
from agents.runs.executors import RunContext, RunOutcome
from agents.runtime.events import Event, token
from audit.models import Record
from aurora_site.accounts.models import Membership
from tests.agents.chat_client import QUESTION, Chat, ended, in_threads, run_of
from tests.agents.conftest import frames, wait_for
from tests.model_server import ModelServer

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "retrieval"])

SHAPE = {"session_id", "run_id", "message_id", "answer_id", "status", "title"}


@pytest.fixture
def slow_model(model_server: ModelServer, settings: Any) -> ModelServer:
    """A model that says a word every 10 ms until it is told to stop."""
    settings.OPENAI_BASE_URL, settings.AURORA_MODEL = model_server.url, "slow"
    return model_server


async def shows_text(run_id: str) -> None:
    """Return when a run has shown text."""
    from agents.models import RunEvent

    await wait_for(RunEvent.objects.filter(run_id=run_id, type="token").exists)


async def cancelled(run_id: str, headers: dict[str, str]) -> None:
    await AsyncClient().post(f"/api/v1/runs/{run_id}/cancel", headers=headers)
    await ended(run_id)


class TestAsking:
    async def test_a_question_is_taken_in_and_answered(self, chat: Chat, documents: dict[str, Any]) -> None:
        session = await chat.session()
        answer = await chat.call("post", f"/{session['id']}/messages", {"message": QUESTION})
        assert answer.status_code == 202
        posted = answer.json()
        assert set(posted) == SHAPE
        assert (posted["status"], posted["title"]) == ("in_progress", QUESTION)
        assert answer["Location"] == f"/api/v1/runs/{posted['run_id']}/stream"
        await ended(posted["run_id"])
        shown = await chat.read(session["id"])
        question, reply = shown["messages"]
        assert (question["id"], question["sender"], question["text"]) == (posted["message_id"], "user", QUESTION)
        assert (reply["id"], reply["parent_id"], reply["run_id"]) == (
            posted["answer_id"], posted["message_id"], posted["run_id"],
        )  # fmt: skip
        run = await run_of(posted["run_id"])
        assert "25 days" in reply["text"] and reply["text"] == run.output["answer"]
        assert (reply["citations"], reply["answered"]) == (run.output["citations"], True)
        assert (reply["state"], reply["agent"], reply["mode"]) == ("succeeded", run.agent, "extractive")
        assert (shown["status"], shown["head"], shown["runs"]) == ("active", posted["answer_id"], [])
        assert shown["message_count"] == 2
        recorded = Record.objects.filter(event__regex="^(chat|agents)").order_by("at").values_list("event", flat=True)
        events = await in_database(lambda: list(recorded))
        assert events == ["chat.session_created", "chat.message_posted", "agents.run_succeeded"]

    async def test_only_a_title_nobody_chose_follows_the_first_question(self, chat: Chat) -> None:
        named, unnamed = await chat.session(title="Mine"), await chat.session()
        assert (await chat.asked(named["id"], "Hello there"))["title"] == "Mine"
        assert (await chat.asked(unnamed["id"], "Hello\nthere"))["title"] == "Hello there"
        assert (await chat.asked(unnamed["id"], "Good morning"))["title"] == "Hello there"

    async def test_each_question_follows_the_answer_before_it(self, chat: Chat) -> None:
        session = await chat.session()
        first = await chat.asked(session["id"], "Hello")
        second = await chat.asked(session["id"], "Good morning")
        shown = (await chat.read(session["id"]))["messages"]
        assert [message["position"] for message in shown] == [1, 2, 3, 4]
        assert shown[2]["parent_id"] == first["answer_id"] and shown[3]["id"] == second["answer_id"]

    async def test_what_does_not_fit_is_refused_by_name(self, chat: Chat) -> None:
        session = await chat.session()
        unfit = [
            ({}, "message"), ({"message": " \n"}, "message"), ({"message": "x" * 8001}, "message"),
            ({"message": 5}, "message"), ({"message": "Hi", "parent_id": "x"}, "parent_id"),
            ({"message": "Hi", "parent_id": str(uuid.uuid4())}, "parent_id"),
            ({"message": "Hi", "on_conflict": "fight"}, "on_conflict"), ({"message": "Hi", "agent": "x" * 65}, "agent"),
        ]  # fmt: skip
        for body, field in unfit:
            answer = await chat.call("post", f"/{session['id']}/messages", body)
            assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
        assert await chat.read(session["id"]) == session
        assert await in_database(Run.objects.count) == 0

    async def test_an_unknown_agent_is_named(self, chat: Chat) -> None:
        session = await chat.session()
        answer = await chat.call("post", f"/{session['id']}/messages", {"message": "Hi", "agent": "nobody"})
        assert (answer.status_code, answer.json()["code"], list(answer.json()["fields"])) == (
            404,
            "UNKNOWN_AGENT",
            ["agent"],
        )
        assert await chat.read(session["id"]) == session

    async def test_the_agent_asked_for_answers(self, chat: Chat) -> None:
        session = await chat.session()
        asked = await chat.asked(session["id"], "Hello", agent="welcome")
        assert (await run_of(asked["run_id"])).agent == "welcome"
        anyone = await chat.asked(session["id"], "Hello", agent="aurora")
        assert (await run_of(anyone["run_id"])).input["agent"] == ""

    async def test_text_is_another_name_for_message(self, chat: Chat) -> None:
        session = await chat.session()
        answer = await chat.call(
            "post", f"/{session['id']}/messages", {"text": "Hello", "parent_id": None, "agent": None}
        )
        assert (answer.status_code, answer.json()["title"]) == (202, "Hello")
        await ended(answer.json()["run_id"])

    async def test_who_accepts_events_watches_at_once(self, chat: Chat, documents: dict[str, Any]) -> None:
        session = await chat.session()
        answer = await chat.call(
            "post", f"/{session['id']}/messages", {"message": QUESTION}, Accept="text/event-stream"
        )
        events = [event async for event in frames(answer)]
        assert (events[0]["type"], events[-1]["type"]) == ("run.started", "run.finished")
        reply = (await chat.read(session["id"]))["messages"][1]
        assert reply["run_id"] == events[0]["run_id"]
        assert [event["data"]["text"] for event in events if event["type"] == "message"] == [reply["text"]]


class TestIdempotency:
    async def test_the_same_key_joins(self, chat: Chat) -> None:
        session = await chat.session()
        first = await chat.call("post", f"/{session['id']}/messages", {"message": "Hello"}, Idempotency_Key="k")
        await ended(first.json()["run_id"])
        again = await chat.call("post", f"/{session['id']}/messages", {"message": "Hello"}, Idempotency_Key="k")
        assert again.status_code == 202
        assert again.json() == {**first.json(), "status": "active"}
        assert await in_database(Message.objects.count) == 2

    async def test_another_question_or_session_under_the_same_key_is_refused(self, chat: Chat) -> None:
        session, other = await chat.session(), await chat.session()
        await chat.call("post", f"/{session['id']}/messages", {"message": "Hello"}, Idempotency_Key="k")
        for id, text in ((session["id"], "Good morning"), (other["id"], "Hello")):  # noqa: A001
            answer = await chat.call("post", f"/{id}/messages", {"message": text}, Idempotency_Key="k")
            assert (answer.status_code, answer.json()["code"]) == (409, "IDEMPOTENCY_KEY_REUSED")
            assert answer.json()["detail"]
        assert await in_database(Message.objects.count) == 2
        assert (await chat.read(other["id"])) == other

    async def test_keys_have_a_length(self, chat: Chat) -> None:
        session = await chat.session()
        answer = await chat.call("post", f"/{session['id']}/messages", {"message": "Hello"}, Idempotency_Key="k" * 201)
        assert answer.status_code == 400

    def test_fifty_at_once_make_one(self, editor: Membership) -> None:
        session = session_create(organization_id=editor.organization_id, user_id=editor.user_id)
        post = partial(post_as, editor, session, "Hello", idempotency_key="once")
        posted = in_threads([post] * 50)
        assert {(each.run.pk, each.question_id, each.answer_id) for each in posted} == {
            (posted[0].run.pk, posted[0].question_id, posted[0].answer_id)
        }
        assert (Run.objects.count(), Message.objects.count()) == (1, 2)
        assert Record.objects.filter(event="chat.message_posted").count() == 1


def post_as(editor: Membership, session: ChatSession, text: str, **options: Any) -> Any:
    return message_post(
        organization_id=editor.organization_id, user_id=editor.user_id, session_id=session.pk, text=text, **options
    )


class TestAtOnce:
    """Several questions in one session at the same moment: one is answered, order is kept, nothing is lost."""

    async def test_enqueued_they_are_answered_one_after_the_other(self, editor: Membership, chat: Chat) -> None:
        session = await in_database(session_create, organization_id=editor.organization_id, user_id=editor.user_id)
        posts = [partial(post_as, editor, session, f"Hello {number}") for number in range(8)]
        posted = await asyncio.to_thread(in_threads, posts)
        runs = (await chat.read(str(session.pk)))["runs"]
        assert sorted(run["id"] for run in runs) == sorted(str(each.run.pk) for each in posted)
        assert [run["position_in_line"] for run in runs] == [0, 0, 1, 2, 3, 4, 5, 6]
        assert await in_database(Run.objects.filter(active_session=session.pk).count) == 1
        await asyncio.gather(*(dispatch.start(str(each.run.pk)) for each in posted))
        for each in posted:
            await ended(str(each.run.pk))
        shown = (await chat.read(str(session.pk)))["messages"]
        assert [message["position"] for message in shown] == list(range(1, 17))
        assert sorted(message["text"] for message in shown[::2]) == [f"Hello {number}" for number in range(8)]
        order = [message["run_id"] for message in shown[1::2]]
        assert order == [run["id"] for run in runs]
        rows = [await run_of(run_id) for run_id in order]
        assert all(row.state == "succeeded" for row in rows)
        assert all(earlier.finished_at <= later.started_at for earlier, later in pairwise(rows))

    def test_rejected_only_one_gets_in(self, editor: Membership) -> None:
        session = session_create(organization_id=editor.organization_id, user_id=editor.user_id)
        results = in_threads(
            [partial(post_as, editor, session, f"Hello {number}", on_conflict="reject") for number in range(8)]
        )
        refused = [result for result in results if isinstance(result, SessionBusy)]
        assert (len(refused), Run.objects.count(), Message.objects.count()) == (7, 1, 2)
        assert Run.objects.filter(active_session=session.pk).count() == 1

    def test_interrupting_leaves_one(self, editor: Membership) -> None:
        session = session_create(organization_id=editor.organization_id, user_id=editor.user_id)
        posts = [partial(post_as, editor, session, f"Hello {number}", on_conflict="interrupt") for number in range(8)]
        posted = in_threads(posts)
        assert sorted(Run.objects.values_list("state", flat=True)) == ["cancelled"] * 7 + ["queued"]
        last = Run.objects.get(state="queued")
        assert last.active_session == session.pk
        assert Message.objects.order_by("-position").first().run_id == last.pk
        assert {each.run.pk for each in posted} == set(Run.objects.values_list("pk", flat=True))

    async def test_reject_answers_409_and_writes_nothing(
        self, chat: Chat, documents: Any, slow_model: ModelServer
    ) -> None:
        session = await chat.session()
        running = await chat.ask(session["id"])
        await shows_text(running["run_id"])
        before = await chat.read(session["id"])
        answer = await chat.call("post", f"/{session['id']}/messages", {"message": "Hi", "on_conflict": "reject"})
        assert (answer.status_code, answer.json()["code"]) == (409, "SESSION_BUSY")
        assert answer.json()["detail"]
        assert await chat.read(session["id"]) == before
        await cancelled(running["run_id"], chat.headers)

    async def test_interrupt_stops_the_answer_and_keeps_what_it_said(
        self, chat: Chat, documents: Any, slow_model: ModelServer
    ) -> None:
        session = await chat.session()
        running = await chat.ask(session["id"])
        await shows_text(running["run_id"])
        waiting = await chat.ask(session["id"], "Good evening")
        hello = await chat.ask(session["id"], "Hello", on_conflict="interrupt")
        for run in (running, waiting, hello):
            await ended(run["run_id"])
        assert slow_model.closed_early.wait(5)
        states = [(await run_of(run["run_id"])).state for run in (running, waiting, hello)]
        assert states == ["cancelled", "cancelled", "succeeded"]
        messages = (await chat.read(session["id"]))["messages"]
        assert [message["state"] for message in messages] == [None, "cancelled", None, "cancelled", None, "succeeded"]
        assert messages[1]["text"].startswith("word0 word1")
        assert messages[3]["text"] == ""

    async def test_what_waits_shows_its_place(self, chat: Chat, documents: Any, slow_model: ModelServer) -> None:
        session = await chat.session()
        running = await chat.ask(session["id"])
        await shows_text(running["run_id"])
        waiting = [await chat.ask(session["id"], greeting) for greeting in ("Hello", "Good morning")]
        shown = await chat.read(session["id"])
        assert [(run["state"], run["position_in_line"]) for run in shown["runs"]] == [
            ("running", None), ("queued", 0), ("queued", 1),
        ]  # fmt: skip
        assert [run["message_id"] for run in shown["runs"]] == [post["answer_id"] for post in (running, *waiting)]
        assert [run["question_id"] for run in shown["runs"]] == [post["message_id"] for post in (running, *waiting)]
        assert [message["sender"] for message in shown["messages"]] == ["user"] * 3
        assert (shown["status"], shown["message_count"]) == ("in_progress", 3)
        listed = (await chat.call("get", "?status=in_progress")).json()["sessions"]
        assert [each["message_count"] for each in listed] == [3]
        await cancelled(running["run_id"], chat.headers)
        for post in waiting:
            await ended(post["run_id"])
        assert (await chat.read(session["id"]))["status"] == "active"

    async def test_pollers_wait_for_the_answer_that_comes_first(
        self, chat: Chat, documents: Any, slow_model: ModelServer
    ) -> None:
        session = await chat.session()
        running = await chat.ask(session["id"])
        await shows_text(running["run_id"])
        queued = await chat.ask(session["id"], "Hello")
        part = (await chat.call("get", f"/{session['id']}/messages?after=0")).json()
        assert ([message["text"] for message in part["messages"]], part["next_after"]) == ([QUESTION], 1)
        await cancelled(running["run_id"], chat.headers)
        await ended(queued["run_id"])
        rest = (await chat.call("get", f"/{session['id']}/messages?after=1")).json()
        assert ([message["position"] for message in rest["messages"]], rest["next_after"]) == ([2, 3, 4], 4)


class TestBranches:
    async def test_an_edited_question_is_a_branch_beside_the_old_one(self, chat: Chat) -> None:
        session = await chat.session()
        first = await chat.asked(session["id"], "Hello")
        second = await chat.asked(session["id"], "Good morning")
        edited = await chat.asked(session["id"], "Good evening", path=f"/{second['message_id']}/edit")
        assert set(edited) == SHAPE
        shown = (await chat.read(session["id"]))["messages"]
        assert [message["id"] for message in shown] == [
            first["message_id"], first["answer_id"], edited["message_id"], edited["answer_id"],
        ]  # fmt: skip
        assert shown[2]["siblings"] == [second["message_id"], edited["message_id"]]
        back = (await chat.call("put", f"/{session['id']}", {"head": second["message_id"]})).json()
        assert [message["id"] for message in back["messages"]][2:] == [second["message_id"], second["answer_id"]]
        assert back["head"] == second["answer_id"]
        assert await in_database(Message.objects.count) == 6

    async def test_the_first_question_can_be_edited(self, chat: Chat) -> None:
        session = await chat.session()
        first = await chat.asked(session["id"], "Hello")
        edited = await chat.asked(session["id"], "Good evening", path=f"/{first['message_id']}/edit")
        shown = await chat.read(session["id"])
        assert shown["messages"][0]["siblings"] == [first["message_id"], edited["message_id"]]
        assert [message["parent_id"] for message in shown["messages"]] == [None, edited["message_id"]]

    async def test_an_answer_can_be_had_again(self, chat: Chat) -> None:
        session = await chat.session()
        first = await chat.asked(session["id"], "Hello", agent="welcome")
        again = await chat.asked(session["id"], path=f"/{first['answer_id']}/regenerate")
        assert again["message_id"] == first["message_id"]
        other = await chat.asked(session["id"], path=f"/{first['message_id']}/regenerate", agent="assistant")
        shown = (await chat.read(session["id"]))["messages"]
        assert [message["id"] for message in shown] == [first["message_id"], other["answer_id"]]
        assert shown[1]["siblings"] == [first["answer_id"], again["answer_id"], other["answer_id"]]
        runs = [await run_of(post["run_id"]) for post in (first, again, other)]
        assert [run.agent for run in runs] == ["welcome", "welcome", "assistant"]
        assert [run.input["question"] for run in runs] == ["Hello"] * 3
        assert runs[1].retry_of_id == runs[0].pk
        back = (await chat.call("put", f"/{session['id']}", {"head": first["answer_id"]})).json()
        assert [message["id"] for message in back["messages"]] == [first["message_id"], first["answer_id"]]

    async def test_a_question_that_came_with_the_session_can_be_answered(self, chat: Chat) -> None:
        session = await chat.session(messages=[{"sender": "user", "text": "Hello"}])
        question = session["messages"][0]["id"]
        posted = await chat.asked(session["id"], path=f"/{question}/regenerate")
        shown = (await chat.read(session["id"]))["messages"]
        assert [message["id"] for message in shown] == [question, posted["answer_id"]]

    async def test_a_question_can_follow_any_message(self, chat: Chat) -> None:
        session = await chat.session()
        first = await chat.asked(session["id"], "Hello")
        await chat.asked(session["id"], "Good morning")
        beside = await chat.asked(session["id"], "Good evening", parent_id=first["answer_id"])
        assert [message["id"] for message in (await chat.read(session["id"]))["messages"]][1:] == [
            first["answer_id"], beside["message_id"], beside["answer_id"],
        ]  # fmt: skip

    async def test_what_cannot_be_edited_or_answered_is_refused(self, chat: Chat) -> None:
        answer_only = await chat.session(messages=[{"sender": "assistant", "text": "Welcome"}])
        long = await chat.session(messages=[{"sender": "user", "text": "x" * 8001}])
        cases = [
            (answer_only, "edit", "Only questions can be edited"),
            (answer_only, "regenerate", "answers no question"),
            (long, "regenerate", "more than 8,000 characters"),
        ]
        for session, action, says in cases:
            path = f"/{session['id']}/messages/{session['messages'][0]['id']}/{action}"
            answer = await chat.call("post", path, {"message": "Hi"})
            assert (answer.status_code, list(answer.json()["fields"])) == (400, ["message_id"])
            assert says in answer.json()["detail"]
            assert await chat.read(session["id"]) == session
        assert await in_database(Run.objects.count) == 0

    async def test_messages_stay_while_they_are_being_answered(
        self, chat: Chat, documents: Any, slow_model: ModelServer
    ) -> None:
        session = await chat.session(messages=[{"sender": "user", "text": "Hello"}])
        running = await chat.ask(session["id"])
        before = await chat.read(session["id"])
        for change in ({"messages": []}, {"head": session["head"]}):
            answer = await chat.call("put", f"/{session['id']}", {**change, "title": "New"})
            assert (answer.status_code, answer.json()["code"]) == (409, "SESSION_BUSY")
        assert (await chat.read(session["id"]))["messages"] == before["messages"]
        assert (await chat.call("put", f"/{session['id']}", {"title": "New"})).json()["title"] == "New"
        await cancelled(running["run_id"], chat.headers)
        assert (await chat.call("put", f"/{session['id']}", {"messages": []})).status_code == 200


class TestCost:
    def test_asking_costs_the_same_in_a_long_session(self, editor: Membership) -> None:
        counts = []
        for length in (2, 300):
            said = [{"sender": ("user", "assistant")[place % 2], "text": "Hello"} for place in range(length)]
            session = session_create(organization_id=editor.organization_id, user_id=editor.user_id, messages=said)
            with CaptureQueriesContext(connection) as queries:
                post_as(editor, session, "Hello")
            counts.append(len(queries))
        assert counts[0] == counts[1] <= 24


class TestEndings:
    async def test_a_failed_answer_shows_why(
        self, chat: Chat, documents: Any, model_server: ModelServer, settings: Any
    ) -> None:
        settings.OPENAI_BASE_URL, settings.AURORA_MODEL = model_server.url, "broken"
        session = await chat.session()
        posted = await chat.asked(session["id"])
        shown = await chat.read(session["id"])
        run = await run_of(posted["run_id"])
        assert shown["status"] == {"failed": "failed", "succeeded": "active"}[run.state]
        assert shown["messages"][1]["state"] == run.state
        assert shown["messages"][1]["error"] == (run.error or None)
        assert shown["messages"][1]["text"] == run.output["answer"]

    async def test_a_failure_is_forgotten_with_the_next_answer(
        self, chat: Chat, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        session = await chat.session()
        with monkeypatch.context() as patch:
            patch.setitem(executors._executors, "answer", fail)
            failed = await chat.asked(session["id"], "Hello")
        shown = await chat.read(session["id"])
        assert (shown["status"], shown["messages"][1]["state"]) == ("failed", "failed")
        assert shown["messages"][1]["error"]["code"] == "INTERNAL_ERROR"
        assert shown["messages"][1]["text"] == "Half an "
        retried = await chat.asked(session["id"], path=f"/{failed['answer_id']}/regenerate")
        shown = await chat.read(session["id"])
        assert (shown["status"], shown["messages"][1]["id"]) == ("active", retried["answer_id"])

    async def test_deleting_stops_what_is_being_answered(
        self, chat: Chat, documents: Any, slow_model: ModelServer
    ) -> None:
        session = await chat.session()
        running = await chat.ask(session["id"])
        await shows_text(running["run_id"])
        waiting = await chat.ask(session["id"], "Hello")
        assert (await chat.call("delete", f"/{session['id']}")).status_code == 200
        for post in (running, waiting):
            await ended(post["run_id"])
            assert (await run_of(post["run_id"])).state == "cancelled"
        assert (await run_of(waiting["run_id"])).attempt == 0
        assert slow_model.closed_early.wait(5)

    def test_deleting_and_asking_at_once_leaves_nothing_open(self, editor: Membership) -> None:
        owner = {"organization_id": editor.organization_id, "user_id": editor.user_id}
        for _ in range(5):
            session = session_create(**owner)
            asks = [partial(post_as, editor, session, f"Hello {number}") for number in range(3)]
            in_threads([*asks, partial(session_delete, **owner, session_id=session.pk), *asks])
            assert not Run.objects.filter(session=session).exclude(state="cancelled").exists()

    async def test_feedback_is_shown_to_who_gave_it(self, chat: Chat) -> None:
        session = await chat.session()
        posted = await chat.asked(session["id"], "Hello")
        given = {"rating": "down", "comment": "Too short"}
        path = f"/api/v1/runs/{posted['run_id']}/feedback"
        answer = await AsyncClient().post(
            path, json.dumps(given), content_type="application/json", headers=chat.headers
        )
        assert answer.status_code in (200, 201), answer.content
        assert (await chat.read(session["id"]))["messages"][1]["feedback"] == given


async def fail(context: RunContext, outcome: RunOutcome) -> AsyncGenerator[Event, None]:
    yield token("Half an ")
    raise RuntimeError("broken on purpose")
