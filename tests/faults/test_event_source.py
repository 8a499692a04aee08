"""A browser's own EventSource through a network that breaks its connections: it resumes by itself and misses nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from playwright.async_api import Page, async_playwright

from tests.conftest import IN_CI
from tests.e2e.chromium import ARGUMENTS, chromium_path
from tests.faults.cluster import Cluster
from tests.faults.dropping_proxy import DroppingProxy, dropping_proxy
from tests.faults.runs import begin, log_of
from tests.live import ADMIN_EMAIL, ADMIN_PASSWORD

pytestmark = pytest.mark.timeout(120, func_only=True)

# A browser opens six connections to a server at most.
SOURCES = 4
READ = """
paths => Promise.all(paths.map(path => new Promise(done => {
  const events = [];
  const source = new EventSource(path);
  const take = message => {
    const event = JSON.parse(message.data);
    events.push({seq: event.seq, type: event.type, data: event.data});
    if (event.type === "run.finished") { source.close(); done(events); }
  };
  for (const type of ["run.started", "thought", "route", "token", "message", "citation", "usage", "warning", "error",
                      "tool.call", "tool.result", "run.finished"]) source.addEventListener(type, take);
})))
"""


@pytest.fixture
def proxy(cluster: Cluster) -> Iterator[DroppingProxy]:
    with dropping_proxy(cluster.webs[1].port) as running:
        yield running


async def test_every_event_comes_once_and_in_order(cluster: Cluster, talker: str, proxy: DroppingProxy) -> None:
    if chromium_path() is None:
        reason = "Chromium is not installed (Debian: apt-get install chromium)."
        pytest.fail(reason) if IN_CI else pytest.skip(reason)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path(), args=ARGUMENTS)
        page = await browser.new_page()
        await sign_in(page, f"http://127.0.0.1:{proxy.port}")
        runs = [await begin(cluster, talker, web=number % 2) for number in range(SOURCES)]
        proxy.dropping = True
        async with asyncio.timeout(60):
            read = await page.evaluate(READ, [f"{run.path}/stream" for run in runs])
        await browser.close()
    assert proxy.drops >= 2 * SOURCES
    assert read == [log_of(cluster, run) for run in runs]


async def sign_in(page: Page, url: str) -> None:
    await page.goto(f"{url}/sign-in")
    await page.get_by_label("E-mail").fill(ADMIN_EMAIL)
    await page.get_by_label("Password").fill(ADMIN_PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(f"{url}/")
