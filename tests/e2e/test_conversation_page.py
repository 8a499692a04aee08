"""What a reader does with the turns of a conversation."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.asking import ask, last_turn, open_home, run_id, session_id, text_of, wait_until_answered
from tests.live import LiveAurora
from tests.model_server import ModelServer

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("live")]

QUESTION = "How many days of annual leave do I get?"
EDITED = "How many days of annual leave do we get a year?"
OBEYED = "<script>window.obeyed = true</script><img src=x onerror='window.obeyed = true'>"


def answered(page: Page, aurora: LiveAurora, model: ModelServer, *answers: str) -> Locator:
    model.script(*answers)
    open_home(page, aurora)
    turn = ask(page, QUESTION)
    wait_until_answered(turn)
    return turn


def test_an_edited_question_is_a_branch_and_both_can_be_read(
    page: Page, aurora: LiveAurora, model: ModelServer
) -> None:
    turn = answered(page, aurora, model, "Twenty-five.", "Twenty.", "In the portal.")
    turn.get_by_role("button", name="Edit").click()
    box = page.get_by_label("Your question, to be asked anew")
    expect(box).to_be_focused()
    expect(box).to_have_value(QUESTION)
    box.press("Escape")
    expect(turn.get_by_role("button", name="Edit")).to_be_focused()

    page.keyboard.press("Enter")
    box.fill(EDITED)
    page.get_by_role("button", name="Ask this instead").click()
    edited = last_turn(page, EDITED)
    wait_until_answered(edited)
    expect(text_of(edited)).to_have_text("Twenty.")
    wait_until_answered(ask(page, "How do I book annual leave?"))

    versions = page.get_by_role("group", name="Versions of this question")
    expect(versions).to_contain_text("2 of 2")
    expect(versions.get_by_role("button", name="Next version")).to_be_disabled()
    versions.get_by_role("button", name="Previous version").click()
    expect(text_of(last_turn(page, QUESTION))).to_have_text("Twenty-five.")
    expect(page.locator(".turn")).to_have_count(1)
    expect(versions).to_contain_text("1 of 2")

    page.reload()
    expect(text_of(last_turn(page, QUESTION))).to_have_text("Twenty-five.")
    versions.get_by_role("button", name="Next version").click()
    expect(page.locator(".turn")).to_have_count(2)
    expect(text_of(page.locator(".turn").first)).to_have_text("Twenty.")


def test_an_answer_given_anew_stands_beside_the_old_one(page: Page, aurora: LiveAurora, model: ModelServer) -> None:
    turn = answered(page, aurora, model, "Twenty-five.", "Five and twenty.")
    first_run = run_id(turn)
    turn.get_by_role("button", name="Answer anew").click()
    versions = turn.get_by_role("group", name="Versions of this answer")
    expect(versions).to_contain_text("2 of 2")
    wait_until_answered(turn)
    expect(text_of(turn)).to_have_text("Five and twenty.")
    versions.get_by_role("button", name="Previous version").click()
    expect(text_of(turn)).to_have_text("Twenty-five.")
    assert run_id(turn) == first_run


def test_feedback_is_kept_changed_and_taken_back(page: Page, aurora: LiveAurora, model: ModelServer) -> None:
    turn = answered(page, aurora, model)
    run = f"{aurora.url}/api/v1/runs/{run_id(turn)}"
    good, bad = turn.get_by_role("button", name="Good answer"), turn.get_by_role("button", name="Bad answer")
    good.click()
    expect(good).to_have_attribute("aria-pressed", "true")
    bad.click()
    expect(bad).to_have_attribute("aria-pressed", "true")
    expect(good).to_have_attribute("aria-pressed", "false")
    turn.get_by_label("What should we know about it?").fill("It is <b>26</b>.")
    turn.get_by_role("button", name="Send comment").click()
    expect(turn.locator("[data-comment]")).to_be_hidden()
    expect(bad).to_be_focused()
    assert page.request.get(run).json()["feedback"]["comment"] == "It is <b>26</b>."

    page.reload()
    expect(bad).to_have_attribute("aria-pressed", "true")
    bad.click()
    expect(bad).to_have_attribute("aria-pressed", "false")
    assert page.request.get(run).json()["feedback"] is None


def test_copy_gives_the_answer_as_it_was_written_with_its_sources(
    page: Page, aurora: LiveAurora, model: ModelServer
) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    turn = answered(page, aurora, model, "You get **25 days** of annual leave a year [1].")
    turn.get_by_role("button", name="Copy").click()
    expect(turn.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == "You get **25 days** of annual leave a year [1].\n\n[1] Leave (leave.md)"


def test_what_people_and_models_write_is_never_markup(page: Page, aurora: LiveAurora, model: ModelServer) -> None:
    model.script(f"{OBEYED} [x](javascript:window.obeyed=true) 25 days of annual leave a year.")
    open_home(page, aurora)
    question = f"How many days of annual leave? {OBEYED}"
    turn = ask(page, question)
    wait_until_answered(turn)
    expect(turn.get_by_role("heading", level=2)).to_have_text(question)
    expect(text_of(turn)).to_contain_text(OBEYED)
    page.reload()
    expect(text_of(last_turn(page, question))).to_contain_text(OBEYED)
    assert page.locator(".answer-text :is(script, img, a)").count() == 0
    assert page.evaluate("window.obeyed === undefined")


def test_a_conversation_deleted_elsewhere_refuses_in_words(page: Page, aurora: LiveAurora, model: ModelServer) -> None:
    answered(page, aurora, model)
    token = page.locator("meta[name=csrf-token]").get_attribute("content") or ""
    headers = {"X-CSRFToken": token, "Referer": aurora.url}
    page.request.delete(f"{aurora.url}/chat_api/sessions/{session_id(page)}", headers=headers)
    turn = ask(page, "How do I book annual leave?")
    expect(turn.locator(".notice.is-error")).to_contain_text("There is no such chat session.")
    turn.get_by_role("button", name="Discard").click()
    expect(page.locator(".turn")).to_have_count(1)


def test_an_answer_can_be_read_without_scripts(page: Page, aurora: LiveAurora, model: ModelServer) -> None:
    answered(page, aurora, model, "You get 25 days of annual leave a year [1].")
    plain = page.context.browser.new_context(java_script_enabled=False)
    plain.add_cookies(page.context.cookies())
    reader = plain.new_page()
    reader.goto(page.url)
    turn = last_turn(reader, QUESTION)
    expect(text_of(turn)).to_contain_text("You get 25 days of annual leave a year")
    turn.get_by_role("link", name="Source 1: Leave").click()
    expect(reader.get_by_role("heading", level=1)).to_have_text("Leave")
    expect(reader.locator("#passage")).to_contain_text("25 days")
    plain.close()
