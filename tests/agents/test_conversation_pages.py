"""The pages of a conversation as the server draws them."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents.chat.models import ChatSession
from agents.runs.models import Feedback, Run
from agents.runs.tool_models import ToolCall
from aurora_site.accounts.models import Membership
from tests.factories.accounts import member_factory, session_of
from tests.factories.conversations import (
    answer_factory,
    events_factory,
    message_factory,
    run_factory,
    session_factory,
    turn_factory,
)

CITATION = {
    "id": "c1",
    "number": 1,
    "document_id": str(uuid4()),
    "path": "policies/leave.md",
    "title": "Leave",
    "heading": "Leave > How much",
    "text": "Everyone gets 25 days.",
    "quote": "Everyone gets 25 days.",
    "start": 0,
    "end": 22,
    "marks": [[0, 22]],
    "basis": "cited",
}
PART = {"HX-Request": "true"}


@pytest.fixture
def member(db: None) -> Membership:
    return member_factory()


@pytest.fixture
def browser(member: Membership) -> Client:
    return session_of(member)


@pytest.fixture
def session(member: Membership) -> ChatSession:
    return session_factory(member)


def page_of(browser: Client, session: ChatSession) -> str:
    answer = browser.get(f"/chat/{session.pk}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_modules_that_the_page_imports_are_named_ahead(browser: Client) -> None:
    folder = settings.BASE_DIR / "aurora_site/static/aurora/js"
    found, new = set(), {"conversation"}
    while new:
        found |= new
        imports = {
            name for module in new for name in re.findall(r'from "\./(\w+)\.js"', (folder / f"{module}.js").read_text())
        }
        new = imports - found
    html = browser.get("/").content.decode()
    assert set(re.findall(r'rel="modulepreload" href="[^"]*/(\w+)\.js"', html)) == found - {"conversation"}


def test_strangers_are_led_to_sign_in(client: Client, session: ChatSession) -> None:
    for path in ("/", f"/chat/{session.pk}", "/conversations"):
        answer = client.get(path)
        assert (answer.status_code, answer["Location"]) == (302, f"/sign-in?next={path.replace('/', '%2F')}")
    assert client.get(f"/chat/{session.pk}/thread", headers=PART).status_code == 401


def test_asking_begins_without_a_conversation(browser: Client, member: Membership) -> None:
    html = browser.get("/").content.decode()
    assert 'data-session=""' in html
    assert "What would you like to know?" in html
    assert ChatSession.objects.for_organization(member.organization_id).count() == 0


def test_a_finished_turn_can_be_read_without_scripts(browser: Client, session: ChatSession) -> None:
    run = run_factory(
        session,
        mode="llm",
        agent="welcome",
        route={"agent": "welcome", "confidence": 0.87, "reason": "about leave"},
        usage={"model": "gpt-x", "prompt_tokens": 1200, "completion_tokens": 34, "cost_usd": 0.0021},
        output={"answered": True},
    )
    turn_factory(session, "How many days?", "Everyone gets **25** [1].", run=run, citations=[CITATION])
    html = page_of(browser, session)
    assert '<h2 class="question" data-question>How many days?</h2>' in html
    url = f"/documents/{CITATION['document_id']}?start=0&amp;end=22&amp;mark=0-22#passage"
    assert f'Everyone gets <strong>25</strong> <a class="citation" href="{url}"' in html
    assert f'<a class="source" href="{url}">' in html
    assert '<span class="source-heading">How much</span>' in html
    assert "Welcome agent · 0.87" in html and "about leave" in html
    assert ">gpt-x</span>" in html
    assert "1,234 tokens · $0.0021" in html
    assert run.trace_id in html


@pytest.mark.parametrize("path", ["/chat/{}", "/chat/{}/thread"])
def test_anothers_conversation_is_not_found(browser: Client, member: Membership, path: str) -> None:
    colleague = session_factory(member_factory(member.organization))
    stranger = session_factory(member_factory())
    deleted = session_factory(member, deleted_at=timezone.now())
    for session in (colleague, stranger, deleted):
        assert browser.get(path.format(session.pk)).status_code == 404
    assert browser.get(path.format(uuid4())).status_code == 404


def test_everything_from_outside_is_escaped(browser: Client, session: ChatSession) -> None:
    evil = "<script>alert(1)</script>"
    ChatSession.objects.for_organization(session.organization_id).update(title=evil)
    session.refresh_from_db()
    run = run_factory(
        session,
        Run.State.FAILED,
        agent=evil,
        mode="llm",
        route={"agent": evil, "reason": evil, "confidence": 0.5},
        usage={"model": evil, "prompt_tokens": 1, "completion_tokens": 1},
        error={"code": evil, "message": evil, "retryable": True},
    )
    events_factory(
        run,
        ("thought", {"text": evil}),
        ("tool.call", {"call_id": evil, "name": evil, "arguments": {evil: evil}, "effect": "write"}),
        ("tool.result", {"call_id": evil, "name": evil, "ok": True, "summary": evil, "output": evil}),
        ("warning", {"code": "ODD", "message": evil}),
    )
    ToolCall.objects.create(
        run=run, call_id=evil, name=evil, fingerprint="f", effect="write", state="denied", note=evil,
        expires_at=timezone.now(),
    )  # fmt: skip
    citation = {**CITATION, "title": evil, "path": evil, "heading": evil, "quote": evil, "document_id": evil}
    turn_factory(session, evil, evil + " [1]", run=run, citations=[citation])
    Feedback.objects.create(run=run, user_id=session.user_id, rating="down", comment=evil)
    html = page_of(browser, session)
    assert "<script>alert" not in html
    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt;") > 15


def test_reading_takes_the_same_number_of_queries_however_long_it_is(browser: Client, session: ChatSession) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            page_of(browser, session)
        return len(captured)

    turn_factory(session, "one", "1")
    turn_factory(session, "two", "2")
    few = queries()
    for number in range(20):
        answer = turn_factory(session, f"more {number}", "answer", citations=[CITATION])
        events_factory(answer.run, ("thought", {"text": "hm"}))
        Feedback.objects.create(run=answer.run, user_id=session.user_id, rating="up")
    assert queries() == few


def test_an_open_page_learns_of_changes_and_of_nothing_else(browser: Client, session: ChatSession) -> None:
    turn_factory(session, "one", "1")
    first = browser.get(f"/chat/{session.pk}/thread", headers=PART)
    again = browser.get(f"/chat/{session.pk}/thread", headers={**PART, "If-None-Match": first["ETag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert f'data-version="{first["ETag"].strip(chr(34))}"' in first.content.decode()

    run = run_factory(session, Run.State.RUNNING, active_session=session.pk)
    changed = browser.get(f"/chat/{session.pk}/thread", headers={**PART, "If-None-Match": first["ETag"]})
    assert changed.status_code == 200 and changed["ETag"] != first["ETag"]
    Run.objects.for_organization(session.organization_id).filter(pk=run.pk).update(last_seq=50)
    same = browser.get(f"/chat/{session.pk}/thread", headers={**PART, "If-None-Match": changed["ETag"]})
    assert same.status_code == 304


def turns_of(browser: Client, session: ChatSession) -> list[Any]:
    return browser.get(f"/chat/{session.pk}").context["thread"].turns


def test_of_several_versions_one_is_shown_with_its_neighbours(browser: Client, session: ChatSession) -> None:
    first = message_factory(session, "user", "first wording", parent=None)
    old = answer_factory(first, "old")
    anew = answer_factory(first, "anew")
    second = message_factory(session, "user", "second wording", parent=None)
    answer_factory(second, "other")

    (turn,) = turns_of(browser, session)
    assert (turn.question, turn.text, turn.answer_switch) == ("second wording", "other", None)
    switch = turn.question_switch
    assert (switch.number, switch.count, switch.previous, switch.next) == (2, 2, first.pk, None)
    assert '<span class="switch-place">2 of 2</span>' in page_of(browser, session)

    session.head = anew
    session.save()
    (turn,) = turns_of(browser, session)
    assert (turn.question, turn.text) == ("first wording", "anew")
    assert (turn.question_switch.next, turn.answer_switch.previous) == (second.pk, old.pk)
    assert (turn.answer_switch.number, turn.answer_switch.count, turn.answer_switch.next) == (2, 2, None)


def test_failures_say_what_to_do_and_offer_to_ask_again(browser: Client, session: ChatSession) -> None:
    error = {"code": "INTERRUPTED", "message": "The server stopped while it answered.", "retryable": True}
    run = run_factory(session, Run.State.FAILED, error=error)
    turn_factory(session, "why", "half an ans", run=run)
    html = page_of(browser, session)
    assert "The server stopped while it answered." in html
    assert "ask again to get the answer" in html
    assert "half an ans" in html
    assert "data-retry" in html and "data-regenerate>" not in html


def test_a_refusal_that_stays_a_refusal_offers_no_retry(browser: Client, session: ChatSession) -> None:
    error = {"code": "PROVIDER_REFUSED", "message": "The model refuses the key.", "retryable": False}
    turn_factory(session, "why", "", run=run_factory(session, Run.State.FAILED, error=error))
    (turn,) = turns_of(browser, session)
    assert (turn.can_retry, [notice.kind for notice in turn.notices]) == (False, ["error"])


def test_waiting_questions_say_how_many_are_before_them(browser: Client, session: ChatSession) -> None:
    turn_factory(session, "one", "", run=run_factory(session, Run.State.RUNNING, active_session=session.pk))
    turn_factory(session, "two", "", run=run_factory(session, Run.State.QUEUED))
    turn_factory(session, "three", "", run=run_factory(session, Run.State.QUEUED))
    assert [(turn.state, turn.place) for turn in turns_of(browser, session)] == [
        ("running", None), ("queued", 0), ("queued", 1),
    ]  # fmt: skip
    html = page_of(browser, session)
    assert "Waits for its turn; it is next." in html
    assert "Waits for its turn; 1 other question first." in html
    assert html.count("data-interrupt") == 2


def test_tool_calls_show_arguments_results_and_who_decided(browser: Client, session: ChatSession) -> None:
    run = run_factory(session)
    call = {"call_id": "c-1", "name": "knowledge.report_outdated", "arguments": {"path": "a.md", "urgent": True}}
    refused = {"call_id": "c-1", "name": call["name"], "ok": False, "code": "APPROVAL_DENIED"}
    events_factory(
        run,
        ("approval.required", {**call, "summary": "Report a.md", "expires_at": "2030-01-01T00:00:00Z"}),
        ("tool.result", {**refused, "summary": "A person declined this call.", "decision": "denied"}),
    )
    ToolCall.objects.create(
        run=run, call_id="c-1", name=call["name"], arguments=call["arguments"], fingerprint="f", effect="write",
        state="denied", expires_at=timezone.now(), decided_by_id=session.user_id, note="not yet",
    )  # fmt: skip
    turn_factory(session, "report it", "No.", run=run)
    ((step,),) = [turn.doings.steps for turn in turns_of(browser, session)]
    assert (step.title, step.arguments) == ("Knowledge report outdated", [("Path", "a.md"), ("Urgent", "yes")])
    assert (step.failed, step.summary, step.note) == (True, "A person declined this call.", "not yet")
    assert step.decision == f"Denied by {session.user.name or session.user.email}"


def test_of_a_long_conversation_the_last_turns_are_shown(browser: Client, session: ChatSession) -> None:
    for number in range(53):
        turn_factory(session, f"question {number}", "answer")
    shown = browser.get(f"/chat/{session.pk}")
    assert shown.context["thread"].turns[0].question == "question 3"
    assert "Show 3 earlier questions" in shown.content.decode()
    whole = browser.get(f"/chat/{session.pk}?turns=150")
    assert len(whole.context["thread"].turns) == 53


def test_messages_without_a_run_are_readable_too(browser: Client, session: ChatSession) -> None:
    greeting = message_factory(session, "assistant", "Good *morning*.", parent=None)
    message_factory(session, "user", "Hello", parent=greeting)
    first, second = turns_of(browser, session)
    assert (first.question, first.html, first.run_id) == ("", "<p>Good <em>morning</em>.</p>\n", "")
    assert (second.question, second.answer_id) == ("Hello", "")


def test_recent_conversations_are_those_in_which_something_was_said(browser: Client, session: ChatSession) -> None:
    session_factory(member=session.user.memberships.get(), title="Nothing said")
    turn_factory(session, "one", "1")
    html = browser.get("/conversations/recent", {"current": str(session.pk)}, headers=PART).content.decode()
    assert "Leave" in html and "Nothing said" not in html
    assert 'aria-current="page"' in html


def test_what_code_worked_out_is_not_called_quoted(browser: Client, session: ChatSession) -> None:
    question = message_factory(session, "user", "Show my plan", parent=None)
    output = {"answer": "No plan.", "answered": False}
    answer_factory(
        question, "No plan.", run=run_factory(session, agent="skill-navigator", output=output, mode="extractive")
    )
    page = page_of(browser, session)
    assert "Computed" in re.findall(r"data-mode[^>]*>\s*([^<]*?)\s*<", page)
    assert "Not in the documents" not in page
