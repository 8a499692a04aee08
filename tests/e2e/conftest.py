"""A browser, and pages that may not write errors to their console or break their content security policy."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from tests.conftest import IN_CI
from tests.e2e.chromium import chromium_path, launched

# Chromium itself reports every answer from 400 up as an error of the console; tests of such answers expect them.
_STATUS_REPORT = re.compile(r"Failed to load resource: the server responded with a status of (\d{3})")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if chromium_path() is None:
        reason = "Chromium is not installed (Debian: apt-get install chromium)."
        pytest.fail(reason) if IN_CI else pytest.skip(reason)
    with launched() as running:
        yield running


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh visitor, without cookies or storage, who dislikes motion."""
    context = browser.new_context(viewport={"width": 1280, "height": 860}, reduced_motion="reduce")
    context.set_default_timeout(20_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(f"uncaught: {error}"))
    page.on("console", lambda message: _note(message, faults))
    yield page
    assert faults == []


def _note(message: ConsoleMessage, faults: list[str]) -> None:
    if message.type == "error" and not _STATUS_REPORT.match(message.text):
        faults.append(f"{message.text} ({message.location.get('url', '')})")
