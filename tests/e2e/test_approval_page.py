"""Calls that change something wait for a decision, which is made in the conversation."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.asking import ask, open_home, run_id, stored_events, text_of, wait_until_answered
from tests.live import LiveAurora
from tests.model_server import ModelServer, Reply

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("live")]

QUESTION = "Please report the annual leave document as outdated."
NOTE = "<b>The number</b> of days changed."
CALL = Reply(text="", calls=[("knowledge_report_outdated", {"path": "leave.md", "note": NOTE})])


def asked(page: Page, aurora: LiveAurora, model: ModelServer) -> Locator:
    model.script(CALL, "That is how it went.")
    open_home(page, aurora)
    turn = ask(page, QUESTION)
    expect(turn.locator("[data-approval]")).to_be_visible()
    return turn


def results(page: Page, aurora: LiveAurora, turn: Locator) -> list[dict[str, object]]:
    events = stored_events(page, aurora, run_id(turn))
    return [
        event["data"]
        for event in events
        if event["type"] == "tool.result" and event["data"]["name"] == "knowledge.report_outdated"
    ]


def test_what_would_happen_is_said_in_plain_words(page: Page, aurora: LiveAurora, model: ModelServer) -> None:
    turn = asked(page, aurora, model)
    box = turn.locator("[data-approval]")
    expect(box).to_contain_text("Waits for your decision: Knowledge report outdated")
    rows = box.locator(".arguments > div").all_inner_texts()
    assert sorted(re.sub(r"\s+", " ", row) for row in rows) == [f"Note {NOTE}", "Path leave.md"]
    expect(box).to_contain_text("Decide by ")
    expect(page.locator("[data-state]")).to_contain_text("Your decision is needed.")
    expect(page.locator("[data-live]")).to_contain_text("Aurora waits for your decision.")
    assert results(page, aurora, turn) == []
    page.get_by_role("button", name="Stop").click()
    wait_until_answered(turn)


def test_approving_lets_the_call_happen_once(page: Page, aurora: LiveAurora, model: ModelServer) -> None:
    turn = asked(page, aurora, model)
    page.get_by_role("button", name="Decide").click()
    approve = turn.get_by_role("button", name="Approve")
    expect(approve).to_be_focused()
    page.keyboard.press("Enter")
    wait_until_answered(turn)
    expect(text_of(turn)).to_have_text("That is how it went.")
    expect(turn.locator(".step").last).to_contain_text("Approved by ")
    (result,) = results(page, aurora, turn)
    assert result["ok"] is True


def test_denying_with_a_note_keeps_it_from_happening(page: Page, aurora: LiveAurora, model: ModelServer) -> None:
    turn = asked(page, aurora, model)
    turn.get_by_label("Note (optional)").fill("<i>Not</i> yet")
    turn.get_by_role("button", name="Deny").click()
    wait_until_answered(turn)
    expect(turn.locator(".step").last).to_contain_text("Denied by Demo learner: “<i>Not</i> yet”")
    (result,) = results(page, aurora, turn)
    assert (result["ok"], result["decision"]) == (False, "denied")


def test_a_decision_made_elsewhere_shows_without_a_reload(page: Page, aurora: LiveAurora, model: ModelServer) -> None:
    turn = asked(page, aurora, model)
    other = page.context.new_page()
    other.goto(page.url)
    other.get_by_role("button", name="Deny").click()
    wait_until_answered(turn)
    expect(turn.locator("[data-approval]")).to_have_count(0)
    expect(turn.locator(".step").last).to_contain_text("Denied by ")


def test_a_decision_that_came_too_late_is_said_to_be_so(page: Page, aurora: LiveAurora, model: ModelServer) -> None:
    turn = asked(page, aurora, model)
    approvals = f"**/runs/{run_id(turn)}/approvals/*"
    body = '{"error": "Conflict", "code": "APPROVAL_DECIDED", "detail": "It was denied already.", "request_id": "r"}'
    page.route(approvals, lambda route: route.fulfill(status=409, content_type="application/json", body=body))
    turn.get_by_role("button", name="Approve").click()
    expect(turn.get_by_role("alert")).to_have_text("It was denied already.")
    page.unroute(approvals)
    page.reload()
    page.get_by_role("button", name="Deny").click()
    wait_until_answered(page.locator(".turn").last)
