"""What tests do on the pages about knowledge."""

from __future__ import annotations

from typing import TypedDict

from playwright.sync_api import Locator, Page, expect

from tests.live import ADMIN_EMAIL, ADMIN_PASSWORD, LiveAurora


class File(TypedDict):
    """A file as Playwright hands it to a page."""

    name: str
    mimeType: str
    buffer: bytes


def sign_in(page: Page, aurora: LiveAurora, path: str) -> None:
    """Sign in as the administrator, who operates the installation too, and open a page."""
    page.goto(f"{aurora.url}/sign-in?next={path}")
    page.get_by_label("E-mail").fill(ADMIN_EMAIL)
    page.get_by_label("Password").fill(ADMIN_PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(aurora.url + path)
    page.wait_for_load_state()


def markdown(name: str, text: str) -> File:
    return {"name": name, "mimeType": "text/markdown", "buffer": text.encode()}


def add(page: Page, *files: File, folder: str = "") -> Locator:
    """Add files on the page of documents; their lines."""
    page.get_by_label("Files").set_input_files(list(files))
    page.get_by_label("Folder").fill(folder)
    page.get_by_role("button", name="Add documents").click()
    return page.get_by_role("list", name="Being added").get_by_role("listitem")
