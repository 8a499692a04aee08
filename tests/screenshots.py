"""Pictures of the pages, 375 and 1440 pixels wide, light and dark, in ``./screenshots``. Run: ``make screenshots``.

Starts an Aurora of its own with the demo organisation and a loopback model; ``--url`` takes pictures of a running one,
without those that need the model. Exits with 1 when a page is wider than its window or writes an error to the console.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.e2e.asking import ask, text_of, wait_until_answered
from tests.e2e.chromium import launched
from tests.live import ADMIN_EMAIL, ADMIN_PASSWORD, ROOT, LiveAurora, environment, start_aurora
from tests.model_server import ModelServer, Reply, running

Scene = dict[str, str]
WIDTHS = {375: 760, 1440: 900}
SCHEMES = ("light", "dark")
QUESTIONS = (
    "How many days of annual leave do I get?",
    "How do I roll back a deployment?",
    "What is the capital of Peru?",
)
ANSWER = """Full-time employees get **25 days** of annual leave a year [1]. You may carry five of them over [2]:

- until 31 March, without asking
- longer only after parental leave or illness [2]

```
qw leave carry-over --days 5
```"""
REPORT = {"path": "policies/annual-leave.md", "note": "The number of days changed in January."}


class Photographer:
    """Takes the pictures of one width and colour scheme, and notes what is wrong on the way."""

    def __init__(self, page: Page, url: str, folder: Path, suffix: str) -> None:
        self.page, self.url, self.folder, self.suffix = page, url, folder, suffix
        self.faults: list[str] = []
        self.place = ""
        page.on("pageerror", lambda error: self.faults.append(f"{self.place}{suffix}: {error}"))
        page.on("console", self._console)

    def take(self, name: str, path: str = "", *, full: bool = False) -> None:
        self.place = name
        if path:
            self.page.goto(self.url + path)
        width = self.page.evaluate("document.documentElement.scrollWidth")
        if width > self.page.viewport_size["width"]:
            self.faults.append(f"{name}{self.suffix}: {width} px wide")
        self.page.screenshot(path=self.folder / f"{name}{self.suffix}.png", full_page=full, animations="disabled")

    def _console(self, message: object) -> None:
        expected = ("404", "400", "net::ERR_FAILED")
        if message.type == "error" and not any(status in message.text for status in expected):
            self.faults.append(f"{self.place}{self.suffix}: {message.text}")


def tour(photographer: Photographer) -> None:
    """Every page a visitor sees, over the documents alone."""
    page = photographer.page
    photographer.take("home", "/")
    photographer.take("list-empty", "/conversations?q=nothing-has-this-word")
    page.goto(photographer.url + "/")
    for question in QUESTIONS:
        wait_until_answered(ask(page, question))
        photographer.take("answer-" + question.split()[-1].strip("?").lower())
    page.locator(".source").first.click()
    page.wait_for_selector(".panel #passage")
    photographer.take("panel")
    document = page.locator("[data-panel-page]").get_attribute("href") or ""
    document = document.removeprefix(photographer.url)
    page.locator("[data-panel-close]").click()
    photographer.take("conversation", full=True)
    photographer.take("list", "/conversations")
    page.locator("summary").nth(0).click()
    page.locator("summary").nth(1).click()
    photographer.take("list-changing")
    photographer.take("document", document.split("?")[0])
    photographer.take("passage", document)
    photographer.take("source", document.replace("#", "&view=source#"))
    photographer.take("not-found", "/documents/00000000-0000-0000-0000-000000000000")
    photographer.take("sign-up", "/sign-up")
    page.get_by_role("button", name="Create account").click()
    photographer.take("sign-up-errors", full=True)
    photographer.take("password-reset", "/password-reset")
    photographer.take("sign-in", "/sign-in?next=/documents")


def model_tour(photographer: Photographer, model: ModelServer) -> None:
    """The states of a conversation with a model."""
    page = photographer.page
    page.goto(photographer.url + "/")
    model.script(ANSWER)
    turn = ask(page, QUESTIONS[0])
    wait_until_answered(turn)
    photographer.take("written")
    turn.locator("summary").first.click()
    turn.locator(".trail summary").click()
    turn.get_by_role("button", name="Bad answer").click()
    photographer.take("details")
    turn.get_by_role("button", name="Edit").click()
    photographer.take("editing")
    page.keyboard.press("Escape")

    model.script(Reply(model="words-3000-20"))
    turn = ask(page, "How do I claim travel expenses?")
    text_of(turn).get_by_text("word40 ").wait_for()
    photographer.take("streaming")
    ask(page, "What am I paid for being on call?").get_by_text("Waits for its turn").wait_for()
    photographer.take("queued")
    model.script(Reply(model="half-error"))
    page.get_by_role("button", name="Stop").click()
    wait_until_answered(page.locator(".turn").last)
    page.locator(".turn").last.scroll_into_view_if_needed()
    photographer.take("failed")

    model.script(Reply(calls=[("knowledge_report_outdated", REPORT)]), "It was reported [1].")
    turn = ask(page, "Please report the annual leave document as outdated.")
    turn.locator("[data-approval]").wait_for()
    photographer.take("approval")
    turn.get_by_role("button", name="Approve").click()
    wait_until_answered(turn)
    photographer.take("approved")
    turn.locator(".trail summary").click()
    turn.get_by_role("link", name="In the ledger").click()
    page.locator(".trust.is-verified").wait_for()
    photographer.take("trace-approved", full=True)
    page.go_back()
    turn = page.locator(".turn").last
    model.script("The report was made [1].")
    turn.get_by_role("button", name="Answer anew").click()
    turn.get_by_text("2 of 2").wait_for()
    wait_until_answered(turn)
    photographer.take("versions")
    page.route("**/chat_api/sessions/*/messages", lambda route: route.abort())
    ask(page, "How do I roll back a deployment?").get_by_role("button", name="Send again").wait_for()
    photographer.take("unsent")


def knowledge_tour(photographer: Photographer) -> None:
    """The pages about knowledge, as an editor who operates the installation sees them; begins at the documents."""
    page = photographer.page
    page.get_by_label("Files").set_input_files(
        [
            {
                "name": "tea.md",
                "mimeType": "text/markdown",
                "buffer": b"# Tea rota\n\nThe kettle is descaled on Mondays.",
            },
            {"name": "tool.exe", "mimeType": "application/x-dosexec", "buffer": b"MZ"},
        ]
    )
    page.get_by_label("Folder").fill("kitchen")
    page.get_by_role("button", name="Add documents").click()
    page.locator(".uploads .is-good").wait_for()
    page.locator("#upload").scroll_into_view_if_needed()
    photographer.take("uploads")
    page.goto(photographer.url + "/documents?q=annual")
    page.locator(".documents td a").first.click()
    for summary in page.locator(".about-action summary").all():
        summary.click()
    photographer.take("document-actions")
    page.get_by_role("link", name="Passages as indexed").click()
    page.wait_for_selector(".passages-list")
    photographer.take("passages")
    photographer.take("search", "/knowledge/search")
    photographer.take("search-found", "/knowledge/search?q=How+many+days+of+annual+leave+do+I+get%3F", full=True)
    photographer.take("search-declined", "/knowledge/search?q=What+is+the+capital+of+Peru%3F&source=policies/")
    page.goto(photographer.url + "/knowledge/questions")
    page.get_by_role("link", name="Ask again").first.click()
    page.wait_for_selector("[data-retry] .notice")
    photographer.take("questions")
    page.goto(photographer.url + "/knowledge/versions")
    page.locator("summary").first.click()
    photographer.take("versions")


def ledger_tour(photographer: Photographer) -> None:
    """The ledger, one of its records, and a trace with its evidence open, as an administrator sees them."""
    page = photographer.page
    photographer.take("ledger", "/ledger")
    page.get_by_text("More filters").click()
    photographer.take("ledger-filters")
    page.goto(photographer.url + "/ledger?event=agents.run_succeeded")
    page.get_by_role("link", name="Trace of").first.click()
    page.locator(".trust.is-verified").wait_for()
    photographer.take("trace", full=True)
    page.locator(".part.is-answer summary").click()
    page.locator(".part.is-answer").scroll_into_view_if_needed()
    photographer.take("trace-proof")
    page.get_by_role("link", name="The whole record").first.click()
    photographer.take("record", full=True)


def incident_tour(photographer: Photographer, scene: Scene) -> None:
    """A bad night as an administrator sees it: the list, one incident with its reasons open, and what lies around."""
    page = photographer.page
    photographer.take("incidents", "/incidents", full=True)
    page.keyboard.press("j")
    page.keyboard.press("?")
    photographer.take("incidents-keys")
    photographer.take("incidents-none", "/incidents?q=zzz")
    photographer.take("incident", f"/incidents/{scene['incident']}", full=True)
    for summary in page.locator(".alert-why summary").all()[:2]:
        summary.click()
    page.locator("#alerts").scroll_into_view_if_needed()
    photographer.take("incident-why")
    page.locator("#alerts h3 a").first.click()
    photographer.take("alert", full=True)
    photographer.take("report", "/incidents/report")
    photographer.take("integrations", "/integrations", full=True)
    photographer.take("integration", f"/integrations/{scene['integration']}")
    photographer.take("notifications", "/notifications", full=True)
    photographer.take("silences", "/silences", full=True)
    photographer.take("on-call", "/on-call", full=True)
    photographer.take("services", "/services", full=True)


def learning_tour(photographer: Photographer) -> None:
    """Learning as the administrator meets it: the beginning, a plan made anew, what is drawn of progress and skills."""
    page = photographer.page
    photographer.take("learning-begin", "/learning", full=True)
    if page.get_by_role("button", name="Go on").count():
        page.get_by_label("The role that you grow towards").select_option(index=1)
        page.get_by_role("button", name="Go on").click()
    photographer.take("learning-assessment", "/learning/assessment")
    for number, question in enumerate(page.locator(".question").all()):
        question.get_by_role("radio").nth(number % 5).check()
    page.get_by_role("button", name="Keep this").click()
    photographer.take("learning-plan-new", "/learning/plan/new", full=True)
    page.get_by_role("button", name="Make the plan").click()
    photographer.take("learning-plan", full=True)
    page.get_by_text("More or fewer hours").click()
    page.get_by_label("Days, from the first one").fill("60")
    page.locator("details[open]", has_text="More or fewer hours").get_by_role("button").click()
    photographer.take("learning-changes", full=True)
    page.goto(photographer.url + "/learning/plan")
    page.get_by_role("link", name="Versions").click()
    photographer.take("learning-history", full=True)
    photographer.take("learning-today", "/learning", full=True)
    photographer.take("learning-progress", "/learning/progress", full=True)
    photographer.take("learning-skills", "/learning/skills", full=True)
    page.locator(".skill-graph a").first.press("Enter")
    page.wait_for_url("**/learning/skills/*")
    photographer.take("learning-skill", full=True)
    photographer.take("learning-teams", "/learning/teams", full=True)
    if page.locator(".member a").count():
        page.locator(".member a").first.click()
        photographer.take("learning-team", full=True)
        page.locator(".member h3 a").first.click()
        photographer.take("learning-learner", full=True)
    photographer.take("learning-settings", "/learning/settings", full=True)


def administrator_tour(photographer: Photographer, password: str, scene: Scene) -> None:
    """What signing in adds: the pages about knowledge, and the menu with everything in it."""
    page = photographer.page
    page.goto(photographer.url + "/sign-in?next=/documents")
    page.get_by_label("E-mail").fill(ADMIN_EMAIL)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/documents")
    photographer.take("documents", full=True)
    knowledge_tour(photographer)
    ledger_tour(photographer)
    learning_tour(photographer)
    if scene:
        incident_tour(photographer, scene)
    photographer.take("documents-none", "/documents?q=zzz")
    menu = page.get_by_role("button", name="Menu")
    if menu.is_visible():
        menu.click()
        photographer.take("menu")
    photographer.take("admin", "/admin/")


def photograph(
    browser: Browser,
    url: str,
    folder: Path,
    password: str,
    model: ModelServer | None = None,
    scene: Scene | None = None,
) -> list[str]:
    faults: list[str] = []
    for width, height in WIDTHS.items():
        for scheme in SCHEMES:
            context = browser.new_context(
                viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce"
            )
            photographer = Photographer(context.new_page(), url, folder, f"-{width}-{scheme}")
            if model:
                model_tour(photographer, model)
            else:
                tour(photographer)
                administrator_tour(photographer, password, scene or {})
            context.close()
            faults += photographer.faults
    return faults


@contextmanager
def started(**extra: str) -> Iterator[LiveAurora]:
    """An Aurora started for the pictures."""
    unlimited = {"RATE_LIMIT_ENABLED": "false", **extra}
    with tempfile.TemporaryDirectory() as home, start_aurora(Path(home), unlimited) as aurora:
        yield aurora


def bad_night(aurora: LiveAurora) -> Scene:
    """Fill an installation with incidents."""
    code = "import json; from tests.incident_scene import build_for_default; print(json.dumps(build_for_default()))"
    shell = [sys.executable, "-W", "ignore", "manage.py", "shell", "-v", "0", "-c", code]
    known = environment(aurora.home, aurora.port)
    done = subprocess.run(shell, cwd=ROOT, env=known, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="", help="a running Aurora instead of one of its own")
    parser.add_argument("--password", default=ADMIN_PASSWORD, help=f"password of {ADMIN_EMAIL} there")
    parser.add_argument("--folder", type=Path, default=Path("screenshots"))
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    with launched() as browser:
        faults = take_all(browser, arguments.url.rstrip("/"), arguments.folder, arguments.password)
    for fault in faults:
        sys.stderr.write(f"{fault}\n")
    sys.stdout.write(f"{len(list(arguments.folder.glob('*.png')))} pictures in {arguments.folder}/\n")
    return 1 if faults else 0


def take_all(browser: Browser, url: str, folder: Path, password: str) -> list[str]:
    if url:
        return photograph(browser, url, folder, password)
    with started() as own:
        faults = photograph(browser, own.url, folder, password, scene=bad_night(own))
    with running() as model, started(OPENAI_BASE_URL=model.url, OPENAI_API_KEY="none", AURORA_MODEL="plain") as own:
        return faults + photograph(browser, own.url, folder, password, model)


if __name__ == "__main__":
    sys.exit(main())
