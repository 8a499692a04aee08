"""A browser, an Aurora whose model does as it is told, and pages that may not write errors to their console or break
their content security policy."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from tests.conftest import IN_CI
from tests.e2e.chromium import chromium_path, launched
from tests.live import LiveAurora, start_aurora
from tests.model_server import ModelServer, running

expect.set_options(timeout=20_000)

# Chromium itself reports every answer from 400 up as an error of the console; tests of such answers expect them.
_STATUS_REPORT = re.compile(r"Failed to load resource: the server responded with a status of (\d{3})")
_NETWORK_REPORT = re.compile(r"Failed to load resource: net::ERR_")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if chromium_path() is None:
        reason = "Chromium is not installed (Debian: apt-get install chromium)."
        pytest.fail(reason) if IN_CI else pytest.skip(reason)
    with launched() as running:
        yield running


@pytest.fixture(scope="session")
def model_of_session() -> Iterator[ModelServer]:
    with running() as server:
        yield server


@pytest.fixture
def model(model_of_session: ModelServer) -> Iterator[ModelServer]:
    """The model of ``aurora``; without a script it answers at once."""
    yield model_of_session
    model_of_session.unscript()


@pytest.fixture(scope="session")
def aurora(model_of_session: ModelServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveAurora]:
    """An Aurora with a model and one document, that doesn't limit how often it is asked."""
    home = tmp_path_factory.mktemp("written")
    for folder in (home, *home.parents):
        if folder.stat().st_uid == home.stat().st_uid:
            folder.chmod(folder.stat().st_mode | 0o011)
    documents = home / "documents"
    documents.mkdir()
    (documents / "leave.md").write_text("# Leave\n\nYou get 25 days of annual leave a year.\n")
    environment = {
        "OPENAI_BASE_URL": model_of_session.url,
        "OPENAI_API_KEY": "none",
        "AURORA_MODEL": "plain",
        "RATE_LIMIT_ENABLED": "false",
        "SEED_DATA_DIR": str(documents),
    }
    with start_aurora(home, environment) as started:
        yield started


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh visitor, without cookies or storage, who dislikes motion."""
    context = browser.new_context(viewport={"width": 1280, "height": 860}, reduced_motion="reduce")
    context.set_default_timeout(20_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    yield from _watched(context, _STATUS_REPORT)


@pytest.fixture
def shaky_page(context: BrowserContext) -> Iterator[Page]:
    """A page whose connections may break off."""
    yield from _watched(context, _NETWORK_REPORT)


def _watched(context: BrowserContext, expected: re.Pattern[str]) -> Iterator[Page]:
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(f"uncaught: {error}"))
    page.on("console", lambda message: _note(message, faults, expected))
    yield page
    assert faults == []


def _note(message: ConsoleMessage, faults: list[str], expected: re.Pattern[str]) -> None:
    if message.type == "error" and not expected.match(message.text):
        faults.append(f"{message.text} ({message.location.get('url', '')})")
