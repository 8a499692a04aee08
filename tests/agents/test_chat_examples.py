"""The code examples of the interface's description, run as they are printed against a running Aurora.

Only the address and the id of the user that registered are put in.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any

import httpx2
import pytest

from tests.conftest import IN_CI
from tests.live import LiveAurora

PRINTED_URL, PRINTED_USER = "http://localhost:5080", "user_abc123"

PYTHON = """
import requests
# Authentication
response = requests.post(
"http://localhost:5080/api/auth/login",
json={
"email": "user@example.com",
"password": "password123"
}
)
user = response.json()
# Create chat session
response = requests.post(
"http://localhost:5080/chat_api/sessions",
headers={"X-User-ID": user["id"]},
json={
"title": "Deploy to GKE",
"messages": []
}
)
session = response.json()
"""
CURL_LOGIN = """
curl -X POST http://localhost:5080/api/auth/login \\
-H "Content-Type: application/json" \\
-d '{"email":"user@example.com","password":"password123"}'
"""
CURL_INCIDENTS = """
curl http://localhost:5080/api/incidents \\
-H "X-User-ID: user_abc123"
"""


@pytest.fixture(scope="module")
def person(live_aurora: LiveAurora) -> str:
    """The id of the person in the examples, who has registered, here or in another test."""
    body = {"email": "user@example.com", "password": "password123", "name": "John Doe"}
    assert httpx2.post(f"{live_aurora.url}/api/auth/register", json=body).status_code in (201, 409)
    return str(httpx2.post(f"{live_aurora.url}/api/auth/login", json=body).json()["id"])


def printed(source: str, aurora: LiveAurora, person: str) -> str:
    return source.replace(PRINTED_URL, aurora.url).replace(PRINTED_USER, person)


def test_the_python_example(live_aurora: LiveAurora, person: str) -> None:
    names: dict[str, Any] = {}
    exec(printed(PYTHON, live_aurora, person), names)
    assert names["response"].status_code == 201
    session = names["session"]
    assert (names["user"]["id"], session["title"], session["messages"]) == (person, "Deploy to GKE", [])
    assert set(session) >= {"id", "title", "messages", "created_at", "status"}
    listed = httpx2.get(f"{live_aurora.url}/chat_api/sessions", headers={"X-User-ID": person}).json()["sessions"]
    assert session["id"] in [each["id"] for each in listed]


def test_the_curl_examples(live_aurora: LiveAurora, person: str) -> None:
    if shutil.which("curl") is None:
        pytest.fail("curl is not installed.") if IN_CI else pytest.skip("curl is not installed.")
    user = _shell(printed(CURL_LOGIN, live_aurora, person))
    assert (user["id"], user["email"], user["name"]) == (person, "user@example.com", "John Doe")
    assert _shell(printed(CURL_INCIDENTS, live_aurora, person))["incidents"] == []


def _shell(command: str) -> Any:
    done = subprocess.run(["bash", "-c", command.strip()], capture_output=True, check=True, timeout=30)
    return json.loads(done.stdout)
