from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.asking import ask, last_turn, open_home, text_of, wait_until_answered
from tests.live import LiveAurora

pytestmark = pytest.mark.browser

QUESTION = "How many days of annual leave do I get?"
SENTENCE = "Full-time employees get 25 days of annual leave a year, plus the eight public holidays in England."


def test_a_stranger_asks_and_reads_the_cited_passage_in_its_document(page: Page, live_aurora: LiveAurora) -> None:
    open_home(page, live_aurora)
    page.get_by_role("button", name=QUESTION).click()
    turn = last_turn(page, QUESTION)
    wait_until_answered(turn)
    expect(text_of(turn)).to_contain_text(SENTENCE)
    expect(turn.locator("[data-mode]")).to_have_text("Quoted from documents")
    expect(turn.locator("[data-agent]")).to_contain_text("Welcome agent")

    turn.get_by_role("link", name="Source 1: Annual leave").first.click()
    panel = page.get_by_role("dialog", name="Source document")
    expect(panel.get_by_role("heading", name="Annual leave")).to_be_visible()
    expect(panel.locator("#passage mark").first).to_have_text(SENTENCE)

    panel.get_by_role("link", name="Open as a page").click()
    expect(page).to_have_url(re.compile(r"/documents/[0-9a-f-]{36}\?start=\d+&end=\d+(&mark=\d+-\d+)+#passage$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Annual leave")
    expect(page.locator("#passage mark").first).to_have_text(SENTENCE)
    page.get_by_role("link", name="Source", exact=True).click()
    expect(page.locator("pre #passage mark").first).to_have_text(SENTENCE)


def test_a_question_that_no_document_answers_is_said_to_be_so(page: Page, live_aurora: LiveAurora) -> None:
    open_home(page, live_aurora)
    turn = ask(page, "What is the capital of Peru?")
    wait_until_answered(turn)
    expect(text_of(turn)).to_contain_text("I don't know")
    expect(turn.locator("[data-mode]")).to_have_text("Not in the documents")


def test_several_questions_stay_on_the_page_and_outlive_a_reload(page: Page, live_aurora: LiveAurora) -> None:
    open_home(page, live_aurora)
    wait_until_answered(ask(page, QUESTION))
    wait_until_answered(ask(page, "How do I claim travel expenses?"))
    answers = page.locator(".answer-text").all_inner_texts()
    assert len(answers) == 2 and all(answers)

    page.reload()
    wait_until_answered(last_turn(page, "How do I claim travel expenses?"))
    expect(page.locator(".answer-text")).to_have_text(answers, use_inner_text=True)


def test_keyboard_alone_is_enough(page: Page, live_aurora: LiveAurora) -> None:
    open_home(page, live_aurora)
    expect(page.get_by_label("Your question")).to_be_focused()
    page.keyboard.type(QUESTION)
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("Please be exact.")
    page.keyboard.press("Enter")
    turn = last_turn(page, f"{QUESTION}\nPlease be exact.")
    wait_until_answered(turn)

    marker = turn.get_by_role("link", name="Source 1: Annual leave").first
    for _ in range(30):
        if marker.evaluate("node => node === document.activeElement"):
            break
        page.keyboard.press("Shift+Tab")
    expect(marker).to_be_focused()
    page.keyboard.press("Enter")
    panel = page.get_by_role("dialog", name="Source document")
    expect(panel.locator("#passage mark").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(marker).to_be_focused()


def test_screen_readers_hear_the_answer_once_when_it_is_whole(page: Page, live_aurora: LiveAurora) -> None:
    open_home(page, live_aurora)
    page.evaluate(
        """() => {
            window.heard = [];
            new MutationObserver(() => window.heard.push(document.querySelector("[data-live]").textContent))
                .observe(document.querySelector("[data-live]"), { childList: true });
        }"""
    )
    wait_until_answered(ask(page, QUESTION))
    page.wait_for_function("window.heard.length >= 2")
    heard = page.evaluate("window.heard")
    assert heard[0] == "Your question was sent."
    assert len(heard) == 2 and SENTENCE in heard[1]


def test_a_refused_question_shows_why_and_can_be_asked_again(page: Page, live_aurora: LiveAurora) -> None:
    refusal = {
        "error": "Rate limit exceeded",
        "code": "RATE_LIMITED",
        "detail": "Too many questions.",
        "request_id": "abc12345",
    }
    headers = {"Retry-After": "7", "Content-Type": "application/json"}
    body = json.dumps(refusal)
    page.route("**/chat_api/sessions/*/messages", lambda route: route.fulfill(status=429, headers=headers, body=body))
    open_home(page, live_aurora)
    turn = ask(page, QUESTION)
    expect(turn.locator("[data-notices]")).to_contain_text("Too many questions. You can try again in 7 seconds.")
    expect(turn.locator("[data-notices]")).to_contain_text("Request abc12345")

    page.unroute("**/chat_api/sessions/*/messages")
    turn.get_by_role("button", name="Send again").click()
    expect(text_of(turn)).to_contain_text(SENTENCE)
    expect(turn.locator("[data-notices]")).to_be_empty()


def test_the_chosen_theme_is_kept(page: Page, live_aurora: LiveAurora) -> None:
    page.emulate_media(color_scheme="light")
    open_home(page, live_aurora)
    light = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    page.get_by_role("button", name="Switch to the dark theme").click()
    page.reload()
    dark = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert dark != light
    expect(page.get_by_role("button", name="Switch to the light theme")).to_be_visible()
