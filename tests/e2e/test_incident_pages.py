"""Incidents in a browser: they appear by themselves, are worked by keys and without scripts, and every page can be read."""

from __future__ import annotations

import re
import secrets

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.knowing import sign_in
from tests.e2e.test_accessible_pages import AUDIT
from tests.live import LiveAurora

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("live")]

HOSTILE = "<b onmouseover=alert(1)>" + "Donaudampfschifffahrtsgesellschaft" * 5 + " \u202e\u2066 end"
REPORT = """async ([title, severity]) => {
  const token = document.querySelector("meta[name=csrf-token]").content;
  const headers = { "Content-Type": "application/json", "X-CSRFToken": token };
  const body = JSON.stringify({ title, severity, service: "payments" });
  const response = await fetch("/api/incidents", { method: "POST", headers, body });
  return (await response.json()).id;
}"""


def report(page: Page, title: str, severity: str = "high") -> str:
    """Report an incident behind the page's back; its id."""
    return str(page.evaluate(REPORT, [title, severity]))


def test_an_incident_appears_by_itself_and_is_announced(page: Page, aurora: LiveAurora) -> None:
    title = f"Tills offline {secrets.token_hex(4)}"
    sign_in(page, aurora, "/incidents")
    incident_id = report(page, f"First {title}")
    row = page.locator(f"[data-row='{incident_id}']")
    expect(row).to_contain_text("Open")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()

    second = report(page, title)
    expect(page.locator(f"[data-row='{second}']")).to_be_visible()
    expect(page.locator("[data-live]")).to_contain_text(title)
    row.get_by_role("button", name="Acknowledge").click()
    expect(row).to_contain_text("Acknowledged")


def test_the_list_is_worked_by_keys(page: Page, aurora: LiveAurora) -> None:
    mark = secrets.token_hex(4)
    sign_in(page, aurora, "/incidents")
    for title in ("One", "Two"):
        report(page, f"{title} {mark}")
    page.goto(f"{aurora.url}/incidents?q={mark}")
    rows = page.locator("[data-region=shown] [data-row]")
    expect(rows).to_have_count(2)

    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(rows.nth(1)).to_have_attribute("data-current", "")
    expect(rows.nth(1).get_by_role("link")).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("a")
    expect(rows.nth(0)).to_contain_text("Acknowledged")
    expect(rows.nth(0)).to_have_attribute("data-current", "")

    page.keyboard.press("/")
    search = page.get_by_label("Title, number or service")
    expect(search).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.type("ajk?")
    expect(search).to_have_value(f"{mark}ajk?")
    expect(page.get_by_text("No incident is like that")).to_be_visible()
    expect(page).to_have_url(re.compile("ajk"))
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    search.fill(mark)
    expect(rows).to_have_count(2)
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name=mark)).to_be_visible()


def test_an_incident_is_answered_without_leaving_its_page(page: Page, aurora: LiveAurora) -> None:
    sign_in(page, aurora, "/incidents")
    other = report(page, "The other one")
    incident_id = report(page, "Tills offline")
    page.goto(f"{aurora.url}/incidents/{incident_id}")
    note = page.get_by_label("Add a note")
    note.fill("Rolled back.")
    page.get_by_role("button", name="Add note").click()
    expect(page.locator(".step.is-note")).to_contain_text("Rolled back.")
    expect(note).to_have_value("")
    note.fill("I am still wri")
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.locator(".incident-line")).to_contain_text("Acknowledged")
    expect(page.get_by_role("button", name="Acknowledge")).to_have_count(0)
    page.get_by_text("Merge into another").click()
    page.get_by_label("Incident's number").fill("INC-999999")
    page.get_by_role("button", name="Merge", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("There is no INC-999999.")
    expect(note).to_have_value("I am still wri")
    assert page.evaluate("performance.getEntriesByType('navigation').length") == 1
    expect(page).to_have_url(f"{aurora.url}/incidents/{incident_id}")
    assert other != incident_id


def test_without_scripts_an_incident_is_acknowledged(browser: Browser, page: Page, aurora: LiveAurora) -> None:
    sign_in(page, aurora, "/incidents")
    incident_id = report(page, "Tills offline")
    context = browser.new_context(java_script_enabled=False, storage_state=page.context.storage_state())
    plain = context.new_page()
    plain.goto(f"{aurora.url}/incidents/{incident_id}")
    plain.get_by_role("button", name="Acknowledge").click()
    expect(plain.locator(".notices")).to_contain_text("is acknowledged.")
    expect(plain.locator(".incident-line")).to_contain_text("Acknowledged")
    context.close()


@pytest.mark.parametrize(("width", "scheme"), [(375, "light"), (1440, "dark")])
def test_the_pages_of_incidents_pass_the_audit(
    browser: Browser, page: Page, aurora: LiveAurora, width: int, scheme: str
) -> None:
    sign_in(page, aurora, "/incidents")
    incident_id = report(page, HOSTILE, "critical")
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    faults = {}
    for path in (
        "/incidents",
        f"/incidents/{incident_id}",
        "/incidents/report",
        "/integrations",
        "/notifications",
        "/silences",
        "/on-call",
        "/services",
    ):
        page.goto(aurora.url + path)
        for summary in page.locator("summary").all():
            summary.click()
        faults[path] = page.evaluate(AUDIT)
    assert {path: found for path, found in faults.items() if found} == {}


def test_an_integration_is_made_and_tested_until_its_incident(page: Page, aurora: LiveAurora) -> None:
    name = f"Cluster {secrets.token_hex(4)}"
    sign_in(page, aurora, "/integrations")
    page.get_by_label("Prometheus Alertmanager").check()
    page.get_by_label("Name").fill(name)
    page.get_by_label("Make one for me; it is shown once").check()
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page.locator("#new-secret")).to_have_text(re.compile(r"[A-Za-z0-9_-]{43}"))
    expect(page.locator("#address")).to_have_text(re.compile(r"/api/webhooks/alertmanager/[A-Za-z0-9_-]{32,}$"))

    page.get_by_role("button", name="Send a test alert").click()
    delivery = page.locator(".delivery")
    expect(delivery).to_have_count(1)
    expect(delivery).to_contain_text("Processed")
    delivery.get_by_role("link", name=re.compile("INC-")).click()
    expect(page.locator(".alert")).to_contain_text("Firing")
    page.go_back()
    expect(page.locator("#new-secret")).to_have_count(0)
