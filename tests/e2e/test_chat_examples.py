"""The JavaScript example of the interface's description, run as it is printed in a browser."""

from __future__ import annotations

import httpx2
import pytest
from playwright.sync_api import Page

from tests.live import LiveAurora

pytestmark = pytest.mark.browser

JAVASCRIPT = """
// Authentication
const response = await fetch('http://localhost:5080/api/auth/login', {
method: 'POST',
headers: { 'Content-Type': 'application/json' },
body: JSON.stringify({
email: 'user@example.com',
password: 'password123'
})
});
const user = await response.json();
// Get chat sessions
const sessions = await fetch('http://localhost:5080/chat_api/sessions', {
headers: { 'X-User-ID': user.id }
});
const data = await sessions.json();
"""


def test_the_javascript_example(live_aurora: LiveAurora, page: Page) -> None:
    person = {"email": "user@example.com", "password": "password123", "name": "John Doe"}
    assert httpx2.post(f"{live_aurora.url}/api/auth/register", json=person).status_code in (201, 409)
    page.goto(f"{live_aurora.url}/sign-in")
    source = JAVASCRIPT.replace("http://localhost:5080", live_aurora.url)
    user, data, status = page.evaluate(f"async () => {{ {source}; return [user, data, sessions.status]; }}")
    assert (user["email"], status, set(data)) == ("user@example.com", 200, {"sessions", "total"})
