"""What a turn is about, and what it comes to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from agents.providers.base import ChatMessage, Mode, Passage, Provider
from agents.runtime.budget import Limits
from agents.runtime.calls import CallLedger
from agents.tools.base import Tool, ToolContext


@dataclass(frozen=True, kw_only=True)
class Task:
    """A question and everything that answering it takes.

    ``question`` is for the model; ``query`` is the same question made to stand alone, for a provider that knows no
    conversation. ``grounded`` answers rest on passages: ``passages`` hold an answer if ``answerable``, and are merely
    the nearest ones if not. ``window`` and ``max_tokens`` are in tokens; ``timeout`` is in seconds of a model's silence,
    ``tool_seconds`` bounds each tool call.
    """

    instructions: str
    question: str
    query: str = ""
    turns: Sequence[ChatMessage] = ()
    passages: Sequence[Passage] = ()
    grounded: bool = True
    answerable: bool = True
    searched: int = 0
    providers: Sequence[Provider]
    tools: Sequence[Tool] = ()
    limits: Limits = field(default_factory=Limits)
    window: int = 16_000
    max_tokens: int = 1_024
    timeout: float = 60.0
    tool_seconds: float = 30.0
    attempt: int = 1
    calls: CallLedger
    context: Callable[[str], ToolContext]


@dataclass
class TurnResult:
    """What a turn came to; filled while its events are consumed, and complete however it ends. ``checkpoint`` is set
    when it waits for an approval; ``calls`` are the tool calls made, in short."""

    text: str = ""
    passages: Sequence[Passage] = ()
    mode: Mode = "extractive"
    model: str = ""
    provider: str = ""
    unanswered: bool = False
    answered: bool = False
    citations: list[dict[str, Any]] = field(default_factory=list)
    usage: dict[str, Any] = field(default_factory=dict)
    error: dict[str, Any] = field(default_factory=dict)
    warnings: list[dict[str, Any]] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)
    checkpoint: dict[str, Any] | None = None
    first_text_ms: float | None = None
