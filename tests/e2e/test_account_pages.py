from __future__ import annotations

import secrets

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.asking import ask, wait_until_answered
from tests.live import ADMIN_EMAIL, ADMIN_PASSWORD, LiveAurora

pytestmark = pytest.mark.browser

# Markup in a document is text: were it obeyed, the script would leave a mark on the page.
DOCUMENT = """# Tea rota

The kettle is descaled every second Thursday by whoever drew the short spoon.

<script>window.obeyed = true</script> <img src="x" onerror="window.obeyed = true">
"""


def sign_up(page: Page, aurora: LiveAurora) -> None:
    page.goto(aurora.url + "/sign-up")
    page.get_by_label("Name", exact=True).fill("Robin")
    page.get_by_label("E-mail").fill(f"robin-{secrets.token_hex(4)}@example.com")
    page.get_by_label("Password").fill("correct horse")
    page.get_by_label("Organisation").fill("Tea Society")
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_text("Answers come from the documents of Tea Society")).to_be_visible()


def test_sign_up_add_a_document_and_ask_it(page: Page, live_aurora: LiveAurora) -> None:
    sign_up(page, live_aurora)
    expect(page.get_by_text("There are no documents to answer from yet.")).to_be_visible()
    page.get_by_role("link", name="Add the first one").click()
    page.get_by_label("Files").set_input_files(
        {"name": "tea.md", "mimeType": "text/markdown", "buffer": DOCUMENT.encode()}
    )
    page.get_by_label("Folder").fill("kitchen")
    page.get_by_role("button", name="Add documents").click()
    added = page.get_by_role("list", name="Being added").get_by_role("listitem")
    expect(added).to_contain_text("Tea rota")
    row = page.get_by_role("row", name="Tea rota")
    expect(row).to_contain_text("kitchen/tea.md")
    expect(row).to_contain_text("Indexed", timeout=40_000)

    page.get_by_role("link", name="Ask", exact=True).click()
    turn = ask(page, "How often is the kettle descaled?")
    wait_until_answered(turn)
    expect(turn.locator("[data-text]")).to_contain_text("every second Thursday")
    turn.locator(".source").first.click()
    expect(page.get_by_role("dialog").locator("#passage")).to_contain_text("every second Thursday")
    expect(page.get_by_role("dialog")).to_contain_text('<img src="x" onerror="window.obeyed = true">')
    assert page.evaluate("window.obeyed === undefined")


def test_a_file_that_is_no_document_is_refused_in_words(page: Page, live_aurora: LiveAurora) -> None:
    sign_up(page, live_aurora)
    page.goto(live_aurora.url + "/documents")
    page.get_by_label("Files").set_input_files(
        {"name": "tool.exe", "mimeType": "application/x-dosexec", "buffer": b"MZ"}
    )
    page.get_by_role("button", name="Add documents").click()
    expect(page.get_by_role("status")).to_contain_text("tool.exe was not added. This kind of file can't be read here.")
    expect(page.get_by_text("There are no documents yet.")).to_be_visible()


def test_another_organisations_document_is_not_found(page: Page, live_aurora: LiveAurora) -> None:
    page.goto(live_aurora.url + "/documents")
    address = page.get_by_role("link", name="Annual leave", exact=True).get_attribute("href") or ""
    sign_up(page, live_aurora)
    response = page.goto(live_aurora.url + address)
    assert response is not None and response.status == 404
    expect(page.get_by_role("heading", level=1)).to_have_text("There is nothing here")


def test_errors_are_tied_to_their_fields(page: Page, live_aurora: LiveAurora) -> None:
    page.goto(live_aurora.url + "/sign-up")
    page.get_by_label("Password").fill("short")
    page.get_by_role("button", name="Create account").click()
    password = page.get_by_label("Password")
    expect(password).to_have_attribute("aria-invalid", "true")
    described = (password.get_attribute("aria-describedby") or "").split()
    texts = [page.locator(f"[id='{name}']").inner_text() for name in described]
    assert any("at least 8 characters" in text for text in texts)


def test_signing_in_leads_back_and_signing_out_ends_it(page: Page, live_aurora: LiveAurora) -> None:
    page.goto(live_aurora.url + "/sign-in?next=/documents")
    page.get_by_label("E-mail").fill(ADMIN_EMAIL)
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()

    page.get_by_label("Password").fill(ADMIN_PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(live_aurora.url + "/documents")
    expect(page.get_by_role("link", name="Admin", exact=True)).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(live_aurora.url + "/sign-in")
    expect(page.get_by_role("link", name="Admin", exact=True)).to_have_count(0)
