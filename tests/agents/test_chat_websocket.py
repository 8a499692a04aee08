"""``/ws/chat/{id}/`` over the real ASGI application: one session, seen and steered from several tabs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import AsyncClient

from agents.chat.asking import message_post, posted_begin
from agents.consumers import base
from agents.consumers.outbox import WAITING_EVENTS, WAITING_REPLIES, Outbox, OutboxFull, Source
from agents.models import Message, Run, ToolCall
from agents.runs import executors
from agents.runs.database import in_database
from agents.runs.executors import RunContext, RunOutcome
from agents.runtime.events import Event, token
from aurora_site.accounts.models import Membership
from aurora_site.accounts.services.sign_ins import sign_in_end
from tests.agents.chat_client import QUESTION, Chat, Socket, ended, run_of, socket
from tests.agents.conftest import frames, wait_for
from tests.agents.scripted import other_process
from tests.factories.accounts import api_key_for, member_factory, session_of, signed_in_as, tokens_for
from tests.model_server import ModelServer

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "retrieval"])

HELLO = {"type": "message", "text": "Hello"}


@pytest.fixture
def slow_model(model_server: ModelServer, settings: Any) -> ModelServer:
    """A model that says a word every 10 ms until it is told to stop."""
    settings.OPENAI_BASE_URL, settings.AURORA_MODEL = model_server.url, "slow"
    return model_server


async def stored(run_id: str, headers: dict[str, str]) -> list[dict[str, Any]]:
    """A run's events as pollers read them."""
    answer = await AsyncClient().get(f"/api/v1/runs/{run_id}/events", headers=headers)
    return answer.json()["events"]


async def refused(tab: Socket, frame: Any) -> dict[str, Any]:
    """The answer to a frame that is refused."""
    await tab.send(frame)
    return (await tab.until(lambda each: each["type"] == "error"))[-1]


class TestTalking:
    async def test_a_question_is_accepted_and_its_answer_shown(self, chat: Chat, documents: dict[str, Any]) -> None:
        session = await chat.session()
        async with socket(session["id"], chat.headers) as tab:
            assert await tab.next() == {"type": "session", **session}
            await tab.send({"type": "message", "text": QUESTION})
            accepted = await tab.next()
            assert accepted["type"] == "accepted"
            assert (accepted["session_id"], accepted["title"]) == (session["id"], QUESTION)
            events = await tab.run(accepted["run_id"])
        assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
        assert events == await stored(accepted["run_id"], chat.headers)
        question, reply = (await chat.read(session["id"]))["messages"]
        assert (question["id"], reply["id"]) == (accepted["message_id"], accepted["answer_id"])
        assert "25 days" in reply["text"]

    async def test_the_same_key_joins(self, chat: Chat) -> None:
        session = await chat.session()
        async with socket(session["id"], chat.headers) as tab:
            await tab.next()
            await tab.send({**HELLO, "idempotency_key": "k"})
            first = await tab.next()
            await tab.run(first["run_id"])
            await tab.send({**HELLO, "idempotency_key": "k"})
            again = await tab.next()
        assert again == {**first, "status": "active"}
        assert await in_database(Message.objects.count) == 2

    async def test_branch_and_agent_can_be_given(self, chat: Chat) -> None:
        session = await chat.session()
        first = await chat.asked(session["id"], "Hello")
        await chat.asked(session["id"], "Good morning")
        async with socket(session["id"], chat.headers) as tab:
            await tab.next()
            await tab.send({**HELLO, "parent_id": first["answer_id"], "agent": "welcome"})
            accepted = await tab.next()
            await tab.run(accepted["run_id"])
        shown = (await chat.read(session["id"]))["messages"]
        assert [message["id"] for message in shown][1:3] == [first["answer_id"], accepted["message_id"]]
        assert (await run_of(accepted["run_id"])).agent == "welcome"

    async def test_cancel_stops_what_is_being_answered_while_it_streams(
        self, chat: Chat, documents: Any, slow_model: ModelServer
    ) -> None:
        session = await chat.session()
        async with socket(session["id"], chat.headers) as tab:
            await tab.next()
            await tab.send({"type": "message", "text": QUESTION})
            accepted = await tab.next()
            await tab.until(lambda frame: frame["type"] == "token")
            await tab.send({"type": "cancel"})
            events = await tab.run(accepted["run_id"])
            assert events[-1]["data"]["state"] == "cancelled"
            assert slow_model.closed_early.wait(5)
            for frame in ({"type": "cancel"}, {"type": "cancel", "run_id": accepted["run_id"]}):
                assert (await refused(tab, frame))["code"] == "RUN_FINISHED"

    async def test_one_that_waits_can_be_cancelled_by_name(
        self, chat: Chat, documents: Any, slow_model: ModelServer
    ) -> None:
        session = await chat.session()
        async with socket(session["id"], chat.headers) as tab:
            await tab.next()
            await tab.send({"type": "message", "text": QUESTION})
            running = await tab.next()
            await tab.until(lambda frame: frame["type"] == "token")
            await tab.send(HELLO)
            waiting = (await tab.until(lambda frame: frame["type"] == "accepted"))[-1]
            await tab.send({"type": "cancel", "run_id": waiting["run_id"]})
            assert [event["type"] for event in await tab.run(waiting["run_id"])] == ["run.finished"]
            assert (await run_of(running["run_id"])).state == "running"
            await tab.send({"type": "cancel"})
            await tab.run(running["run_id"])

    async def test_an_interruption_shows_both_ends(self, chat: Chat, documents: Any, slow_model: ModelServer) -> None:
        session = await chat.session()
        async with socket(session["id"], chat.headers) as tab:
            await tab.next()
            await tab.send({"type": "message", "text": QUESTION})
            running = await tab.next()
            await tab.until(lambda frame: frame["type"] == "token")
            await tab.send({**HELLO, "on_conflict": "reject"})
            assert (await tab.until(lambda frame: frame["type"] == "error"))[-1]["code"] == "SESSION_BUSY"
            await tab.send({**HELLO, "on_conflict": "interrupt"})
            ends = {}
            while len(ends) < 2:
                frame = await tab.next()
                if frame["type"] == "run.finished":
                    ends[frame["run_id"]] = frame["data"]["state"]
        assert ends.pop(running["run_id"]) == "cancelled"
        assert list(ends.values()) == ["succeeded"]


class TestSeveralTabs:
    async def test_what_one_asks_the_others_see(self, chat: Chat, documents: Any) -> None:
        session = await chat.session()
        async with socket(session["id"], chat.headers) as one, socket(session["id"], chat.headers) as other:
            assert await one.next() == await other.next()
            await one.send({"type": "message", "text": QUESTION})
            accepted = await one.next()
            announced = await other.next()
            assert announced["type"] == "run"
            assert announced["run"]["id"] == accepted["run_id"]
            assert announced["run"]["message_id"] == accepted["answer_id"]
            assert (announced["question"]["id"], announced["question"]["text"]) == (accepted["message_id"], QUESTION)
            streamed = await chat.call("get", "")
            assert streamed.status_code == 200
            sse = await AsyncClient().get(
                f"/api/v1/runs/{accepted['run_id']}/stream", headers={**chat.headers, "Accept": "text/event-stream"}
            )
            seen = [await one.run(accepted["run_id"]), await other.run(accepted["run_id"])]
            seen.append([event async for event in frames(sse)])
        assert seen[0] == seen[1] == seen[2] == await stored(accepted["run_id"], chat.headers)

    async def test_what_is_asked_over_http_is_seen_too(self, chat: Chat) -> None:
        session = await chat.session()
        async with socket(session["id"], chat.headers) as tab:
            await tab.next()
            posted = await chat.ask(session["id"], "Hello")
            assert (await tab.next())["run"]["id"] == posted["run_id"]
            first = await tab.run(posted["run_id"])
            again = await chat.ask(session["id"], path=f"/{posted['answer_id']}/regenerate")
            announced = await tab.next()
            assert (announced["run"]["id"], announced["question"]["id"]) == (again["run_id"], posted["message_id"])
            assert len(await tab.run(again["run_id"])) == len(first)

    async def test_one_that_comes_later_sees_the_running_answer_from_its_beginning(
        self, chat: Chat, documents: Any, slow_model: ModelServer
    ) -> None:
        session = await chat.session()
        async with socket(session["id"], chat.headers) as one:
            await one.next()
            await one.send({"type": "message", "text": QUESTION})
            run_id = (await one.next())["run_id"]
            await one.until(lambda frame: frame["type"] == "token")
            async with socket(session["id"], chat.headers) as other:
                shown = await other.next()
                assert [run["id"] for run in shown["runs"]] == [run_id]
                assert [message["text"] for message in shown["messages"]] == [QUESTION]
                await other.until(lambda frame: frame["type"] == "token")
                await other.send({"type": "cancel", "run_id": run_id})
                rest = await other.run(run_id)
            await one.run(run_id)
        assert rest == (await stored(run_id, chat.headers))[-len(rest) :]
        assert rest[-1]["data"]["state"] == "cancelled"

    async def test_what_another_process_answers_is_shown_and_can_be_stopped(
        self, chat: Chat, editor: Membership, documents: Any, slow_model: ModelServer
    ) -> None:
        session = await chat.session()
        owner = {"organization_id": editor.organization_id, "user_id": editor.user_id, "session_id": session["id"]}
        async with socket(session["id"], chat.headers) as tab:
            await tab.next()
            with other_process() as other:
                posted = await in_database(message_post, **owner, text=QUESTION)
                await other.do(posted_begin(posted))
                run_id = str(posted.run.pk)
                assert (await tab.next())["run"]["id"] == run_id
                seen = await tab.until(lambda frame: frame["type"] == "token")
                await tab.send({"type": "cancel"})
                seen += await tab.run(run_id)
                assert slow_model.closed_early.wait(5)
        assert seen == await stored(run_id, chat.headers)
        assert seen[-1]["data"]["state"] == "cancelled"

    async def test_a_deleted_session_closes_every_tab(self, chat: Chat) -> None:
        session = await chat.session()
        async with socket(session["id"], chat.headers) as one, socket(session["id"], chat.headers) as other:
            await chat.call("delete", f"/{session['id']}")
            assert [await one.closed(), await other.closed()] == [4404, 4404]

    async def test_without_the_bell_a_tab_looks_for_itself(self, chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("agents.consumers.chat.LOOK_SECONDS", 0.05)
        monkeypatch.setattr("agents.runs.bell.Bell.ring_session", silent)
        session = await chat.session()
        async with socket(session["id"], chat.headers) as tab:
            await tab.next()
            posted = await chat.ask(session["id"], "Hello")
            assert (await tab.next())["run"]["id"] == posted["run_id"]
            assert (await tab.run(posted["run_id"]))[-1]["data"]["state"] == "succeeded"


async def silent(bell: Any, session_id: str) -> None:
    """A bell that nobody hears."""


class TestResuming:
    async def test_every_event_is_had_once_from_any_point(self, chat: Chat, documents: Any) -> None:
        session = await chat.session()
        posted = await chat.asked(session["id"])
        everything = await stored(posted["run_id"], chat.headers)
        async with socket(session["id"], chat.headers) as tab:
            assert (await tab.next())["runs"] == []
            for after in range(len(everything)):
                await tab.send({"type": "resume", "run_id": posted["run_id"], "after": after})
                assert await tab.run(posted["run_id"]) == everything[after:]
            assert await tab.is_silent()

    async def test_a_running_answer_goes_on_behind_what_was_seen(
        self, chat: Chat, documents: Any, slow_model: ModelServer
    ) -> None:
        session = await chat.session()
        posted = await chat.ask(session["id"])
        async with socket(session["id"], chat.headers) as tab:
            seen = await tab.until(lambda frame: frame["type"] == "token")
            last = seen[-1]["seq"]
            await tab.send({"type": "resume", "run_id": posted["run_id"], "after": last})
            await tab.until(lambda frame: frame.get("seq") == last + 1)
            await tab.send({"type": "cancel"})
            await tab.run(posted["run_id"])

    async def test_only_runs_of_the_session_can_be_resumed(self, chat: Chat) -> None:
        session, other = await chat.session(), await chat.session()
        posted = await chat.asked(other["id"], "Hello")
        async with socket(session["id"], chat.headers) as tab:
            for run_id in (posted["run_id"], session["id"], "nonsense", None, 7):
                frame = {"type": "resume", "run_id": run_id, "after": 0}
                assert (await refused(tab, frame))["code"] == "UNKNOWN_RUN"
            assert (await refused(tab, {"type": "cancel", "run_id": posted["run_id"]}))["code"] == "UNKNOWN_RUN"


class TestApproving:
    """A turn that needs a person's word goes on when a socket says it."""

    @pytest.fixture(autouse=True)
    def asks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(executors._executors, "answer", asks_first)

    async def parked(self, chat: Chat, editor: Membership, settings: Any) -> tuple[str, str]:
        session = await chat.session()
        posted = await chat.ask(session["id"], "Hello")
        await wait_for(Run.objects.filter(pk=posted["run_id"], state="waiting_approval").exists)
        return session["id"], posted["run_id"]

    async def test_the_run_goes_on(self, chat: Chat, editor: Membership, settings: Any) -> None:
        session_id, run_id = await self.parked(chat, editor, settings)
        async with socket(session_id, chat.headers) as tab, socket(session_id, chat.headers) as other:
            assert [run["state"] for run in (await tab.next())["runs"]] == ["waiting_approval"]
            frame = {"type": "approve", "run_id": run_id, "call_id": "call-1", "decision": "approve", "note": "Fine"}
            await tab.send(frame)
            frames_seen = await tab.until(lambda each: each["type"] == "run.finished")
            assert {"type": "decided", "run_id": run_id, "call_id": "call-1", "state": "approved"} in frames_seen
            assert (await other.run(run_id))[-1]["data"]["state"] == "succeeded"
            assert (await refused(tab, frame))["code"] == "APPROVAL_DECIDED"
        call = await in_database(ToolCall.objects.get)
        assert (call.state, call.decided_by_id, call.note) == ("succeeded", editor.user_id, "Fine")
        assert [message["text"] for message in (await chat.read(session_id))["messages"]] == ["Hello", "Done."]

    async def test_what_makes_no_sense_decides_nothing(self, chat: Chat, editor: Membership, settings: Any) -> None:
        session_id, run_id = await self.parked(chat, editor, settings)
        frame = {"type": "approve", "run_id": run_id, "call_id": "call-1", "decision": "approve"}
        unfit = [({"decision": "perhaps"}, "BAD_FRAME"), ({"call_id": 5}, "BAD_FRAME"), ({"note": []}, "BAD_FRAME"),
                 ({"run_id": session_id}, "UNKNOWN_RUN"), ({"call_id": "call-9"}, "NOT_FOUND")]  # fmt: skip
        reader = {"X-API-Key": await in_database(api_key_for, editor, "read")}
        async with socket(session_id, chat.headers) as tab, socket(session_id, reader) as reading:
            for change, code in unfit:
                assert (await refused(tab, {**frame, **change}))["code"] == code
            assert (await refused(reading, frame))["code"] == "FORBIDDEN"
        assert (await in_database(ToolCall.objects.get)).state == "proposed"
        assert (await run_of(run_id)).state == "waiting_approval"


async def asks_first(context: RunContext, outcome: RunOutcome) -> AsyncGenerator[Event, None]:
    """An executor that waits for an approval of one call, then says that it is done."""
    if context.checkpoint is None:
        await in_database(_propose, context.run_id)
        yield Event("tool.call", {"call_id": "call-1", "name": "knowledge.search", "arguments": {}, "effect": "write"})
        outcome.checkpoint = {"asked": True}
        return
    await in_database(ToolCall.objects.filter(run_id=context.run_id, state="approved").update, state="succeeded")
    outcome.output = {"answer": "Done.", "citations": [], "answered": True}
    yield token("Done.")
    yield Event("message", {"text": "Done.", "citations": [], "answered": True, "mode": "extractive"})


def _propose(run_id: str) -> None:
    from datetime import timedelta

    from django.utils import timezone

    ToolCall.objects.create(
        run_id=run_id, call_id="call-1", name="knowledge.search", effect="write", state="proposed", fingerprint="f",
        expires_at=timezone.now() + timedelta(hours=1),
    )  # fmt: skip


class TestFrames:
    async def test_those_without_sense_are_answered_and_change_nothing(self, chat: Chat) -> None:
        session = await chat.session()
        senseless = ["\n", "[", "[" * 9000, "5", "null", '"message"', "{}", {"type": "dance"}, {"type": 5},
                     {"type": "resume"}, {"type": "resume", "run_id": session["id"], "after": -1},
                     {"type": "resume", "run_id": session["id"], "after": True}, "x" * 140_000]  # fmt: skip
        async with socket(session["id"], chat.headers) as tab:
            for frame in senseless:
                assert (await refused(tab, frame))["code"] == "BAD_FRAME", frame
        assert await chat.read(session["id"]) == session

    async def test_messages_that_do_not_fit_are_refused_by_name(self, chat: Chat) -> None:
        session = await chat.session()
        unfit = [
            ({"text": ""}, "VALIDATION_ERROR", "message"), ({"text": "x" * 8001}, "VALIDATION_ERROR", "text"),
            ({"text": "\ud800"}, "VALIDATION_ERROR", "text"), ({"text": "\x00"}, "VALIDATION_ERROR", "text"),
            ({"text": {}}, "VALIDATION_ERROR", "text"), ({"parent_id": session["id"]}, "VALIDATION_ERROR", "parent_id"),
            ({"idempotency_key": "k" * 201}, "VALIDATION_ERROR", "idempotency_key"),
            ({"agent": "nobody"}, "UNKNOWN_AGENT", "agent"),
        ]  # fmt: skip
        async with socket(session["id"], chat.headers) as tab:
            for change, code, field in unfit:
                answer = await refused(tab, {**HELLO, **change})
                assert (answer["code"], list(answer["fields"])) == (code, [field])
                assert answer["detail"]
        assert await chat.read(session["id"]) == session
        assert await in_database(Run.objects.count) == 0

    async def test_the_longest_question_fits(self, chat: Chat) -> None:
        session = await chat.session()
        async with socket(session["id"], chat.headers) as tab:
            await tab.next()
            await tab.send({"type": "message", "text": "\U0001f680" * 8000})
            accepted = await tab.next()
            assert accepted["type"] == "accepted"
            await tab.run(accepted["run_id"])

    async def test_who_sends_without_end_is_cut_off(self, chat: Chat) -> None:
        session = await chat.session()
        async with socket(session["id"], chat.headers) as tab:
            for _ in range(base.FRAMES_IN_A_WINDOW + 1):
                await tab.send({"type": "dance"})
            assert await tab.closed() == 4429

    async def test_questions_count_against_the_chat_limit(self, chat: Chat, settings: Any) -> None:
        settings.RATELIMIT_ENABLE, settings.CHAT_RATE_LIMIT_PER_MINUTE = True, 2
        await in_database(cache.clear)
        session = await chat.session()
        async with socket(session["id"], chat.headers) as tab:
            await tab.next()
            await tab.send(HELLO)
            run = await tab.next()
            await tab.run(run["run_id"])
            over_http = await chat.call("post", f"/{session['id']}/messages", {"message": "Hello"})
            assert (over_http.status_code, over_http["X-RateLimit-Remaining"]) == (202, "0")
            answer = await refused(tab, HELLO)
            assert (answer["code"], "2 requests a minute" in answer["detail"]) == ("RATE_LIMITED", True)
            assert (await chat.call("post", f"/{session['id']}/messages", {"message": "Hello"})).status_code == 429
            await ended(over_http.json()["run_id"])
        assert await in_database(Run.objects.count) == 2


class TestWhoMayOpen:
    async def closed(self, session_id: str, headers: dict[str, str], query: str = "") -> int:
        async with socket(session_id, headers, query) as tab:
            return await tab.closed()

    async def test_strangers_and_others_are_closed_without_a_frame(self, chat: Chat, editor: Membership) -> None:
        session = await chat.session()
        colleague = await in_database(lambda: signed_in_as(member_factory(editor.organization, role="admin")).headers)
        assert await self.closed(session["id"], {}) == 4401
        assert await self.closed(session["id"], {"Authorization": "Bearer nonsense"}) == 4401
        assert await self.closed(session["id"], colleague) == 4404
        assert await self.closed("0f8fad5b-d9cb-469f-a165-70867728950e", chat.headers) == 4404
        await chat.call("delete", f"/{session['id']}")
        assert await self.closed(session["id"], chat.headers) == 4404

    async def test_a_cookie_counts_with_our_origin_alone(self, chat: Chat, editor: Membership, settings: Any) -> None:
        session = await chat.session()
        browser = await in_database(lambda: session_of(editor))
        cookie = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"}
        async with socket(session["id"], {**cookie, "Origin": "http://testserver"}) as tab:
            assert (await tab.next())["id"] == session["id"]
        for origin in ({}, {"Origin": "http://elsewhere.example"}):
            assert await self.closed(session["id"], {**cookie, **origin}) == 4401

    async def test_a_ticket_opens_it_once(self, chat: Chat) -> None:
        session = await chat.session()
        answer = await AsyncClient().post("/api/auth/ws-ticket", headers=chat.headers)
        query = f"?ticket={answer.json()['ticket']}"
        async with socket(session["id"], {}, query) as tab:
            assert (await tab.next())["id"] == session["id"]
        assert await self.closed(session["id"], {}, query) == 4401

    async def test_a_key_that_may_only_read_watches(self, chat: Chat, editor: Membership) -> None:
        session = await chat.session()
        reader = {"X-API-Key": await in_database(api_key_for, editor, "read")}
        async with socket(session["id"], reader) as tab:
            assert (await refused(tab, HELLO))["code"] == "FORBIDDEN"
            posted = await chat.ask(session["id"], "Hello")
            await tab.run(posted["run_id"])
            assert (await refused(tab, {"type": "cancel", "run_id": posted["run_id"]}))["code"] == "FORBIDDEN"
        assert await in_database(Run.objects.count) == 1

    async def test_it_closes_when_the_sign_in_ends(
        self, chat: Chat, editor: Membership, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(base, "IDENTITY_CHECK_SECONDS", 0.05)
        session = await chat.session()
        sign_in, tokens = await in_database(tokens_for, editor.user)
        async with socket(session["id"], {"Authorization": f"Bearer {tokens.access}"}) as tab:
            await tab.next()
            assert await tab.is_silent()
            await in_database(sign_in_end, sign_in_id=sign_in.pk, reason="test")
            assert await tab.closed() == 4408


class TestTheWayOut:
    """A browser that doesn't read holds a bounded number of frames, and no reply waits for it."""

    async def test_events_wait_for_room_and_replies_have_a_bound(self) -> None:
        gate, sent = asyncio.Event(), []

        async def send(text: str) -> None:
            await gate.wait()
            sent.append(text)

        outbox, source = Outbox(send), Source()
        work = asyncio.create_task(outbox.work())

        async def show() -> None:
            for number in range(100):
                await outbox.show(f"event {number}", source)

        showing = asyncio.create_task(show())
        while outbox._room._value:
            await asyncio.sleep(0)
        for number in range(WAITING_REPLIES):
            outbox.reply(f"reply {number}")
        with pytest.raises(OutboxFull):
            outbox.reply("one too many")
        assert outbox._frames.qsize() <= WAITING_EVENTS + WAITING_REPLIES
        assert not showing.done()
        gate.set()
        await showing
        while len(sent) < 100 + WAITING_REPLIES:
            await asyncio.sleep(0)
        assert [text for text in sent if text.startswith("event")] == [f"event {number}" for number in range(100)]
        assert [text for text in sent if text.startswith("reply")] == [f"reply {n}" for n in range(WAITING_REPLIES)]
        work.cancel()

    async def test_what_comes_from_an_ended_source_is_not_sent(self) -> None:
        sent: list[str] = []

        async def send(text: str) -> None:
            sent.append(text)

        outbox, old, new = Outbox(send), Source(), Source()
        await outbox.show("old", old)
        await outbox.show("new", new)
        old.ended = True
        work = asyncio.create_task(outbox.work())
        while not sent:
            await asyncio.sleep(0)
        assert sent == ["new"]
        work.cancel()


async def test_the_run_socket_takes_approvals_too(
    chat: Chat, editor: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.agents.test_run_websocket import socket as run_socket

    monkeypatch.setitem(executors._executors, "answer", asks_first)
    session = await chat.session()
    posted = await chat.ask(session["id"], "Hello")
    await wait_for(Run.objects.filter(pk=posted["run_id"], state="waiting_approval").exists)
    connection = run_socket(posted["run_id"], chat.headers)
    assert (await connection.connect())[0]
    await connection.send_to(json.dumps({"type": "approve", "call_id": "call-1", "decision": "deny"}))
    frame: dict[str, Any] = {}
    while frame.get("type") != "run.finished":
        frame = json.loads(await connection.receive_from(timeout=10))
    await connection.disconnect()
    assert (await in_database(ToolCall.objects.get)).state == "denied"
