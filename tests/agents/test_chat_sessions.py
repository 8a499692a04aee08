"""Chat sessions over REST: made, listed, searched, read in pages, changed, deleted; and nobody else's business."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

import pytest

from agents.chat.selectors import session_in_full, sessions_as_json, sessions_of
from agents.chat.services import MAXIMUM_MESSAGES, session_create
from agents.models import ChatSession, Message, Run
from agents.runs.database import in_database
from audit.models import Record
from aurora_site.accounts.models import Membership
from aurora_site.accounts.services.installation import demo_learner_ensure
from tests.agents.chat_client import Chat
from tests.factories.accounts import Api, api_key_for, member_factory, signed_in_as

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "retrieval"])

TALK = [
    {"sender": "user", "text": "Deploy my app to GKE", "timestamp": "2024-03-01T10:00:00Z"},
    {"sender": "assistant", "text": "I'll help you deploy to GKE.", "timestamp": "2024-03-01T10:00:05Z"},
]
MORE = [{"sender": "user", "text": "Which region?"}, {"sender": "assistant", "text": "europe-west4."}]


def events() -> list[str]:
    return [
        event for event in Record.objects.order_by("at").values_list("event", flat=True) if event.startswith("chat")
    ]


async def test_a_session_is_made_and_read_as_the_interface_prints_it(chat: Chat) -> None:
    ui_state = {"selectedModel": "anthropic/claude-3.5-sonnet", "selectedMode": "agent"}
    made = await chat.call("post", "", {"title": "Deploy to GKE", "messages": TALK, "ui_state": ui_state})
    assert made.status_code == 201
    session = made.json()
    assert (session["title"], session["status"], session["ui_state"]) == ("Deploy to GKE", "active", ui_state)
    assert session["message_count"] == 2
    shown = [{name: message[name] for name in ("sender", "text", "timestamp")} for message in session["messages"]]
    assert shown == TALK
    assert session["created_at"].endswith("Z") and datetime.fromisoformat(session["created_at"])
    first, last = session["messages"]
    assert (first["parent_id"], last["parent_id"], session["head"]) == (None, first["id"], last["id"])
    assert (last["siblings"], last["run_id"], last["feedback"]) == ([last["id"]], None, None)
    for slash in ("", "/"):
        assert await chat.read(session["id"], slash) == session
    assert await in_database(events) == ["chat.session_created"]


async def test_an_empty_session_has_a_title_and_no_head(chat: Chat) -> None:
    session = await chat.session()
    assert (session["title"], session["messages"], session["head"], session["runs"]) == ("New Chat", [], None, [])
    named = await chat.session(messages=[{"sender": "user", "text": "How  do\nI " + "x" * 90}])
    assert named["title"] == "How do I " + "x" * 41


UNFIT = [
    ({"title": 5}, "title", "Give text."),
    ({"title": "x" * 201}, "title", "no more than 200 characters"),
    ({"messages": [{"sender": "system", "text": "x"}]}, "messages[0].sender", "not a valid choice"),
    ({"messages": [{"sender": "user", "text": "x" * 100_001}]}, "messages[0].text", "no more than 100000"),
    ({"messages": [{**TALK[0], "timestamp": "1969-12-31T23:59:59Z"}]}, "messages[0].timestamp", "after 1970"),
    ({"messages": [{**TALK[0], "timestamp": "0001-01-01T00:00:00+14:00"}]}, "messages[0].timestamp", "out of range"),
    ({"messages": [TALK[0]] * 501}, "messages", "no more than 500 elements"),
    ({"messages": "none"}, "messages", "Expected a list"),
    ({"ui_state": []}, "ui_state", "Expected a dictionary"),
    ({"ui_state": {"x": "é" * 8192}}, "ui_state", "at most 16,384 bytes of JSON; these are 16,393"),
    ({"ui_state": {"a": [[[[[[[[[[[[]]]]]]]]]]]]}}, "ui_state", "Nest at most 12"),
    ({"ui_state": {"x": "\x00"}}, "ui_state.x", "Null characters"),
]


async def test_what_does_not_fit_is_refused_by_name(chat: Chat) -> None:
    for body, field, says in UNFIT:
        answer = await chat.call("post", "", body)
        assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")
        assert says in " ".join(answer.json()["fields"][field])
    assert await in_database(ChatSession.objects.count) == 0


async def test_numbers_without_end_are_refused(chat: Chat) -> None:
    answer = await chat.call("post", "", '{"ui_state": {"x": 1e999}}')
    assert answer.json()["fields"] == {"ui_state": ["Numbers must be finite."]}


class TestList:
    async def test_it_pages_and_counts(self, chat: Chat) -> None:
        ids = [(await chat.session(title=f"Session {number}"))["id"] for number in range(5)]
        whole = (await chat.call("get", "")).json()
        assert [session["id"] for session in whole["sessions"]] == ids[::-1]
        assert whole["total"] == 5
        page = (await chat.call("get", "?limit=2&offset=1")).json()
        assert ([session["id"] for session in page["sessions"]], page["total"]) == ([ids[3], ids[2]], 5)
        assert set(whole["sessions"][0]) == {
            "id", "title", "created_at", "updated_at", "message_count", "status", "ui_state",
        }  # fmt: skip

    async def test_parameters_out_of_range_are_refused(self, chat: Chat) -> None:
        for query in ("limit=0", "limit=101", "offset=-1", "limit=x", "status=happy", "q=" + "x" * 201):
            answer = await chat.call("get", f"?{query}")
            assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")
            assert list(answer.json()["fields"]) == [query.partition("=")[0]]

    async def test_it_searches_titles_and_everything_said(self, chat: Chat) -> None:
        titled = await chat.session(title="Rollout Überblick")
        said = await chat.session(title="Other", messages=TALK)
        await chat.session(title="100 percent")

        async def found(text: str) -> list[str]:
            return [session["id"] for session in (await chat.call("get", f"?q={text}")).json()["sessions"]]

        assert await found("rollout") == [titled["id"]]
        assert await found("überBLICK") == [titled["id"]]
        assert await found("HELP YOU deploy") == [said["id"]]
        assert await found("%25") == await found("nowhere") == []
        assert len(await found("")) == 3

    async def test_it_filters_by_status(self, chat: Chat) -> None:
        failed = await chat.session()
        await chat.session()
        await in_database(ChatSession.objects.filter(pk=failed["id"]).update, status="failed")
        answer = (await chat.call("get", "?status=failed")).json()
        assert ([session["id"] for session in answer["sessions"]], answer["total"]) == ([failed["id"]], 1)


class TestIsolation:
    """A session is its owner's alone: to everybody else it isn't there, on any route."""

    ROUTES = [
        ("get", ""), ("put", ""), ("delete", ""), ("get", "/status"), ("get", "/messages"), ("post", "/messages"),
        ("post", "/messages/{message}/edit"), ("post", "/messages/{message}/regenerate"),
    ]  # fmt: skip

    def routes(self, session: dict[str, Any]) -> list[tuple[str, str]]:
        message = session["messages"][0]["id"]
        return [(method, f"/{session['id']}{path}".format(message=message)) for method, path in self.ROUTES]

    async def test_others_get_404(self, chat: Chat, editor: Membership) -> None:
        session = await chat.session(messages=TALK)
        colleague = await in_database(lambda: signed_in_as(member_factory(editor.organization, role="admin")).headers)
        outsider = await in_database(lambda: signed_in_as(member_factory(role="admin")).headers)
        for headers in (colleague, outsider):
            for method, path in self.routes(session):
                answer = await Chat(headers).call(method, path, {"message": "Hello", "title": "Mine"})
                assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND"), (method, path)
            assert (await Chat(headers).call("get", "")).json() == {"sessions": [], "total": 0}
        assert await chat.read(session["id"]) == session
        assert await in_database(Run.objects.count) == 0

    async def test_a_deleted_session_is_gone(self, chat: Chat) -> None:
        session = await chat.session(messages=TALK)
        deleted = await chat.call("delete", f"/{session['id']}")
        assert (deleted.status_code, deleted.json()) == (200, {"message": "Chat session deleted successfully"})
        for method, path in self.routes(session):
            answer = await chat.call(method, path, {"message": "Hello"})
            assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND"), (method, path)
        assert (await chat.call("get", "")).json()["total"] == 0
        assert await in_database(Message.objects.count) == 2
        assert await in_database(events) == ["chat.session_created", "chat.session_deleted"]

    async def test_unknown_sessions_and_messages_are_404(self, chat: Chat) -> None:
        session = await chat.session(messages=TALK)
        other = await chat.session(messages=TALK)
        unknown = uuid.uuid4()
        assert (await chat.call("get", f"/{unknown}")).status_code == 404
        for message in (unknown, other["messages"][0]["id"]):
            answer = await chat.call("post", f"/{session['id']}/messages/{message}/edit", {"message": "Hello"})
            assert (answer.status_code, answer.json()["detail"]) == (404, "There is no such message in this session.")
        assert await in_database(Run.objects.count) == 0

    async def test_a_key_that_may_only_read_reads(self, chat: Chat, editor: Membership) -> None:
        session = await chat.session(messages=TALK)
        reader = Chat({"X-API-Key": await in_database(api_key_for, editor, "read")})
        assert await reader.read(session["id"]) == session
        for method, path in (("put", ""), ("delete", ""), ("post", "/messages")):
            answer = await reader.call(method, f"/{session['id']}{path}", {"message": "Hello", "title": "X"})
            assert (answer.status_code, answer.json()["code"]) == (403, "SCOPE_MISSING")
        assert await chat.read(session["id"]) == session


async def test_a_visitor_of_the_demo_chats_as_its_learner(editor: Membership, settings: Any) -> None:
    settings.AURORA_ENV, settings.AURORA_DEMO = "development", True
    await in_database(demo_learner_ensure, organization=editor.organization)
    visitor = Chat({})
    session = await visitor.session()
    await visitor.asked(session["id"], "Hello")
    assert [message["sender"] for message in (await visitor.read(session["id"]))["messages"]] == ["user", "assistant"]
    assert (await visitor.call("put", f"/{session['id']}", {"title": "Mine"})).status_code == 200
    for headers in ({"X-Forwarded-For": "127.0.0.1"}, {"X-User-ID": "user_nobody"}):
        assert (await Chat(headers).call("get", f"/{session['id']}")).status_code == 401
    assert (await visitor.call("delete", f"/{session['id']}")).status_code == 200


class TestChange:
    async def test_only_what_is_given_changes(self, chat: Chat) -> None:
        session = await chat.session(title="Before", messages=TALK, ui_state={"a": 1})
        renamed = (await chat.call("put", f"/{session['id']}/", {"title": "  After "})).json()
        assert (renamed["title"], renamed["ui_state"], renamed["messages"]) == ("After", {"a": 1}, session["messages"])
        assert renamed["updated_at"] > session["updated_at"]
        kept = (await chat.call("put", f"/{session['id']}", {"ui_state": {}})).json()
        assert (kept["title"], kept["ui_state"]) == ("After", {})
        assert await chat.read(session["id"]) == kept
        same = (await chat.call("put", f"/{session['id']}", {})).json()
        assert same == kept
        records = await in_database(events)
        assert records == ["chat.session_created", "chat.session_updated", "chat.session_updated"]

    async def test_what_makes_no_sense_changes_nothing(self, chat: Chat) -> None:
        session = await chat.session(messages=TALK)
        unknown = str(uuid.uuid4())
        unfit = [
            ({"title": " "}, "title"), ({"title": None}, "title"), ({"head": "x"}, "head"), ({"head": unknown}, "head"),
            ({"messages": [], "head": session["head"]}, "head"), ({"title": "New", "head": unknown}, "head"),
        ]  # fmt: skip
        for body, field in unfit:
            answer = await chat.call("put", f"/{session['id']}", body)
            assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
        assert await chat.read(session["id"]) == session

    async def test_messages_given_anew_become_a_branch(self, chat: Chat) -> None:
        session = await chat.session(messages=[*TALK, *MORE])
        changed = [*TALK, {"sender": "user", "text": "Which zone?"}]
        answer = (await chat.call("put", f"/{session['id']}", {"messages": changed})).json()
        assert [message["text"] for message in answer["messages"]] == [message["text"] for message in changed]
        assert answer["messages"][:2] == session["messages"][:2]
        assert answer["message_count"] == 3
        asked, again = session["messages"][2]["id"], answer["messages"][2]["id"]
        assert answer["messages"][2]["siblings"] == [asked, again]
        back = (await chat.call("put", f"/{session['id']}", {"head": asked})).json()
        assert [message["id"] for message in back["messages"]] == [message["id"] for message in session["messages"]]
        assert back["head"] == session["head"]

    async def test_the_same_messages_given_again_add_nothing(self, chat: Chat) -> None:
        session = await chat.session(messages=[*TALK, *MORE])
        for _ in range(2):
            answer = (await chat.call("put", f"/{session['id']}", {"messages": [*TALK, *MORE]})).json()
            assert answer["messages"] == session["messages"]
        longer = [*TALK, *MORE, {"sender": "user", "text": "Thanks"}]
        await chat.call("put", f"/{session['id']}", {"messages": longer})
        assert await in_database(Message.objects.count) == 5

    async def test_a_conversation_can_be_cut_and_emptied(self, chat: Chat) -> None:
        session = await chat.session(messages=[*TALK, *MORE])
        cut = (await chat.call("put", f"/{session['id']}", {"messages": TALK})).json()
        assert cut["messages"] == session["messages"][:2]
        empty = (await chat.call("put", f"/{session['id']}", {"messages": []})).json()
        assert (empty["messages"], empty["head"], empty["message_count"]) == ([], None, 0)
        assert await in_database(Message.objects.count) == 4

    async def test_a_session_does_not_grow_without_end(self, chat: Chat) -> None:
        session = await chat.session(messages=TALK)
        await in_database(
            Message.objects.filter(session_id=session["id"], position=2).update, position=MAXIMUM_MESSAGES - 1
        )
        before = await chat.read(session["id"])
        refused = await chat.call("put", f"/{session['id']}", {"messages": [*TALK, *MORE]})
        assert (refused.status_code, refused.json()["code"]) == (409, "SESSION_FULL")
        refused = await chat.call("post", f"/{session['id']}/messages", {"message": "Hello"})
        assert (refused.status_code, refused.json()["code"]) == (409, "SESSION_FULL")
        assert "Start a new one" in refused.json()["detail"]
        assert await chat.read(session["id"]) == before
        assert await in_database(Run.objects.count) == 0


class TestLongSessions:
    async def test_they_are_read_in_pages_from_the_end(self, chat: Chat) -> None:
        said = [{"sender": ("user", "assistant")[number % 2], "text": f"{number}"} for number in range(25)]
        session = await chat.session(messages=said)
        query, texts = "?limit=10", []
        for _ in range(3):
            page = await chat.read(session["id"], query)
            assert (page["message_count"], page["head"]) == (25, session["head"])
            texts = [message["text"] for message in page["messages"]] + texts
            query = f"?limit=10&before={page['previous_before']}"
        assert page["previous_before"] is None
        assert texts == [str(number) for number in range(25)]

    async def test_parameters_out_of_range_are_refused(self, chat: Chat) -> None:
        session = await chat.session()
        for query in ("?before=0", "?limit=501", "?before=x", "/messages?after=-1", "/messages?limit=0"):
            assert (await chat.call("get", f"/{session['id']}{query}")).status_code == 400

    async def test_pollers_get_every_message_once(self, chat: Chat) -> None:
        said = [{"sender": ("user", "assistant")[number % 2], "text": f"{number}"} for number in range(5)]
        session = await chat.session(messages=said)
        texts, after = [], 0
        for expected in (2, 2, 1, 0):
            part = (await chat.call("get", f"/{session['id']}/messages?after={after}&limit=2")).json()
            assert set(part) == {"session_id", "status", "messages", "next_after"}
            assert len(part["messages"]) == expected
            texts, after = texts + [message["text"] for message in part["messages"]], part["next_after"]
        assert texts == ["0", "1", "2", "3", "4"]
        assert (await chat.call("get", f"/{session['id']}/status")).json() == {"status": "active", "message_count": 5}


class TestCost:
    """The number of queries doesn't grow with what there is."""

    def filled(self, editor: Membership, sessions: int, messages: int) -> None:
        said = [{"sender": ("user", "assistant")[number % 2], "text": "Hello"} for number in range(messages)]
        for _ in range(sessions):
            session_create(organization_id=editor.organization_id, user_id=editor.user_id, messages=said)

    @pytest.mark.parametrize(("sessions", "messages"), [(1, 1), (30, 20)])
    def test_lists(self, editor: Membership, django_assert_num_queries: Any, sessions: int, messages: int) -> None:
        self.filled(editor, sessions, messages)
        with django_assert_num_queries(2):
            listed = sessions_as_json(list(sessions_of(editor.organization_id, editor.user_id, text="hello")))
        assert [session["message_count"] for session in listed] == [messages] * sessions

    @pytest.mark.parametrize("messages", [1, 400])
    def test_a_session(self, editor: Membership, django_assert_num_queries: Any, messages: int) -> None:
        self.filled(editor, 1, messages)
        session = ChatSession.objects.get()
        with django_assert_num_queries(3):
            shown = session_in_full(session, user_id=editor.user_id)
        assert len(shown["messages"]) == messages

    def test_the_list_over_http(self, editor: Membership, api: Api, django_assert_max_num_queries: Any) -> None:
        self.filled(editor, 20, 6)
        with django_assert_max_num_queries(9):
            assert api.get("/chat_api/sessions").json()["total"] == 20
