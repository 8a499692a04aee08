"""People who ask, and documents to ask about."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
from django.test import AsyncClient

from agents.catalog.builtin import ASSISTANT
from agents.catalog.definitions import register as register_agent
from agents.knowledge.services import document_apply, document_upload
from agents.runs.models import RunEvent
from agents.tools import registry
from aurora_site.accounts.models import Membership, Role
from tests.agents.event_schema import stored_faults
from tests.factories.accounts import Api, member_factory, signed_in_as

if TYPE_CHECKING:
    from tests.agents.chat_client import Chat
    from tests.agents.turns import EchoTool

LEAVE = b"""---
title: Annual leave
owner: people@example.com
---
# Annual leave

## How much leave you get

Everyone gets 25 days of paid leave a year. Unused days up to five move into the next year.

## Booking

Book leave in the people portal two weeks ahead. Your lead answers within two working days.
"""
DISK = b"""# Disk full

When `DiskSpaceLow` fires, delete old logs with `journalctl --vacuum-size=500M` and page the platform team.
"""


@pytest.fixture(autouse=True)
def stored_events_keep_the_schema(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a test leaves in the log is as docs/schemas describes it."""
    marked = request.node.get_closest_marker("django_db") is not None
    uses_database = marked or {"db", "transactional_db"} & set(request.fixturenames)
    if uses_database:
        # Set up before this fixture, so taken down after it.
        request.getfixturevalue("_django_db_helper")
    yield
    if uses_database:
        assert stored_faults() == []


@pytest.fixture
def editor(transactional_db: None) -> Membership:
    return member_factory(role=Role.EDITOR)


@pytest.fixture
def api(editor: Membership) -> Api:
    return signed_in_as(editor)


@pytest.fixture
def documents(editor: Membership) -> dict[str, Any]:
    """Two indexed documents of the editor's organisation, by path."""
    stored = {}
    for path, content in {"policies/annual-leave.md": LEAVE, "runbooks/disk-full.md": DISK}.items():
        document = document_upload(organization=editor.organization, actor=editor.user, filename=path, content=content)
        document_apply(document_id=str(document.pk))
        stored[path] = document
    return stored


@dataclass
class Streams:
    """An asynchronous client that reads event streams; runs live on the test's event loop."""

    headers: dict[str, str]

    async def post(self, path: str, body: dict[str, Any], **headers: str) -> Any:
        return await AsyncClient().post(
            path,
            json.dumps(body),
            content_type="application/json",
            headers={"Accept": "text/event-stream", **self.headers, **headers},
        )

    async def get(self, path: str, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await AsyncClient().get(path, headers={"Accept": "text/event-stream", **self.headers, **named})


@pytest.fixture
def scripts() -> Iterator[None]:
    """Runs that do what a test scripts."""
    from tests.agents import scripted

    with scripted.registered():
        yield


@pytest.fixture
def member(transactional_db: None) -> Membership:
    return member_factory()


@pytest.fixture
def streams(api: Api) -> Streams:
    return Streams(api.headers)


@pytest.fixture
def chat(api: Api) -> Chat:
    """The editor, chatting."""
    from tests.agents.chat_client import Chat

    return Chat(api.headers)


@pytest.fixture
def use_tool() -> Iterator[Callable[[EchoTool], EchoTool]]:
    """Gives the assistant a tool of the tests' own."""
    names = list(ASSISTANT.tools)

    def use(tool: EchoTool) -> EchoTool:
        registry.register(tool)
        names.append(tool.name)
        register_agent(replace(ASSISTANT, tools=tuple(names)))
        return tool

    yield use
    register_agent(ASSISTANT)
    for name in names:
        if name not in ASSISTANT.tools:
            registry.unregister(name)


async def frames(response: Any) -> AsyncIterator[dict[str, Any]]:
    """The events of a stream, each as its JSON; checks that id and event repeat what the data says."""
    buffer = b""
    async for part in response.streaming_content:
        buffer += part
        while b"\n\n" in buffer:
            frame, buffer = buffer.split(b"\n\n", 1)
            lines = dict(line.split(": ", 1) for line in frame.decode().split("\n") if not line.startswith(":"))
            if "data" not in lines:
                continue
            event = json.loads(lines["data"])
            assert (lines["id"], lines["event"]) == (str(event["seq"]), event["type"])
            yield event


async def wait_for(condition: Any, seconds: float = 10) -> None:
    """Return when a condition over the database holds."""
    from agents.runs.database import in_database

    async with asyncio.timeout(seconds):
        while not await in_database(condition):
            await asyncio.sleep(0.01)


def stored_types(run_id: str) -> list[str]:
    return list(RunEvent.objects.filter(run_id=run_id).order_by("seq").values_list("type", flat=True))
