"""Questions that found no answer: counted without who asked, listed for editors, asked again, settled."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from agents.embeddings import get_embedder
from agents.knowledge.questions import question_unanswered_note, questions_forget, questions_open
from agents.knowledge.services import document_apply, document_upload
from agents.models import UnansweredQuestion
from agents.retrieval.models import IndexVersion
from agents.runs.database import in_database
from audit.models import Record
from aurora_site.accounts.models import Membership, Role
from tests.agents.chat_client import Chat, in_threads
from tests.factories.accounts import Api, member_factory, session_of, signed_in_as
from tests.model_server import ModelServer

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "retrieval"])

API = "/api/v1/knowledge/questions"
PERU = "What is the capital of Peru?"


@pytest.fixture
def browser(editor: Membership) -> Client:
    return session_of(editor)


def note(member: Membership, question: str, times: int = 1) -> UnansweredQuestion:
    for _ in range(times):
        assert question_unanswered_note(organization_id=member.organization_id, question=question, hits=[])
    return UnansweredQuestion.objects.order_by("-last_asked_at")[0]


def settlements() -> list[dict[str, Any]]:
    rows = Record.objects.filter(event="knowledge.question_settled")
    return [json.loads(bytes(row.body))["data"] for row in rows]


async def kept() -> list[tuple[str, int]]:
    rows = UnansweredQuestion.objects.order_by("question").values_list("question", "times_asked")
    return await in_database(lambda: list(rows))


class TestCounting:
    async def test_a_declined_question_is_kept_with_what_came_near(self, chat: Chat, documents: dict[str, Any]) -> None:
        session = (await chat.session())["id"]
        await chat.asked(session, PERU)
        assert await kept() == [(PERU, 1)]
        question = await in_database(UnansweredQuestion.objects.get)
        assert {near["path"] for near in question.nearest} == set(documents)
        assert {near["document_id"] for near in question.nearest} == {str(each.pk) for each in documents.values()}

    async def test_answers_greetings_and_thanks_are_not_counted(self, chat: Chat, documents: dict[str, Any]) -> None:
        session = (await chat.session())["id"]
        for message in ("Hello!", "How many days of leave do I get?", "Thanks a lot!", "How are you?"):
            await chat.asked(session, message)
        assert await kept() == []

    async def test_a_model_that_finds_no_answer_in_the_passages_counts(
        self, chat: Chat, documents: dict[str, Any], model_server: ModelServer, settings: Any
    ) -> None:
        settings.OPENAI_BASE_URL, settings.AURORA_MODEL = model_server.url, "scripted"
        model_server.script("I don't know: the documents don't say.", "You get 25 days of paid leave a year [1].")
        session = (await chat.session())["id"]
        await chat.asked(session, "How many days of leave do I get after ten years?")
        assert await kept() == [("How many days of leave do I get after ten years?", 1)]
        await chat.asked((await chat.session())["id"], "How many days of leave do I get?")
        assert len(await kept()) == 1

    async def test_a_search_by_words_alone_proves_nothing(self, chat: Chat, documents: dict[str, Any]) -> None:
        await in_database(lambda: IndexVersion.objects.update(embedder="openai:gone"))
        session = (await chat.session())["id"]
        await chat.asked(session, PERU)
        assert "I don't know" in (await chat.texts(session))[-1]
        assert await kept() == []


def test_what_cannot_be_stored_is_logged_and_no_more(caplog: pytest.LogCaptureFixture) -> None:
    assert not question_unanswered_note(organization_id=uuid4(), question=PERU, hits=[])
    assert "was not counted: IntegrityError" in caplog.text
    assert not UnansweredQuestion.objects.exists()


def test_the_same_words_count_as_one_question(editor: Membership) -> None:
    for question in (PERU, "the capital of peru, what is it?", "Peru: capital?"):
        note(editor, question)
    note(editor, "What is the capital of Chile?")
    found = questions_open(editor.organization_id).values_list("question", "times_asked")
    assert list(found) == [(PERU, 3), ("What is the capital of Chile?", 1)]


def test_many_who_ask_at_once_are_all_counted(editor: Membership) -> None:
    organization_id = editor.organization_id
    asked = [lambda: question_unanswered_note(organization_id=organization_id, question=PERU, hits=[])] * 8
    assert in_threads(asked) == [True] * 8
    assert list(questions_open(organization_id).values_list("times_asked", flat=True)) == [8]


def test_nothing_personal_is_kept(editor: Membership) -> None:
    question = note(editor, f"Why was ann@example.org with token: abcdef123456 refused? {'x' * 900}")
    assert "ann@example.org" not in question.question and "abcdef123456" not in question.question
    assert len(question.question) == 500
    columns = {field.name for field in UnansweredQuestion._meta.fields}
    assert not columns & {"user", "actor", "asker", "session", "run"}


@pytest.mark.parametrize("question", ["", "  ", "?!", "what is it?", "how are you"])
def test_what_asks_for_nothing_is_not_kept(editor: Membership, question: str) -> None:
    assert not question_unanswered_note(organization_id=editor.organization_id, question=question, hits=[])
    assert not UnansweredQuestion.objects.exists()


def test_an_answered_question_opens_again_and_a_dismissed_one_stays(editor: Membership, api: Api) -> None:
    for question, state, after in ((PERU, "answered", "open"), ("Who sang Waterloo?", "dismissed", "dismissed")):
        row = note(editor, question)
        assert api.post(f"{API}/{row.pk}/settle", {"state": state}).json()["state"] == state
        note(editor, question)
        row.refresh_from_db()
        assert (row.state, row.times_asked) == (after, 2)


def test_what_nobody_asks_for_a_year_is_forgotten(editor: Membership) -> None:
    note(editor, PERU)
    old = note(editor, "Who sang Waterloo?")
    UnansweredQuestion.objects.filter(pk=old.pk).update(last_asked_at="2020-01-01T00:00:00Z")
    assert questions_forget() == 1
    assert [row.question for row in questions_open(editor.organization_id)] == [PERU]


class TestPage:
    def test_lists_the_most_asked_first_and_escapes_them(self, browser: Client, editor: Membership) -> None:
        note(editor, "Where is <b>the</b> printer?")
        note(editor, PERU, times=3)
        page = browser.get("/knowledge/questions")
        assert [row.times_asked for row in page.context["page"]] == [3, 1]
        text = page.content.decode()
        assert "asked 3 times" in text and "asked once" in text
        assert "&lt;b&gt;the&lt;/b&gt;" in text and "<b>the</b>" not in text

    def test_a_question_is_settled_once_and_opened_again(self, browser: Client, editor: Membership) -> None:
        row = note(editor, PERU)
        address = f"/knowledge/questions/{row.pk}/settle"
        answer = browser.post(address, {"state": "dismissed", "back": "open"})
        assert (answer.status_code, answer["Location"]) == (302, "/knowledge/questions?state=open")
        browser.post(address, {"state": "dismissed"})
        row.refresh_from_db()
        assert (row.state, row.settled_by_id) == ("dismissed", editor.user_id) and row.settled_at is not None
        assert settlements() == [{"state": "dismissed"}]
        assert [each.pk for each in browser.get("/knowledge/questions?state=dismissed").context["page"]] == [row.pk]
        browser.post(address, {"state": "open"})
        row.refresh_from_db()
        assert (row.state, row.settled_at, row.settled_by_id) == ("open", None, None)
        browser.post(address, {"state": "nonsense"})
        row.refresh_from_db()
        assert row.state == "open" and len(settlements()) == 2

    def test_asking_again_finds_what_came_in_meanwhile(
        self, browser: Client, editor: Membership, documents: dict[str, Any]
    ) -> None:
        row = note(editor, "When does the car park open?")
        assert "Still not found" in browser.get(f"/knowledge/questions/{row.pk}").content.decode()
        document = document_upload(
            organization=editor.organization, actor=editor.user, filename="parking.md",
            content=b"# Parking\n\nThe car park opens at seven in the morning.",
        )  # fmt: skip
        document_apply(document_id=str(document.pk))
        IndexVersion.objects.update(embedder="openai:gone")
        assert (
            "It can&#x27;t be told now. Searched by words alone"
            in browser.get(f"/knowledge/questions/{note(editor, PERU).pk}").content.decode()
        )
        IndexVersion.objects.update(embedder=get_embedder().name)
        part = browser.get(f"/knowledge/questions/{row.pk}", headers={"HX-Request": "true"}).content.decode()
        assert "It is found now" in part and f"/documents/{document.pk}?start=" in part
        assert "<html" not in part

    def test_viewers_may_not_and_others_find_nothing(self, editor: Membership) -> None:
        row = note(editor, PERU)
        viewer = session_of(member_factory(editor.organization, Role.VIEWER))
        other = session_of(member_factory(role=Role.ADMIN))
        for client, status in ((viewer, 403), (other, 404)):
            assert client.get(f"/knowledge/questions/{row.pk}").status_code == status
            assert client.post(f"/knowledge/questions/{row.pk}/settle", {"state": "answered"}).status_code == status
        assert viewer.get("/knowledge/questions").status_code == 403
        assert list(other.get("/knowledge/questions").context["page"]) == []
        row.refresh_from_db()
        assert row.state == "open" and settlements() == []


class TestApi:
    def test_lists_and_settles(self, api: Api, editor: Membership) -> None:
        row = note(editor, PERU, times=2)
        listed = api.get(API).json()
        assert listed["total"] == 1
        assert (listed["questions"][0]["question"], listed["questions"][0]["times_asked"]) == (PERU, 2)
        assert api.post(f"{API}/{row.pk}/settle", {"state": "answered"}).json()["state"] == "answered"
        assert api.post(f"{API}/{row.pk}/settle", {"state": "answered"}).status_code == 200
        assert settlements() == [{"state": "answered"}]
        assert api.get(API).json()["total"] == 0
        assert api.get(f"{API}?state=answered").json()["total"] == 1

    def test_wrong_states_are_named(self, api: Api, editor: Membership) -> None:
        row = note(editor, PERU)
        assert list(api.get(f"{API}?state=x").json()["fields"]) == ["state"]
        answer = api.post(f"{API}/{row.pk}/settle", {"state": "x"})
        assert (answer.status_code, list(answer.json()["fields"])) == (400, ["state"])

    def test_viewers_may_not_and_others_find_nothing(self, editor: Membership) -> None:
        row = note(editor, PERU)
        viewer = signed_in_as(member_factory(editor.organization, Role.VIEWER))
        other = signed_in_as(member_factory(role=Role.ADMIN))
        assert viewer.get(API).status_code == 403
        assert viewer.post(f"{API}/{row.pk}/settle", {"state": "answered"}).status_code == 403
        assert other.get(API).json()["total"] == 0
        assert other.post(f"{API}/{row.pk}/settle", {"state": "answered"}).status_code == 404
        row.refresh_from_db()
        assert row.state == "open"
