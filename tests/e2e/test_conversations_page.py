"""The list of conversations, in a browser."""

from __future__ import annotations

import secrets

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.asking import ask, open_home, session_id, wait_until_answered
from tests.live import LiveAurora

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("live")]


def test_conversations_are_found_renamed_and_deleted(page: Page, aurora: LiveAurora) -> None:
    word = secrets.token_hex(4)
    open_home(page, aurora)
    wait_until_answered(ask(page, f"How many days of annual leave, {word}?"))
    conversation = session_id(page)

    page.get_by_role("link", name="Conversations", exact=True).click()
    page.get_by_label("Search in titles and messages").fill(word)
    page.keyboard.press("Enter")
    row = page.get_by_role("listitem").filter(has=page.get_by_role("link", name=word))
    expect(row).to_have_count(1)
    row.locator("summary", has_text="Rename").click()
    row.get_by_label("New title").fill(f"Leave {word} <b>")
    row.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text(f"The conversation is called “Leave {word} <b>” now.")
    page.get_by_role("link", name=f"Leave {word} <b>").click()
    expect(page).to_have_url(f"{aurora.url}/chat/{conversation}")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Leave {word} <b>")

    page.goto(f"{aurora.url}/conversations?q={word}")
    row.locator("summary", has_text="Delete").click()
    row.get_by_role("button", name="Delete it").click()
    expect(page.get_by_text(f"No conversation has “{word}” in its title or messages.")).to_be_visible()
    response = page.goto(f"{aurora.url}/chat/{conversation}")
    assert response is not None and response.status == 404


def test_a_new_conversation_starts_empty(page: Page, aurora: LiveAurora) -> None:
    open_home(page, aurora)
    wait_until_answered(ask(page, "How many days of annual leave do I get?"))
    first = session_id(page)
    page.get_by_role("link", name="New conversation").first.click()
    expect(page).to_have_url(aurora.url + "/")
    expect(page.locator(".turn")).to_have_count(0)
    wait_until_answered(ask(page, "How do I book annual leave?"))
    assert session_id(page) != first
