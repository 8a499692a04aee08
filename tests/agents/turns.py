"""Asking an agent over the real ASGI application, with a scripted model behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from agents.providers.base import Passage
from agents.tools.base import Effect, RoleName, ToolContext, ToolOutput
from tests.agents.conftest import Streams, frames

QUESTION = "How many days of leave do I get?"
SEARCH, READ, REPORT = "knowledge_search", "knowledge_read", "knowledge_report_outdated"
DISK_FULL = {"path": "runbooks/disk-full.md"}
Seen = tuple[str, dict[str, Any]]


async def asked(streams: Streams, question: str = QUESTION, agent: str = "assistant") -> list[dict[str, Any]]:
    """All events of a run that answers a question."""
    response = await streams.post(f"/agents/{agent}/stream", {"msg": question})
    return [event async for event in frames(response)]


def of(events: list[dict[str, Any]], *types: str) -> list[dict[str, Any]]:
    """The data of the events of these types, in order."""
    return [event["data"] for event in events if event["type"] in types]


def shown_types(events: list[dict[str, Any]]) -> list[str]:
    """The types in order, neighbouring pieces of text as one: how many there are depends on the pace."""
    types = [event["type"] for event in events]
    return [kind for kind, before in zip(types, ["", *types], strict=False) if not kind == before == "token"]


def after_search(events: list[dict[str, Any]]) -> list[str]:
    """The types of what follows the turn's own search."""
    types = shown_types(events)
    return types[types.index("thought") + 1 :]


def results(events: list[dict[str, Any]]) -> list[tuple[str, str, bool, str]]:
    """Call id, tool, whether it went well and the code of each result but that of the turn's own search."""
    told = of(events, "tool.result")[1:]
    return [(data["call_id"], data["name"], data["ok"], data.get("code", "")) for data in told]


def told(request: dict[str, Any]) -> list[str]:
    """What the tool messages of a request to the model say."""
    return [message["content"] for message in request["messages"] if message["role"] == "tool"]


@dataclass
class EchoTool:
    """A tool of the tests' own: gives back what it gets, as its fields say."""

    name: str = "test.echo"
    title: str = "Echo"
    description: str = "Gives back what it gets."
    parameters: Mapping[str, Any] = field(
        default_factory=lambda: {
            "type": "object",
            "properties": {"word": {"type": "string"}},
            "required": ["word"],
            "additionalProperties": False,
        }
    )
    effect: Effect = "read"
    idempotent: bool = True
    parallel: bool = True
    role: RoleName = "viewer"
    output: str = "echo: {word}"
    passages: tuple[Passage, ...] = ()
    calls: list[tuple[Mapping[str, Any], ToolContext]] = field(default_factory=list)

    def summary(self, arguments: Mapping[str, Any]) -> str:
        return f"Echo {arguments['word']}"

    async def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolOutput:
        self.calls.append((arguments, context))
        await self.work(arguments)
        text = self.output.format(**arguments)
        return ToolOutput(text=text, summary=f"Echoed {arguments['word']}.", passages=self.passages)

    async def work(self, arguments: Mapping[str, Any]) -> None:
        """What it does before it answers."""
