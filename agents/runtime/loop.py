"""The agent turn: ask a model over the passages found, stream what it says, check it, cite it.

Pure: knows no database and no request. It yields events; the caller commits and shows them.
"""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from agents.providers.base import (
    UNANSWERED,
    Finished,
    Mode,
    ModelRequest,
    Passage,
    Provider,
    ProviderError,
    Renumbered,
    TextDelta,
    Usage,
)
from agents.runtime import events
from agents.runtime.citations import citations, renumbered
from agents.runtime.events import Event
from agents.runtime.grounding import ground

MAXIMUM_ANSWER_CHARACTERS = 100_000
_DONT_KNOW = re.compile(r"(?:(?:i'm|i am) sorry[^.]{0,40}[.,] ?)?i (?:don't|do not) know", re.IGNORECASE)


@dataclass
class TurnResult:
    """What a turn came to; filled while its events are consumed."""

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
    first_text_ms: float | None = None


async def answer(
    request: ModelRequest, providers: Sequence[Provider], result: TurnResult
) -> AsyncGenerator[Event, None]:
    """Stream an answer from the first provider that gives one; the next is tried only while nothing was shown.

    A question that no passage answers goes straight to the last provider, which says so. When all fail the turn
    ends with an ``error`` event and ``result.error`` set.
    """
    candidates = providers if request.answerable else providers[-1:]
    started = time.monotonic()
    for index, provider in enumerate(candidates):
        try:
            async with aclosing(_generate(request, provider, result, started)) as stream:
                async for event in stream:
                    yield event
        except ProviderError as failure:
            follower = next(iter(candidates[index + 1 :]), None)
            if result.text or follower is None:
                result.error = {"code": failure.code, "message": failure.message, "retryable": failure.retryable}
                yield events.error(failure.code, failure.message, retryable=failure.retryable)
                break
            yield events.warning(failure.code, f"{provider.name}: {failure.message} {follower.name} answers instead.")
            continue
        break
    for event in _conclusion(request, result):
        yield event


async def _generate(
    request: ModelRequest, provider: Provider, result: TurnResult, started: float
) -> AsyncGenerator[Event, None]:
    result.mode, result.provider, result.passages = provider.mode, provider.name, request.passages
    result.model = request.model if provider.mode == "llm" else ""
    async with aclosing(provider.stream(request)) as stream:
        async for item in stream:
            match item:
                case Renumbered(numbers):
                    result.passages = renumbered(request.passages, numbers)
                case TextDelta(text) if text:
                    if result.first_text_ms is None:
                        result.first_text_ms = round((time.monotonic() - started) * 1000, 1)
                    room = MAXIMUM_ANSWER_CHARACTERS - len(result.text)
                    result.text += text[:room]
                    yield events.token(text[:room])
                    if len(text) >= room:
                        yield events.warning("ANSWER_TOO_LONG", "The answer was cut at its maximum length.")
                        return
                case Usage():
                    result.usage = dataclasses.asdict(item)
                case Finished(reason):
                    result.unanswered = reason == UNANSWERED
                    if reason == "length":
                        yield events.warning("ANSWER_CUT", "The model stopped at its token limit.")


def _conclusion(request: ModelRequest, result: TurnResult) -> list[Event]:
    """The checks, citations, final text and usage that follow the streamed text."""
    grounding = ground(result.text, result.passages)
    result.text = grounding.text.strip()
    declined = not request.answerable or not result.text or _declines(result)
    if not declined:
        cite_shown = result.mode == "llm"
        result.citations = citations(result.passages, grounding, result.text, cite_shown=cite_shown)
    result.answered = not declined and not result.error
    concluded = [Event("citation", citation) for citation in result.citations]
    if grounding.invalid:
        concluded.append(events.warning("INVALID_CITATION", f"The model cited unknown passages: {grounding.invalid}."))
    if result.text:
        message: dict[str, Any] = {
            "text": result.text, "citations": result.citations, "answered": result.answered, "mode": result.mode,
        }  # fmt: skip
        if result.mode == "llm":
            message["unverified"] = grounding.unverified
        concluded.append(Event("message", message))
    if result.usage:
        concluded.append(Event("usage", {**result.usage, "model": result.model, "provider": result.provider}))
    return concluded


def _declines(result: TurnResult) -> bool:
    """Whether the answer is that there is none."""
    return result.unanswered or bool(_DONT_KNOW.match(result.text))
