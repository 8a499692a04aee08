"""Adding documents with progress, trying a search, reporting a document, and what was asked but not found."""

from __future__ import annotations

import secrets

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from tests.e2e.asking import ask, open_home, wait_until_answered
from tests.e2e.knowing import add, markdown, sign_in
from tests.live import LiveAurora
from tests.model_server import ModelServer

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("live")]

# Slower than the loopback, so that there is progress to see.
BYTES_A_SECOND = 40_000


def test_files_show_how_far_they_are_until_they_are_indexed(page: Page, aurora: LiveAurora) -> None:
    word = secrets.token_hex(4)
    sign_in(page, aurora, "/documents")
    network = page.context.new_cdp_session(page)
    conditions = {"offline": False, "latency": 5, "downloadThroughput": -1, "uploadThroughput": BYTES_A_SECOND}
    network.send("Network.emulateNetworkConditions", conditions)
    page.evaluate(
        """() => {
            window.seen = new Set();
            const rows = document.querySelector("[data-upload-rows]");
            const look = () => rows.querySelectorAll("[data-percent]").forEach((at) => window.seen.add(at.textContent));
            new MutationObserver(look).observe(rows, { childList: true, subtree: true, characterData: true });
        }"""
    )
    text = f"# Kettle {word}\n\n" + "The kettle is descaled every second Thursday. " * 1500
    lines = add(page, markdown(f"{word}.md", text), markdown("small.txt", "Tea."), folder=f"kitchen-{word}")
    expect(lines).to_have_count(2)
    expect(lines.nth(0)).to_contain_text("Indexed", timeout=90_000)
    expect(lines.nth(1)).to_contain_text("Indexed", timeout=90_000)
    seen = page.evaluate("[...window.seen]")
    assert [each for each in seen if each.endswith(" %") and each not in ("0 %", "100 %")], seen
    expect(page.get_by_role("row", name=f"Kettle {word}")).to_contain_text("Indexed", timeout=60_000)

    network.send("Network.emulateNetworkConditions", {**conditions, "uploadThroughput": -1})
    again = add(page, markdown(f"{word}.md", f"# Kettle {word}\n\nThe kettle is gone."), folder=f"kitchen-{word}")
    expect(again.nth(2)).to_contain_text("replaced the document that was there")
    expect(again.nth(2)).to_contain_text("Indexed", timeout=60_000)


def test_files_can_be_dropped_and_bad_ones_are_refused_in_words(page: Page, aurora: LiveAurora) -> None:
    sign_in(page, aurora, "/documents")
    sent: list[str] = []

    def note(request: Request) -> None:
        if request.url.endswith("/documents/upload"):
            sent.append(request.method)

    page.on("request", note)
    page.evaluate(
        """() => {
            const data = new DataTransfer();
            data.items.add(new File(["MZ"], "tool.exe"));
            data.items.add(new File([""], "empty.md"));
            data.items.add(new File(["caf\\u00e9"], "good.md"));
            data.items.add(new File(["%PDF-1.7 not really"], "broken.pdf"));
            const form = document.querySelector("[data-upload]");
            for (const type of ["dragenter", "dragover", "drop"])
                form.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: data }));
        }"""
    )
    lines = page.get_by_role("list", name="Being added").get_by_role("listitem")
    expect(lines.nth(0)).to_contain_text("This kind of file can't be read here.")
    expect(lines.nth(1)).to_contain_text("The file is empty.")
    expect(lines.nth(3)).to_contain_text("Not added")
    expect(lines.nth(2)).to_contain_text("Indexed", timeout=60_000)
    assert sent == ["POST", "POST"]


def test_a_hidden_tab_asks_for_nothing_and_catches_up_when_it_is_shown(page: Page, aurora: LiveAurora) -> None:
    word = secrets.token_hex(4)
    page.add_init_script("Object.defineProperty(document, 'hidden', { get: () => window.away === true })")
    sign_in(page, aurora, "/documents")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate("window.away = true")
    line = add(page, markdown(f"{word}.md", f"# Away {word}\n\nNobody looks.")).first
    expect(line).to_contain_text("Indexing")
    other = page.context.new_page()
    other.goto(f"{aurora.url}/documents?q={word}")
    expect(other.get_by_role("row", name=f"Away {word}")).to_contain_text("Indexed", timeout=60_000)
    assert not [url for url in asked if "/documents/states" in url]
    expect(line).to_contain_text("Indexing")

    page.evaluate("window.away = false; document.dispatchEvent(new Event('visibilitychange'))")
    expect(line).to_contain_text("Indexed", timeout=60_000)


def test_without_scripts_the_plain_form_takes_files(browser: Browser, aurora: LiveAurora) -> None:
    word = secrets.token_hex(4)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, aurora, "/documents")
    page.get_by_label("Files").set_input_files([markdown(f"{word}.md", f"# Plain {word}\n\nText.")])
    page.get_by_role("button", name="Add documents").click()
    expect(page.get_by_text(f"Plain {word} was added. It can be found as soon as it is indexed.")).to_be_visible()
    page.get_by_role("link", name=f"Plain {word}").click()
    page.get_by_role("link", name="Passages as indexed").click()
    expect(page.get_by_role("heading", name="Passages as indexed")).to_be_visible()
    context.close()


def test_a_search_shows_what_it_finds_and_leads_to_the_passage(page: Page, aurora: LiveAurora) -> None:
    sign_in(page, aurora, "/documents")
    page.get_by_role("link", name="Try a search").click()
    page.get_by_role("searchbox", name="Question").fill("How many days of annual leave do I get?")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="This would be answered")).to_be_visible()
    first = page.locator(".hit").first
    expect(first.locator("mark")).to_contain_text("25 days of annual leave")
    for name in ("Score", "Meaning", "Best sentence", "Words"):
        expect(first.get_by_role("term").filter(has_text=name)).to_be_visible()
    first.get_by_role("link", name="Leave").click()
    expect(page.locator("#passage mark")).to_contain_text("You get 25 days of annual leave a year.")


def test_a_reader_reports_a_document_and_an_editor_settles_it(page: Page, aurora: LiveAurora) -> None:
    word = secrets.token_hex(4)
    note = f"Wrong since {word} <b>"
    sign_in(page, aurora, "/documents")
    page.get_by_label("Files").set_input_files([markdown(f"{word}.md", f"# Notice {word}\n\nText.")])
    page.get_by_role("button", name="Add documents").click()
    expect(page.locator(".upload-row").filter(has_text=word)).to_contain_text("Indexed", timeout=60_000)

    page.context.clear_cookies()
    page.goto(aurora.url + "/documents")
    page.get_by_role("link", name=f"Notice {word}", exact=True).click()
    page.get_by_text("Report as outdated").click()
    page.get_by_label("What is out of date?").fill(note)
    page.get_by_role("button", name="Report").click()
    expect(page.get_by_text("It is reported as outdated.")).to_be_visible()
    expect(page.get_by_text("nobody has settled it yet")).to_be_visible()

    page.context.clear_cookies()
    sign_in(page, aurora, "/documents")
    page.get_by_role("link", name="reported").click()
    page.get_by_role("link", name=f"Notice {word}", exact=True).click()
    reports = page.get_by_role("region", name="Reported as outdated")
    expect(reports).to_contain_text(note)
    reports.get_by_role("listitem").filter(has_text=note).get_by_role("button", name="Settled").click()
    expect(page.get_by_text("The report is settled.")).to_be_visible()
    expect(page.get_by_text(note)).to_have_count(0)


def test_an_index_version_is_built_switched_to_and_rolled_back(page: Page, aurora: LiveAurora) -> None:
    sign_in(page, aurora, "/knowledge/versions")
    first = (
        page.locator(".version").filter(has=page.get_by_text("In use", exact=True)).get_by_role("heading").inner_text()
    )
    page.get_by_text("Rebuild", exact=True).click()
    page.get_by_role("button", name="Build it").click()
    expect(page.get_by_text("Searches use the present one until it is complete.")).to_be_visible()
    newest = page.locator(".version").first
    second = newest.get_by_role("heading").inner_text()
    assert second != first
    expect(newest.locator("[data-state]")).to_have_text("In use", timeout=90_000)
    former = page.locator(f"[data-version={first}]")
    expect(former.locator("[data-state]")).to_have_text("Kept")

    page.get_by_text(f"Roll back to {first}", exact=True).click()
    page.get_by_role("button", name="Roll back").click()
    expect(page.get_by_text(f"Searches use index version {first} now.")).to_be_visible()
    page.goto(f"{aurora.url}/knowledge/search?q=annual+leave")
    expect(page.get_by_text(f"index version {first}")).to_be_visible()

    page.goto(aurora.url + "/knowledge/versions")
    newest.get_by_text(f"Switch to {second}", exact=True).click()
    newest.get_by_role("button", name="Switch", exact=True).click()
    expect(newest.locator("[data-state]")).to_have_text("In use")
    expect(newest.get_by_role("button", name=f"Delete {second}")).to_be_disabled()
    former.get_by_text(f"Delete {first}", exact=True).click()
    former.get_by_role("button", name="Delete it").click()
    expect(former).to_have_count(0, timeout=60_000)


def test_the_passages_of_a_document_open_in_a_panel(page: Page, aurora: LiveAurora) -> None:
    page.goto(aurora.url + "/documents")
    page.get_by_role("link", name="Leave", exact=True).click()
    link = page.get_by_role("link", name="Passages as indexed")
    link.click()
    panel = page.get_by_role("dialog", name="Passages as indexed")
    expect(panel.get_by_role("listitem")).to_have_count(1)
    expect(panel).to_contain_text("You get 25 days of annual leave a year.")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(link).to_be_focused()


def test_what_was_not_found_is_asked_again_once_it_is_written(
    page: Page, aurora: LiveAurora, model: ModelServer
) -> None:
    word = secrets.token_hex(4)
    question = f"When is the Zanzibar-{word} pottery kiln lit?"
    model.script("I don't know.")
    open_home(page, aurora)
    wait_until_answered(ask(page, question))
    page.context.clear_cookies()
    sign_in(page, aurora, "/knowledge/questions")
    item = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name=question))
    item.get_by_role("link", name="Ask again").click()
    expect(item.get_by_role("status")).to_contain_text("Still not found")

    page.get_by_role("link", name="Documents", exact=True).last.click()
    text = f"# Zanzibar-{word} pottery kiln\n\nThe Zanzibar-{word} pottery kiln is lit at nine on Mondays.\n"
    lines = add(page, markdown(f"kiln-{word}.md", text))
    expect(lines.first).to_contain_text("Indexed", timeout=60_000)
    page.goto(aurora.url + "/knowledge/questions")
    item.get_by_role("link", name="Ask again").click()
    expect(item.get_by_role("status")).to_contain_text("It is found now, in Zanzibar")
    item.get_by_role("button", name="Answered").click()
    expect(page.get_by_text("The question counts as answered.")).to_be_visible()
    expect(item).to_have_count(0)
