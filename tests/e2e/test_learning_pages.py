"""Learning in a browser: somebody begins, plans, misses a week, replans, takes the plan along; every page can be read."""

from __future__ import annotations

import json
import re
import secrets
import subprocess
import sys
from pathlib import Path

import icalendar
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.knowing import sign_in
from tests.e2e.test_accessible_pages import AUDIT, LONG_WORD
from tests.live import ROOT, LiveAurora, environment

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("live")]

# Runs in the installation: makes what is needed to learn, or lets a week pass for a learner's plan.
SCENE = "from tests.learning.pages.live_scene import {call}; import json; print(json.dumps({call}({arguments})))"


def inside(aurora: LiveAurora, call: str, *arguments: str) -> str:
    """The answer of a function of ``tests.learning.pages.live_scene``, run in the installation."""
    code = SCENE.format(call=call, arguments=", ".join(map(repr, arguments)))
    shell = [sys.executable, "-W", "ignore", "manage.py", "shell", "-v", "0", "-c", code]
    done = subprocess.run(
        shell, cwd=ROOT, env=environment(aurora.home, aurora.port), capture_output=True, text=True, check=True
    )
    return str(json.loads(done.stdout.splitlines()[-1]))


def test_a_new_learner_plans_misses_a_week_and_replans(page: Page, aurora: LiveAurora) -> None:
    role = inside(aurora, "role_to_grow_towards", f"Engineer {secrets.token_hex(3)}")
    sign_in(page, aurora, "/learning")
    inside(aurora, "learners_forget")
    page.goto(aurora.url + "/learning")

    page.get_by_label("The role that you grow towards").select_option(label=role)
    page.get_by_label("Monday").fill("25")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("alert")).to_contain_text("Something isn’t right yet")
    page.get_by_label("Monday").fill("1.5")
    page.get_by_role("button", name="Go on").click()

    first = page.get_by_role("group", name="Version control")
    first.get_by_label("I manage with help").check()
    page.get_by_role("button", name="Keep this").click()

    page.get_by_label("Days", exact=True).fill("45")
    page.get_by_role("button", name="Make the plan").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your plan")
    expect(page.locator(".lede")).to_contain_text("45 days")
    page.get_by_role("button", name=re.compile("^Done")).first.click()
    expect(page.locator(".item.is-done")).to_have_count(1)

    inside(aurora, "a_week_passes")
    page.goto(aurora.url + "/learning")
    expect(page.locator(".overdue-line")).to_contain_text("overdue")
    page.get_by_role("button", name="Replan what I missed").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What changed in version 2")
    expect(page.get_by_role("heading", name=re.compile(r"\d moved"))).to_be_visible()
    page.get_by_role("link", name="To the plan").click()
    expect(page.locator(".overdue-line")).to_have_count(0)
    expect(page.locator(".item.is-done")).to_have_count(1)

    with page.expect_download() as download:
        page.get_by_role("link", name="Calendar file").click()
    written = icalendar.Calendar.from_ical(Path(download.value.path()).read_bytes()).walk("VEVENT")
    events = [event for event in written if event.get("STATUS") != "CANCELLED"]
    assert len(events) == int(inside(aurora, "items_to_come"))

    page.get_by_role("link", name="Subscribe in a calendar").click()
    page.get_by_role("button", name="Make an address").click()
    address = page.locator("#calendar-address").text_content() or ""
    expect(page.get_by_role("button", name="Copy")).to_be_visible()
    subscribed = page.request.get(aurora.url + "/calendars" + address.partition("/calendars")[2])
    assert subscribed.status == 200
    assert len(icalendar.Calendar.from_ical(subscribed.body()).walk("VEVENT")) >= len(events)


@pytest.mark.parametrize(("width", "scheme"), [(375, "light"), (1440, "dark")])
def test_the_pages_of_learning_pass_the_audit(page: Page, aurora: LiveAurora, width: int, scheme: str) -> None:
    sign_in(page, aurora, "/learning")
    paths = json.loads(inside(aurora, "everything_at_once", LONG_WORD))
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    faults = {}
    for path in paths:
        page.goto(aurora.url + path)
        page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
        faults[path] = page.evaluate(AUDIT)
    assert {path: found for path, found in faults.items() if found} == {}


def test_the_graph_of_skills_is_walked_by_keyboard(page: Page, aurora: LiveAurora) -> None:
    inside(aurora, "everything_at_once", LONG_WORD)
    sign_in(page, aurora, "/learning/skills")
    node = page.locator(".skill-graph a").first
    name = node.get_attribute("aria-label") or ""
    page.locator(".graph-place").focus()
    page.keyboard.press("Tab")
    expect(node).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(name.partition(":")[0])
