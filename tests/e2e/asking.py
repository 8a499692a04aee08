"""What tests do on the asking page."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.live import LiveAurora


def open_home(page: Page, aurora: LiveAurora) -> None:
    page.goto(aurora.url + "/")


def ask(page: Page, question: str) -> Locator:
    """Ask by the question box; returns the question's block on the page."""
    page.get_by_label("Your question").fill(question)
    page.get_by_role("button", name="Ask", exact=True).click()
    return last_turn(page, question)


def last_turn(page: Page, question: str) -> Locator:
    turn = page.locator(".turn").last
    expect(turn.get_by_role("heading", level=2)).to_have_text(question)
    return turn


def wait_until_answered(turn: Locator) -> None:
    expect(turn.locator(".answer")).to_have_attribute("aria-busy", "false", timeout=30_000)
