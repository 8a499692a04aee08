"""What tests do on the pages of conversations."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.live import LiveAurora

_UUID = re.compile(r"^[0-9a-f-]{36}$")
_CONVERSATION = re.compile(r"/chat/[0-9a-f-]{36}$")


def open_home(page: Page, aurora: LiveAurora) -> None:
    page.goto(aurora.url + "/")


def ask(page: Page, question: str) -> Locator:
    """Ask by the question box; returns the question's block on the page."""
    box = page.get_by_label("Your question", exact=True)
    box.fill(question)
    box.press("Enter")
    return last_turn(page, question)


def last_turn(page: Page, question: str) -> Locator:
    turn = page.locator(".turn").last
    expect(turn.get_by_role("heading", level=2)).to_have_text(question)
    return turn


def text_of(turn: Locator) -> Locator:
    return turn.locator("[data-text]")


def wait_until_answered(turn: Locator) -> None:
    """Until the server has drawn the finished answer."""
    expect(turn.locator(".trail")).to_be_visible(timeout=40_000)
    expect(turn.locator(".answer")).to_have_attribute("aria-busy", "false")


def run_id(turn: Locator) -> str:
    expect(turn).to_have_attribute("data-run", _UUID)
    return turn.get_attribute("data-run") or ""


def session_id(page: Page) -> str:
    expect(page).to_have_url(_CONVERSATION)
    return page.url.rpartition("/")[2]


def stored_events(page: Page, aurora: LiveAurora, run: str) -> list[dict[str, Any]]:
    """The run's events as the log has them."""
    events: list[dict[str, Any]] = []
    while True:
        after = events[-1]["seq"] if events else 0
        more = page.request.get(f"{aurora.url}/api/v1/runs/{run}/events?after={after}").json()["events"]
        if not more:
            return events
        events += more


def stored_text(page: Page, aurora: LiveAurora, run: str) -> str:
    """What the log says that was written, token by token."""
    events = stored_events(page, aurora, run)
    return "".join(event["data"]["text"] for event in events if event["type"] == "token")


def words_of(turn: Locator) -> list[str]:
    """The words of an answer, as the page shows them."""
    return text_of(turn).inner_text().split()
