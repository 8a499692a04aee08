"""The list of conversations: search, pages, renaming and deleting, all without scripts."""

from __future__ import annotations

import pytest
from django.test import Client

from agents.chat.models import ChatSession
from agents.runs.models import Run
from aurora_site.accounts.models import Membership
from tests.factories.accounts import member_factory, session_of
from tests.factories.conversations import run_factory, session_factory, turn_factory


@pytest.fixture
def member(transactional_db: None) -> Membership:
    return member_factory()


@pytest.fixture
def browser(member: Membership) -> Client:
    return session_of(member)


def titles(browser: Client, **query: str) -> list[str]:
    return [session.title for session in browser.get("/conversations", query).context["page"]]


def test_without_conversations_the_list_leads_to_asking(browser: Client) -> None:
    answer = browser.get("/conversations")
    assert answer.status_code == 200
    assert "You have not asked anything yet." in answer.content.decode()


def test_own_conversations_are_listed_latest_first(browser: Client, member: Membership) -> None:
    turn_factory(session_factory(member, "older"), "q", "a")
    turn_factory(session_factory(member, "newer"), "q", "a")
    turn_factory(session_factory(member_factory(member.organization), "a colleague's"), "q", "a")
    session_factory(member, "empty")
    assert titles(browser) == ["newer", "older"]


def test_titles_and_messages_are_searched(browser: Client, member: Membership) -> None:
    turn_factory(session_factory(member, "Leave"), "How many days?", "25 days")
    turn_factory(session_factory(member, "Expenses"), "Who pays?", "The company pays 100% of it")
    assert titles(browser, q="leave") == ["Leave"]
    assert titles(browser, q="100%") == ["Expenses"]
    assert titles(browser, q="days") == ["Leave"]
    nothing = browser.get("/conversations", {"q": "<b>zebra"})
    assert "No conversation has “&lt;b&gt;zebra” in its title or messages." in nothing.content.decode()


def test_there_are_thirty_on_a_page(browser: Client, member: Membership) -> None:
    for number in range(31):
        turn_factory(session_factory(member, f"c{number}"), "q", "a")
    first = browser.get("/conversations")
    assert len(first.context["page"]) == 30
    assert '<a href="?q=&amp;page=2" rel="next">Next</a>' in first.content.decode()
    assert titles(browser, page="2") == ["c0"]
    assert titles(browser, page="nonsense")[0] == "c30"


def test_renaming_leads_back_to_where_one_was(browser: Client, member: Membership) -> None:
    session = session_factory(member, "before")
    form = {"title": "  after   it ", "back": "/conversations?q=be&page=1"}
    answer = browser.post(f"/conversations/{session.pk}/rename", form)
    assert (answer.status_code, answer["Location"]) == (302, "/conversations?q=be&page=1")
    session.refresh_from_db()
    assert session.title == "after it"


@pytest.mark.parametrize("title", ["", "   ", "x" * 201, "a\x00b"])
def test_a_title_that_is_none_changes_nothing(browser: Client, member: Membership, title: str) -> None:
    session = session_factory(member, "before")
    browser.post(f"/conversations/{session.pk}/rename", {"title": title})
    assert "Give a title of 1 to 200 characters." in browser.get("/conversations").content.decode()
    session.refresh_from_db()
    assert session.title == "before"


def test_deleting_stops_what_runs_and_hides_the_conversation(browser: Client, member: Membership) -> None:
    session = session_factory(member, "gone")
    run = run_factory(session, Run.State.QUEUED, active_session=session.pk)
    turn_factory(session, "q", "", run=run)
    answer = browser.post(f"/conversations/{session.pk}/delete", {"back": "https://evil.example/"})
    assert (answer.status_code, answer["Location"]) == (302, "/conversations")
    assert titles(browser) == []
    assert browser.get(f"/chat/{session.pk}").status_code == 404
    run.refresh_from_db()
    assert run.state == Run.State.CANCELLED


@pytest.mark.parametrize("action", ["rename", "delete"])
def test_anothers_conversation_cannot_be_changed(browser: Client, member: Membership, action: str) -> None:
    session = session_factory(member_factory(member.organization), "theirs")
    assert browser.post(f"/conversations/{session.pk}/{action}", {"title": "mine"}).status_code == 404
    session.refresh_from_db()
    assert (session.title, session.deleted_at) == ("theirs", None)
    assert ChatSession.objects.for_organization(member.organization_id).count() == 1


@pytest.mark.parametrize("action", ["rename", "delete"])
def test_changes_need_post_and_the_csrf_token(member: Membership, action: str) -> None:
    session = session_factory(member, "mine")
    path = f"/conversations/{session.pk}/{action}"
    assert session_of(member).get(path).status_code == 405
    assert session_of(member, enforce_csrf=True).post(path, {"title": "x"}).status_code == 403
    session.refresh_from_db()
    assert (session.title, session.deleted_at) == ("mine", None)
