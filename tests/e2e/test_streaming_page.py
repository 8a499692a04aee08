"""The asking page over a language model that writes for a long time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.asking import ask, last_turn, open_home, wait_until_answered
from tests.live import LiveAurora, start_aurora
from tests.model_server import ModelServer, running

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("live")]

QUESTION = "How many days of annual leave do I get?"


@pytest.fixture(scope="module")
def model() -> Iterator[ModelServer]:
    with running() as server:
        yield server


@pytest.fixture(scope="module")
def aurora(model: ModelServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveAurora]:
    home = tmp_path_factory.mktemp("streaming")
    for folder in (home, *home.parents):
        if folder.stat().st_uid == home.stat().st_uid:
            folder.chmod(folder.stat().st_mode | 0o011)
    documents = home / "documents"
    documents.mkdir()
    (documents / "leave.md").write_text("# Leave\n\nYou get 25 days of annual leave a year.\n")
    environment = {
        "OPENAI_BASE_URL": model.url,
        "OPENAI_API_KEY": "none",
        "AURORA_MODEL": "slow",
        "SEED_DATA_DIR": str(documents),
    }
    with start_aurora(home, environment) as started:
        yield started


def test_stop_ends_the_answer_and_the_call_of_the_model(page: Page, aurora: LiveAurora, model: ModelServer) -> None:
    model.closed_early.clear()
    open_home(page, aurora)
    turn = ask(page, QUESTION)
    expect(turn.locator("[data-text]")).to_contain_text("word20 ")
    turn.get_by_role("button", name="Stop").click()
    wait_until_answered(turn)
    expect(turn.locator("[data-notices]")).to_contain_text("Stopped.")
    expect(turn.locator("[data-text]")).to_contain_text("word0 word1 word2 ")
    expect(turn.get_by_role("button", name="Ask again")).to_be_visible()
    assert model.closed_early.wait(5)
    assert page.request.get(f"{aurora.url}/api/v1/runs/{_run_id(page)}").json()["state"] == "cancelled"


def test_a_reload_in_the_middle_resumes_the_same_answer(page: Page, aurora: LiveAurora) -> None:
    open_home(page, aurora)
    turn = ask(page, QUESTION)
    expect(turn.locator("[data-text]")).to_contain_text("word20 ")
    run_id = _run_id(page)
    page.reload()
    turn = last_turn(page, QUESTION)
    expect(turn.locator("[data-text]")).to_contain_text("word60 ")
    assert _run_id(page) == run_id
    turn.get_by_role("button", name="Stop").click()
    wait_until_answered(turn)
    words = turn.locator("[data-text]").inner_text().split()
    assert words == [f"word{number}" for number in range(len(words))]


def _run_id(page: Page) -> str:
    return page.evaluate("JSON.parse(sessionStorage.getItem('aurora-thread')).entries.at(-1).runId")
