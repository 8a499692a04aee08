"""Pictures of the pages, 375 and 1440 pixels wide, light and dark, in ``./screenshots``. Run: ``make screenshots``.

Starts an Aurora of its own with the demo organisation; ``--url`` takes pictures of a running one. Exits with 1 when a
page is wider than its window or writes an error to the console.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.e2e.chromium import launched
from tests.live import ADMIN_EMAIL, ADMIN_PASSWORD, start_aurora

WIDTHS = {375: 760, 1440: 900}
SCHEMES = ("light", "dark")
QUESTIONS = (
    "How many days of annual leave do I get?",
    "How do I roll back a deployment?",
    "What is the capital of Peru?",
)
FINISHED = ".turn:last-child .answer[aria-busy=false]"


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
        if message.type == "error" and "404" not in message.text and "400" not in message.text:
            self.faults.append(f"{self.place}{self.suffix}: {message.text}")


def tour(photographer: Photographer) -> None:
    """Every page a visitor and an administrator see."""
    page = photographer.page
    photographer.take("home", "/")
    for question in QUESTIONS:
        page.get_by_label("Your question").fill(question)
        page.keyboard.press("Enter")
        page.locator(".turn:last-child h2", has_text=question).wait_for()
        page.wait_for_selector(FINISHED)
        photographer.take("answer-" + question.split()[-1].strip("?").lower())
    page.locator(".source").first.click()
    page.wait_for_selector(".panel #passage")
    photographer.take("panel")
    document = page.locator("[data-panel-page]").get_attribute("href") or ""
    page.locator("[data-panel-close]").click()
    photographer.take("thread", full=True)
    photographer.take("document", document.split("?")[0])
    photographer.take("passage", document)
    photographer.take("source", document.replace("#", "&view=source#"))
    photographer.take("not-found", "/documents/00000000-0000-0000-0000-000000000000")
    photographer.take("sign-up", "/sign-up")
    page.get_by_role("button", name="Create account").click()
    photographer.take("sign-up-errors", full=True)
    photographer.take("password-reset", "/password-reset")
    photographer.take("sign-in", "/sign-in?next=/documents")


def administrator_tour(photographer: Photographer, password: str) -> None:
    """What signing in adds: uploads, and the menu with everything in it."""
    page = photographer.page
    page.goto(photographer.url + "/sign-in?next=/documents")
    page.get_by_label("E-mail").fill(ADMIN_EMAIL)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/documents")
    photographer.take("documents", full=True)
    photographer.take("documents-none", "/documents?q=zzz")
    menu = page.get_by_role("button", name="Menu")
    if menu.is_visible():
        menu.click()
        photographer.take("menu")
    photographer.take("admin", "/admin/")


def photograph(browser: Browser, url: str, folder: Path, password: str) -> list[str]:
    faults: list[str] = []
    for width, height in WIDTHS.items():
        for scheme in SCHEMES:
            context = browser.new_context(
                viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce"
            )
            photographer = Photographer(context.new_page(), url, folder, f"-{width}-{scheme}")
            tour(photographer)
            administrator_tour(photographer, password)
            context.close()
            faults += photographer.faults
    return faults


@contextmanager
def address(given: str) -> Iterator[str]:
    """The address given, or that of an Aurora started for the pictures."""
    if given:
        yield given.rstrip("/")
        return
    with tempfile.TemporaryDirectory() as home, start_aurora(Path(home), {"RATE_LIMIT_ENABLED": "false"}) as aurora:
        yield aurora.url


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="", help="a running Aurora instead of one of its own")
    parser.add_argument("--password", default=ADMIN_PASSWORD, help=f"password of {ADMIN_EMAIL} there")
    parser.add_argument("--folder", type=Path, default=Path("screenshots"))
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    with address(arguments.url) as url, launched() as browser:
        faults = photograph(browser, url, arguments.folder, arguments.password)
    for fault in faults:
        sys.stderr.write(f"{fault}\n")
    sys.stdout.write(f"{len(list(arguments.folder.glob('*.png')))} pictures in {arguments.folder}/\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
