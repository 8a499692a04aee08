"""What every tool looks like to the rest of Aurora."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from agents.providers.base import Passage

Effect = Literal["read", "own", "write"]
RoleName = Literal["viewer", "editor", "admin"]


class ToolError(Exception):
    """A call that can't be done; the text says why and is shown to the model and the reader."""


@dataclass(frozen=True, kw_only=True)
class ToolContext:
    """For whom a tool works."""

    run_id: str
    call_id: str
    organization_id: str
    actor_id: str
    trace_id: str = ""


@dataclass(frozen=True, kw_only=True)
class ToolOutput:
    """What a tool found or did.

    ``text`` is for the model, ``summary`` one line for the reader, ``data`` goes into the event ``tool.result`` beside
    it. ``passages`` are parts of documents that the answer may cite; they are numbered by the turn, and stand in for
    ``text``.
    """

    text: str = ""
    summary: str
    data: Mapping[str, Any] = field(default_factory=dict)
    passages: Sequence[Passage] = ()


class Tool(Protocol):
    """Something that an agent can call.

    ``name`` is dotted (``knowledge.search``); ``parameters`` is a JSON Schema (draft 2020-12) of an object. A tool with
    effect ``write`` changes something outside of the run and is called only after a person with ``role`` approved. One
    with effect ``own`` changes what belongs to the asking person alone, and what can be undone: it is called at once where
    rules read it from that person's own message (``PlannedCall.asked``), and like ``write`` where a model proposes it.
    ``parallel`` ones may be called at the same time as others; ``idempotent`` ones may be called twice.
    """

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def description(self) -> str: ...

    @property
    def parameters(self) -> Mapping[str, Any]: ...

    @property
    def effect(self) -> Effect: ...

    @property
    def idempotent(self) -> bool: ...

    @property
    def parallel(self) -> bool: ...

    @property
    def role(self) -> RoleName: ...

    def summary(self, arguments: Mapping[str, Any]) -> str:
        """What a call would do, in one line for the person who is asked."""
        ...

    async def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolOutput:
        """Do it. Raises ToolError."""
        ...
