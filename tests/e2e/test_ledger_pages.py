"""From an answer to its trace in the ledger, what vouches for each step, and the ledger's own page."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.asking import ask, wait_until_answered
from tests.e2e.knowing import sign_in
from tests.e2e.test_accessible_pages import AUDIT
from tests.live import LiveAurora
from tests.model_server import ModelServer, Reply

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("live")]

QUESTION = "How many days of annual leave do I get?"


def to_its_trace(page: Page) -> None:
    """Follow an answer into the ledger, and wait until it is sealed there."""
    turn = page.locator(".turn").last
    turn.get_by_text("How this was answered").click()
    turn.get_by_role("link", name="In the ledger").click()
    expect(page).to_have_url(re.compile(r"/ledger/traces/[0-9a-f]{32}$"))
    evidence = page.get_by_role("region", name="Evidence")
    expect(evidence).to_contain_text(re.compile(r"(All \d+ records|The one record) of this trace verif"))


def test_an_answer_leads_to_its_trace_where_every_step_is_vouched_for(
    page: Page, aurora: LiveAurora, model: ModelServer
) -> None:
    report = {"path": "leave.md", "note": "The days changed."}
    model.script(Reply(calls=[("knowledge_report_outdated", report)]), "You get 25 days of annual leave a year [1].")
    sign_in(page, aurora, "/")
    turn = ask(page, QUESTION)
    turn.get_by_label("Note").fill("Please do.")
    turn.get_by_role("button", name="Approve").click()
    wait_until_answered(turn)
    turn.get_by_role("button", name="Good answer").click()
    expect(turn.get_by_role("button", name="Good answer")).to_have_attribute("aria-pressed", "true")

    to_its_trace(page)
    expect(page.get_by_role("heading", level=1)).to_have_text(QUESTION)
    steps = page.get_by_role("list", name="From question to answer").get_by_role("heading", level=2)
    expect(steps).to_have_text(
        ["Asked", "Consent", "Agent", "Searched and found", "Tools called", "Answered", "How it was made", "Feedback"]
    )
    tools = page.locator(".part.is-tools")
    for told in ("Report leave.md as outdated", "A person approved a call", "Please do.", "A tool call has an outcome"):
        expect(tools).to_contain_text(told)

    mark = page.locator(".part.is-answer summary")
    mark.focus()
    page.keyboard.press("Enter")
    points = page.locator(".part.is-answer .points")
    for told in (
        "matches its commitment",
        "hashes lead from it to the root",
        "Root and size were signed",
        "heads.jsonl",
    ):
        expect(points).to_contain_text(told)
    with page.expect_download() as download:
        page.get_by_role("link", name="export this trace").click()
    assert download.value.suggested_filename.endswith(".jsonl")
    page.locator(".part.is-answer .citation").first.click()
    expect(page.locator("#passage")).to_contain_text("25 days of annual leave")


def test_the_one_who_asked_reads_the_trace_without_scripts_too(
    browser: Browser, page: Page, aurora: LiveAurora, model: ModelServer
) -> None:
    model.script("You get 25 days of annual leave a year [1].")
    page.goto(aurora.url + "/")
    wait_until_answered(ask(page, QUESTION))
    to_its_trace(page)
    expect(page.get_by_text("An administrator of")).to_be_visible()
    expect(page.get_by_role("navigation", name="Main").get_by_role("link", name="Ledger")).to_have_count(0)

    context = browser.new_context(java_script_enabled=False, storage_state=page.context.storage_state())
    plain = context.new_page()
    plain.goto(page.url)
    plain.locator(".part.is-answer summary").click()
    expect(plain.locator(".part.is-answer .points")).to_contain_text("Signed head")
    context.close()


def test_the_ledger_is_narrowed_and_leads_to_records(page: Page, aurora: LiveAurora) -> None:
    sign_in(page, aurora, "/ledger")
    page.get_by_label("Event").select_option("accounts.signed_in")
    page.get_by_role("button", name="Filter").click()
    rows = page.locator("[data-rows] tr")
    expect(rows.first).to_contain_text("Somebody signed in")
    page.get_by_role("link", name="Somebody signed in").last.click()
    expect(page.get_by_role("heading", level=2, name="It verifies")).to_be_visible()
    expect(page.get_by_label("The record, laid out")).to_contain_text('"event": "accounts.signed_in"')


@pytest.mark.parametrize(("width", "scheme"), [(375, "dark"), (1440, "light")])
def test_the_pages_of_the_ledger_pass_the_audit(browser: Browser, aurora: LiveAurora, width: int, scheme: str) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    faults = {}
    sign_in(page, aurora, "/ledger")
    page.get_by_text("More filters").click()
    faults["ledger"] = page.evaluate(AUDIT)
    page.goto(aurora.url + "/ledger?event=agents.run_succeeded")
    page.get_by_role("link", name="Trace of").first.click()
    for summary in page.locator("main summary").all():
        summary.click()
    faults["trace"] = page.evaluate(AUDIT)
    page.get_by_role("link", name="The whole record").first.click()
    faults["record"] = page.evaluate(AUDIT)
    page.goto(aurora.url + "/ledger?since=nonsense")
    faults["problem"] = page.evaluate(AUDIT)
    context.close()
    assert {state: found for state, found in faults.items() if found} == {}
