"""No secret and nothing personal that comes in by any door reaches the ledger, the log, or a model's server."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import AsyncClient

from agents.knowledge.services import document_apply, document_upload
from agents.runs.database import in_database
from agents.tools.base import ToolContext, ToolError, ToolOutput
from audit.models import PersonalText, Record
from aurora_site.accounts.models import Membership
from aurora_site.core.logs import formatter
from aurora_site.core.redaction import KINDS
from tests.agents.chat_client import Chat, socket
from tests.agents.conftest import LEAVE, Streams
from tests.agents.turns import EchoTool, asked, of
from tests.model_replies import Reply
from tests.model_server import ModelServer

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "retrieval"])

KEY_LINES = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7"
# One of each kind: what is planted, and the part of it that must not be found.
CANARIES = {
    "email": ("kestrel.mirabel@example.org", "kestrel.mirabel"),
    "phone": ("+44 20 7946 0958", "7946 0958"),
    "card": ("5555 5555 5555 4444", "5555 5555"),
    "iban": ("DE89 3704 0044 0532 0130 00", "0532 0130"),
    "national-id": ("078-05-1120", "078-05"),
    "key": ("ghp_16C7e42F292c6912E7710c838347Ae178B4a", "c838347Ae178"),
    "token": ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJrZXN0cmVsIn0.c2lnbmF0dXJlMTIz", "eyJzdWIiOiJrZXN0cmVsIn0"),
    "secret": ("password=Vermilion77Otter", "Vermilion77"),
    "private-key": (f"-----BEGIN PRIVATE KEY-----\n{KEY_LINES}\n-----END PRIVATE KEY-----", KEY_LINES),
}
PLANTED = "How many days of leave? " + " ; ".join(planted for planted, _ in CANARIES.values())
QUIET = "zirconium lantern"
ADDRESS, PASSWORD = "kestrel.mirabel@example.org", "Vermilion77Otter"


def found_in(text: str) -> list[str]:
    """The kinds of canaries that a text holds, however JSON may have escaped it."""
    return [kind for kind, (_, part) in CANARIES.items() if part in text or json.dumps(part)[1:-1] in text]


def test_there_is_a_canary_of_every_kind() -> None:
    assert set(CANARIES) == KINDS
    assert found_in(PLANTED) == list(CANARIES)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What this installation logs, as it is written."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(formatter())
    loggers = [logging.getLogger(), *(logging.getLogger(name) for name in ("django", "aurora_site", "agents", "audit"))]
    reached = [logger for logger in loggers if logger is loggers[0] or not logger.propagate]
    for logger in reached:
        logger.addHandler(handler)
    yield written
    for logger in reached:
        logger.removeHandler(handler)


@pytest.fixture(autouse=True)
def model(model_server: ModelServer, settings: Any) -> ModelServer:
    settings.OPENAI_BASE_URL, settings.AURORA_MODEL = model_server.url, "scripted"
    return model_server


WORD = {"type": "string", "description": f"For example {PLANTED}"}
PARAMETERS = {"type": "object", "properties": {"word": WORD, "password": {"type": "string"}}, "required": ["word"]}


class Telling(EchoTool):
    """A tool that gives canaries back, then fails with some, then breaks with some."""

    times = 0

    async def call(self, arguments: Any, context: ToolContext) -> ToolOutput:
        self.times += 1
        if self.times == 2:
            raise ToolError(f"No such thing: {PLANTED}")
        if self.times == 3:
            raise RuntimeError(PLANTED)
        return ToolOutput(text=PLANTED, summary=PLANTED)


def _mark_in(body: dict[str, Any]) -> str:
    found = re.search(r"\[redacted-phone-\d+\]", json.dumps(body))
    assert found is not None
    return found.group()


def ledger() -> str:
    bodies = [bytes(body).decode() for body in Record.objects.values_list("body", flat=True)]
    return "\n".join([*bodies, *PersonalText.objects.values_list("text", flat=True)])


def redactions() -> set[str]:
    told = [json.loads(bytes(body))["redactions"] for body in Record.objects.values_list("body", flat=True)]
    return {kind for record in told for counts in record.values() for kind in counts}


async def test_nothing_planted_in_questions_tools_and_documents_is_kept_logged_or_sent(
    editor: Membership,
    streams: Streams,
    chat: Chat,
    model: ModelServer,
    log: io.StringIO,
    use_tool: Callable[[EchoTool], EchoTool],
) -> None:
    def documents() -> None:
        content = LEAVE + f"\n\n## Days of leave for contacts\n\n{PLANTED}\n".encode()
        document = document_upload(
            organization=editor.organization, actor=editor.user, filename="leave.md", content=content
        )
        document_apply(document_id=str(document.pk))

    await in_database(documents)
    tool = use_tool(Telling(description=f"Gives back. {PLANTED}", parameters=PARAMETERS))
    model.script(
        *(Reply("", [("test_echo", {"word": f"{number} {PLANTED}", "password": PASSWORD})]) for number in range(3)),
        lambda body: f"Call {_mark_in(body)}.",
    )
    events = await asked(streams, f"{PLANTED} {QUIET}")
    assert of(events, "run.finished")[0]["state"] == "succeeded"
    # Whom to call stands in the answer all the same.
    assert of(events, "message")[0]["text"] == f"Call {CANARIES['phone'][0]}."
    assert tool.times == 3  # type: ignore[attr-defined]

    session = await chat.session(title=PLANTED[:180], uiState={"draft": PLANTED})
    await chat.asked(session["id"], PLANTED)
    posted = await chat.asked(session["id"], f"And how many for me? {PLANTED}")
    async with socket(session["id"], streams.headers) as browser:
        await browser.send({"type": "message", "message": f"What about {PLANTED}"})
        await browser.until(lambda frame: frame["type"] == "run.finished")
    client = AsyncClient(raise_request_exception=False)
    rated = await client.post(
        f"/api/v1/runs/{posted['run_id']}/feedback",
        json.dumps({"rating": "down", "comment": PLANTED}),
        content_type="application/json",
        headers=streams.headers,
    )
    assert rated.status_code == 200, rated.content

    sent = json.dumps(model.requests, ensure_ascii=False)
    assert len(model.requests) >= 7
    assert "[redacted-card]" in sent
    # The schema of a tool stays whole.
    assert model.requests[0]["tools"][-1]["function"]["parameters"]["properties"]["password"] == {"type": "string"}
    assert found_in(sent) == []
    assert found_in(await in_database(ledger)) == []
    assert await in_database(redactions) >= KINDS
    assert found_in(log.getvalue()) == []
    # What nothing tells from other words isn't taken out; it isn't logged in the first place.
    assert QUIET not in log.getvalue()
    assert QUIET in sent


async def test_nothing_planted_in_requests_is_kept_or_logged(
    editor: Membership, streams: Streams, log: io.StringIO
) -> None:
    client = AsyncClient(raise_request_exception=False)
    planted = PLANTED.replace("\n", " ")
    strange = {
        **streams.headers,
        "User-Agent": planted,
        "X-Request-ID": planted,
        "X-Org-ID": planted,
        "Referer": planted,
    }

    async def post(path: str, body: Any) -> int:
        return (await client.post(path, json.dumps(body), content_type="application/json")).status_code

    assert await post("/api/auth/login", {"email": ADDRESS, "password": PASSWORD}) == 401
    assert await post("/api/auth/register", {"email": ADDRESS, "password": PASSWORD, "name": planted[:100]}) == 201
    assert await post("/api/auth/login", {"email": ADDRESS, "password": PASSWORD + "x"}) == 401
    assert await post("/api/auth/login", {"email": ADDRESS, "password": PASSWORD}) == 200
    assert await post("/api/auth/password-reset", {"email": ADDRESS}) in (200, 202, 404)
    refused = [
        await client.get("/api/v1/runs", headers=strange),
        await client.get("/api/v1/knowledge/search", {"q": planted, "token": PASSWORD}, headers=streams.headers),
        await client.get(f"/api/v1/{planted}", {"ticket": PASSWORD}, headers=streams.headers),
        await client.post(
            "/api/v1/knowledge/documents", planted, content_type="application/json", headers=streams.headers
        ),
    ]
    assert {answer.status_code for answer in refused} <= {200, 400, 403, 404}
    # Words that nothing tells from others, in the address of what is refused.
    stranger = AsyncClient(raise_request_exception=False)
    statuses = [
        (await stranger.get(path, {"q": QUIET, "k": QUIET}, headers=headers)).status_code
        for path, headers in (
            ("/api/v1/knowledge/search", streams.headers),
            ("/api/v1/runs", {}),
            ("/admin/audit/records", streams.headers),
            ("/api/v1/nothing-here", streams.headers),
        )
    ]
    assert statuses == [400, 401, 403, 404]
    logging.getLogger("aurora_site").warning("said %s", PLANTED, extra={"api_key": PASSWORD, "about": {"who": ADDRESS}})
    try:
        raise ValueError(PLANTED)
    except ValueError:
        logging.getLogger("aurora_site").exception("it failed")
    assert "it failed" in log.getvalue()
    assert "/api/v1/nothing-here" in log.getvalue()
    assert not [word for word in QUIET.split() if word in log.getvalue()]
    assert found_in(log.getvalue()) == []
    assert found_in(await in_database(ledger)) == []
