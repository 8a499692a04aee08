"""A conversation's page over a language model that writes for a long time."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.asking import (
    ask,
    last_turn,
    open_home,
    run_id,
    session_id,
    stored_events,
    stored_text,
    text_of,
    wait_until_answered,
    words_of,
)
from tests.e2e.cutting_proxy import cutting_proxy
from tests.live import LiveAurora
from tests.model_server import ModelServer, Reply

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("live")]

QUESTION = "How many days of annual leave do I get?"
NEXT_QUESTION = "How do I book annual leave?"


def long_answer(words: int, milliseconds: int) -> Reply:
    return Reply(model=f"words-{words}-{milliseconds}")


def expected_words(count: int) -> list[str]:
    return [f"word{number}" for number in range(count)]


def state_of(page: Page, aurora: LiveAurora, run: str) -> str:
    return str(page.request.get(f"{aurora.url}/api/v1/runs/{run}").json()["state"])


def test_the_first_question_makes_a_conversation_without_a_reload(
    page: Page, aurora: LiveAurora, model: ModelServer
) -> None:
    open_home(page, aurora)
    page.evaluate("window.stayed = true")
    turn = ask(page, QUESTION)
    wait_until_answered(turn)
    assert page.evaluate("window.stayed") is True
    expect(
        page.get_by_role("navigation", name="Conversations").get_by_role("link", name=QUESTION).first
    ).to_have_attribute("aria-current", "page")
    expect(page).to_have_title(f"{QUESTION} · Aurora")
    expect(page.get_by_label("Your question", exact=True)).to_be_focused()
    page.reload()
    expect(page).to_have_title(f"{QUESTION} · Aurora")
    expect(text_of(last_turn(page, QUESTION))).to_have_text("You get 25 days of paid leave a year 1.")


def test_a_reload_in_the_middle_resumes_the_same_answer(page: Page, aurora: LiveAurora, model: ModelServer) -> None:
    model.script(long_answer(150, 30))
    open_home(page, aurora)
    turn = ask(page, QUESTION)
    expect(text_of(turn)).to_contain_text("word20 ")
    run = run_id(turn)
    page.reload()
    turn = last_turn(page, QUESTION)
    assert run_id(turn) == run
    expect(text_of(turn)).to_contain_text("word30 ")
    assert words_of(turn)[:30] == expected_words(30)
    wait_until_answered(turn)
    assert words_of(turn) == expected_words(150) == stored_text(page, aurora, run).split()
    assert run_id(turn) == run


def test_a_second_tab_shows_the_same_answer_as_it_is_written(
    page: Page, aurora: LiveAurora, model: ModelServer
) -> None:
    model.script(long_answer(200, 30))
    open_home(page, aurora)
    turn = ask(page, QUESTION)
    expect(text_of(turn)).to_contain_text("word10 ")
    run = run_id(turn)
    other = page.context.new_page()
    other.goto(page.url)
    other_turn = last_turn(other, QUESTION)
    expect(text_of(other_turn)).to_contain_text("word40 ")
    expect(other_turn).to_have_attribute("data-open", "")
    wait_until_answered(turn)
    wait_until_answered(other_turn)
    assert words_of(turn) == words_of(other_turn) == expected_words(200)
    assert run_id(other_turn) == run

    other_question = ask(other, NEXT_QUESTION)
    wait_until_answered(other_question)
    wait_until_answered(last_turn(page, NEXT_QUESTION))
    assert page.locator(".turn").count() == 2


def test_a_question_asked_on_another_device_appears(page: Page, aurora: LiveAurora, browser: Browser) -> None:
    open_home(page, aurora)
    wait_until_answered(ask(page, QUESTION))
    elsewhere = browser.new_context()
    device = elsewhere.new_page()
    device.goto(aurora.url + "/")
    device.goto(page.url)
    wait_until_answered(ask(device, NEXT_QUESTION))
    wait_until_answered(last_turn(page, NEXT_QUESTION))
    elsewhere.close()


def test_stop_ends_the_answer_and_the_call_of_the_model(page: Page, aurora: LiveAurora, model: ModelServer) -> None:
    model.closed_early.clear()
    model.script(long_answer(2000, 20))
    open_home(page, aurora)
    turn = ask(page, QUESTION)
    expect(text_of(turn)).to_contain_text("word20 ")
    run = run_id(turn)
    page.get_by_role("button", name="Stop").focus()
    page.keyboard.press("Enter")
    wait_until_answered(turn)
    expect(turn.locator("[data-notices]")).to_contain_text("Stopped.")
    words = words_of(turn)
    assert len(words) > 20 and words == expected_words(len(words))
    assert words == stored_text(page, aurora, run).split()
    expect(turn.get_by_role("button", name="Ask again")).to_be_visible()
    expect(page.get_by_role("button", name="Stop")).to_be_hidden()
    expect(page.get_by_label("Your question", exact=True)).to_be_focused()
    assert model.closed_early.wait(5)
    assert state_of(page, aurora, run) == "cancelled"


def test_a_stream_that_breaks_off_fifty_times_loses_and_doubles_nothing(
    shaky_page: Page, aurora: LiveAurora, model: ModelServer
) -> None:
    model.script(long_answer(20_000, 20))
    with cutting_proxy(aurora.port, cuts=50) as proxy:
        shaky_page.goto(proxy.url + "/")
        turn = ask(shaky_page, QUESTION)
        run = run_id(turn)
        assert proxy.all_cut.wait(200)
        reached = int(words_of(turn)[-1].removeprefix("word")) + 100
        expect(text_of(turn)).to_contain_text(f"word{reached} ")
        shown = words_of(turn)
        assert shown == expected_words(len(shown))
        shaky_page.get_by_role("button", name="Stop").click()
        wait_until_answered(turn)
        assert words_of(turn) == stored_text(shaky_page, aurora, run).split()
    events = stored_events(shaky_page, aurora, run)
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))


def test_nothing_is_lost_or_doubled_while_it_streams_either(
    shaky_page: Page, aurora: LiveAurora, model: ModelServer
) -> None:
    model.script(long_answer(400, 20))
    with cutting_proxy(aurora.port, cuts=10, seed=2) as proxy:
        shaky_page.goto(proxy.url + "/")
        turn = ask(shaky_page, QUESTION)
        for mark in (50, 150, 250, 350):
            expect(text_of(turn)).to_contain_text(f"word{mark} ")
            words = words_of(turn)
            assert words == expected_words(len(words))
        expect(turn).to_have_attribute("data-open", "")


def test_a_lost_connection_is_said_and_mended(shaky_page: Page, aurora: LiveAurora, model: ModelServer) -> None:
    model.script(long_answer(300, 20))
    with cutting_proxy(aurora.port, cuts=0) as proxy:
        shaky_page.goto(proxy.url + "/")
        turn = ask(shaky_page, QUESTION)
        expect(text_of(turn)).to_contain_text("word20 ")
        proxy.down.set()
        expect(turn.locator("[data-progress]")).to_have_text("Connection lost. Trying again…")
        proxy.down.clear()
        wait_until_answered(turn)
        assert words_of(turn) == expected_words(300)
        expect(turn.locator(".notice.is-error")).to_have_count(0)


def test_a_question_asked_meanwhile_waits_for_its_turn(page: Page, aurora: LiveAurora, model: ModelServer) -> None:
    model.script(long_answer(200, 20), "Book it in the portal.")
    open_home(page, aurora)
    first = ask(page, QUESTION)
    expect(text_of(first)).to_contain_text("word5 ")
    second = ask(page, NEXT_QUESTION)
    expect(second).to_contain_text("Waits for its turn; it is next.")
    expect(page.locator("[data-state]")).to_contain_text("1 question in line.")
    wait_until_answered(second)
    expect(text_of(second)).to_have_text("Book it in the portal.")
    assert words_of(page.locator(".turn").first) == expected_words(200)


def test_a_waiting_question_can_go_first(page: Page, aurora: LiveAurora, model: ModelServer) -> None:
    model.script(long_answer(2000, 20), "Book it in the portal.")
    open_home(page, aurora)
    first = ask(page, QUESTION)
    expect(text_of(first)).to_contain_text("word5 ")
    second = ask(page, NEXT_QUESTION)
    second.get_by_role("button", name="Answer this now").click()
    wait_until_answered(second)
    expect(text_of(second)).to_have_text("Book it in the portal.")
    expect(page.locator(".turn").first).to_contain_text("Stopped.")
    assert state_of(page, aurora, run_id(page.locator(".turn").first)) == "cancelled"


def test_a_waiting_question_can_be_withdrawn(page: Page, aurora: LiveAurora, model: ModelServer) -> None:
    model.script(long_answer(150, 20))
    open_home(page, aurora)
    first = ask(page, QUESTION)
    expect(text_of(first)).to_contain_text("word5 ")
    second = ask(page, NEXT_QUESTION)
    second.get_by_role("button", name="Withdraw").click()
    wait_until_answered(second)
    assert state_of(page, aurora, run_id(second)) == "cancelled"
    wait_until_answered(page.locator(".turn").first)
    assert words_of(page.locator(".turn").first) == expected_words(150)


def test_editing_a_question_that_is_being_answered_takes_its_place(
    page: Page, aurora: LiveAurora, model: ModelServer
) -> None:
    model.script(long_answer(2000, 20), "Twenty-five.")
    open_home(page, aurora)
    turn = ask(page, QUESTION)
    expect(text_of(turn)).to_contain_text("word5 ")
    run = run_id(turn)
    turn.get_by_role("button", name="Edit").click()
    page.get_by_label("Your question, to be asked anew").fill("How many days of leave are there?")
    page.keyboard.press("Enter")
    edited = last_turn(page, "How many days of leave are there?")
    wait_until_answered(edited)
    expect(text_of(edited)).to_have_text("Twenty-five.")
    assert state_of(page, aurora, run) == "cancelled"
    assert page.locator(".turn").count() == 1


def test_an_answer_that_fails_says_why_and_can_be_asked_for_again(
    page: Page, aurora: LiveAurora, model: ModelServer
) -> None:
    model.script(Reply(model="half-error"), "Twenty-five days.")
    open_home(page, aurora)
    turn = ask(page, QUESTION)
    wait_until_answered(turn)
    expect(turn.locator(".notice.is-error")).to_contain_text("Ask again in a moment.")
    expect(text_of(turn)).to_have_text("You get")
    turn.get_by_role("button", name="Ask again").click()
    expect(text_of(page.locator(".turn"))).to_have_text("Twenty-five days.")
    expect(page.locator(".switch-place")).to_have_text("2 of 2")
    expect(page).to_have_url(re.compile(session_id(page)))
