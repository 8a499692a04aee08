"""The pages of conversations for keyboards, screen readers, small screens and weak eyes."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.asking import ask, open_home, text_of, wait_until_answered
from tests.e2e.knowing import add, sign_in
from tests.live import LiveAurora
from tests.model_server import ModelServer, Reply

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("live")]

QUESTION = "How many days of annual leave do I get?"
LONG_WORD = "Donaudampfschifffahrtsgesellschaftskapitaenswitwenrentenauszahlungsstelle" * 2

# What is wrong with a page, as lines of text: names of controls, order of headings, ids, landmarks, contrast.
AUDIT = """() => {
  const faults = [];
  const visible = (node) => node.checkVisibility({ visibilityProperty: true }) && node.getClientRects().length > 0;
  const about = (node) => node.outerHTML.slice(0, 120);
  const nameOf = (node) => {
    const labels = [...(node.labels ?? [])].map((label) => label.textContent).join(" ");
    return (node.getAttribute("aria-label") ?? (labels || node.textContent)).trim();
  };
  for (const node of document.querySelectorAll("a[href], button, input:not([type=hidden]), textarea, select, summary"))
    if (visible(node) && !nameOf(node)) faults.push(`no name: ${about(node)}`);
  const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
  for (const id of ids) if (!id || ids.indexOf(id) !== ids.lastIndexOf(id)) faults.push(`id twice or empty: ${id}`);
  let level = 0;
  for (const node of [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].filter(visible)) {
    const next = Number(node.tagName[1]);
    if (next > level + 1) faults.push(`heading skips a level: ${about(node)}`);
    level = next;
  }
  const ones = [...document.querySelectorAll("h1")].filter(visible).length;
  if (ones !== 1) faults.push(`${ones} first headings`);
  if (document.querySelectorAll("main").length !== 1) faults.push("not one main");
  for (const nav of document.querySelectorAll("nav")) if (!nav.getAttribute("aria-label")) faults.push("nav without a name");
  for (const node of document.querySelectorAll("li")) if (!node.closest("ul, ol, menu")) faults.push(`stray ${about(node)}`);
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data;
  };
  const backgroundOf = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if (rgba(color)[3] > 200) return color;
    }
    return "white";
  };
  const light = (color) => {
    const [r, g, b] = [...rgba(color)].slice(0, 3).map((part) => {
      const value = part / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  for (const node of document.querySelectorAll("body *")) {
    const text = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
    if (!text || !visible(node) || node.closest(":disabled, .visually-hidden, .skip-link")) continue;
    const style = getComputedStyle(node);
    const [one, other] = [light(style.color), light(backgroundOf(node))].sort((a, b) => b - a);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
    const ratio = (one + 0.05) / (other + 0.05);
    if (ratio < (large ? 3 : 4.5)) faults.push(`contrast ${ratio.toFixed(2)}: ${about(node)}`);
  }
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) faults.push(`${root.scrollWidth} px wide in ${root.clientWidth}`);
  return faults;
}"""


@pytest.fixture(params=[(375, "light"), (375, "dark"), (1440, "light"), (1440, "dark")], ids=lambda value: str(value))
def small_and_large(request: Any, browser: Browser, aurora: LiveAurora) -> Any:
    width, scheme = request.param
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, reduced_motion="reduce"
    )
    context.set_default_timeout(20_000)
    yield context.new_page()
    context.close()


def test_every_state_of_a_conversation_passes_the_audit(
    small_and_large: Page, aurora: LiveAurora, model: ModelServer
) -> None:
    page = small_and_large
    faults = {}
    open_home(page, aurora)
    faults["home"] = page.evaluate(AUDIT)

    table = "| a | b |\n|---|---|\n| " + LONG_WORD + " | 25 |\n\n`" + LONG_WORD + "`\n\n```\n" + LONG_WORD + "\n```"
    model.script(f"You get 25 days of annual leave a year [1].\n\n# More\n\n{table}\n\n{LONG_WORD}")
    turn = ask(page, f"{QUESTION} {LONG_WORD}")
    wait_until_answered(turn)
    for summary in turn.locator("summary").all():
        summary.click()
    turn.get_by_role("button", name="Bad answer").click()
    faults["finished"] = page.evaluate(AUDIT)
    turn.get_by_role("button", name="Edit").click()
    faults["edited"] = page.evaluate(AUDIT)
    page.keyboard.press("Escape")

    model.script(Reply(calls=[("knowledge_report_outdated", {"path": "leave.md", "note": LONG_WORD})]), "Done.")
    turn = ask(page, "Please report the annual leave document as outdated.")
    expect(turn.locator("[data-approval]")).to_be_visible()
    waiting = ask(page, "How do I book annual leave?")
    expect(waiting).to_contain_text("Waits for its turn")
    faults["waiting"] = page.evaluate(AUDIT)
    page.get_by_role("button", name="Stop").click()
    wait_until_answered(waiting)

    model.script(Reply(model="half-error"))
    wait_until_answered(ask(page, "How many days of annual leave are there?"))
    page.get_by_role("button", name="Ask again").last.wait_for()
    faults["failed"] = page.evaluate(AUDIT)

    page.goto(aurora.url + "/conversations")
    page.locator("summary").first.click()
    faults["list"] = page.evaluate(AUDIT)
    assert {state: found for state, found in faults.items() if found} == {}


def test_the_whole_conversation_works_by_keyboard(page: Page, aurora: LiveAurora, model: ModelServer) -> None:
    model.script("You get 25 days of annual leave a year [1].")
    open_home(page, aurora)
    expect(page.get_by_label("Your question", exact=True)).to_be_focused()
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    turn = page.locator(".turn").last
    wait_until_answered(turn)

    reached = []
    for _ in range(40):
        page.keyboard.press("Shift+Tab")
        name = page.evaluate("(document.activeElement.ariaLabel ?? document.activeElement.textContent).trim()")
        reached.append(name)
        if name == "Edit":
            break
    for name in ("Good answer", "Bad answer", "Answer anew", "Copy", "Source 1: Leave", "Edit"):
        assert name in reached, name
    page.keyboard.press("Enter")
    expect(page.get_by_label("Your question, to be asked anew")).to_be_focused()


def test_focus_is_never_hidden_behind_the_question_box(page: Page, aurora: LiveAurora, model: ModelServer) -> None:
    model.script("\n\n".join(f"Line {number} about annual leave [1]." for number in range(40)))
    open_home(page, aurora)
    turn = ask(page, QUESTION)
    wait_until_answered(turn)
    page.evaluate("scrollTo(0, 0)")
    page.get_by_role("button", name="Edit").focus()
    for _ in range(45):
        page.keyboard.press("Tab")
        hidden = page.evaluate(
            """() => {
                const node = document.activeElement;
                const box = document.querySelector("[data-composer]");
                if (box.contains(node) || !node.closest(".turn")) return "";
                const bottom = node.getBoundingClientRect().bottom;
                const top = box.querySelector(".composer-box").getBoundingClientRect().top;
                return bottom > top + 1 ? node.outerHTML.slice(0, 100) : "";
            }"""
        )
        assert hidden == ""


def test_announcements_are_few_and_whole(page: Page, aurora: LiveAurora, model: ModelServer) -> None:
    model.script(Reply(model="words-100-20"))
    open_home(page, aurora)
    page.evaluate(
        """() => {
            window.heard = [];
            new MutationObserver(() => window.heard.push(document.querySelector("[data-live]").textContent))
                .observe(document.querySelector("[data-live]"), { childList: true });
        }"""
    )
    turn = ask(page, QUESTION)
    expect(text_of(turn)).to_contain_text("word5 ")
    expect(turn.locator(".answer")).to_have_attribute("aria-busy", "true")
    wait_until_answered(turn)
    heard = page.evaluate("window.heard")
    assert len(heard) == 2
    assert heard[0] == "Your question was sent."
    assert heard[1].startswith("word0 word1 ") and "word99" in heard[1]


def test_the_pages_about_knowledge_pass_the_audit(small_and_large: Page, aurora: LiveAurora) -> None:
    page = small_and_large
    faults = {}
    sign_in(page, aurora, "/documents")
    long = {"name": f"{LONG_WORD}.md", "mimeType": "text/markdown", "buffer": f"# {LONG_WORD}\n\nText.".encode()}
    lines = add(page, long, {"name": f"{LONG_WORD}.exe", "mimeType": "x/x", "buffer": b"MZ"})
    expect(lines.nth(0)).to_contain_text("Indexed", timeout=60_000)
    faults["documents"] = page.evaluate(AUDIT)
    page.get_by_role("link", name="Leave", exact=True).click()
    for summary in page.locator(".about-action summary").all():
        summary.click()
    faults["document"] = page.evaluate(AUDIT)
    page.get_by_role("link", name="Passages as indexed").click()
    page.locator(".passages-list").wait_for()
    faults["passages"] = page.evaluate(AUDIT)
    for name, path in {
        "search": f"/knowledge/search?q=annual+leave+{LONG_WORD}&source=x",
        "found": "/knowledge/search?q=How+many+days+of+annual+leave%3F",
        "filter": "/knowledge/search?q=leave&since=2026-02-01&until=2026-01-01",
        "questions": "/knowledge/questions",
        "versions": "/knowledge/versions",
    }.items():
        page.goto(aurora.url + path)
        faults[name] = page.evaluate(AUDIT)
    assert {state: found for state, found in faults.items() if found} == {}
