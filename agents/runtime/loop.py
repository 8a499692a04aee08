"""The agent turn: ask a model over the passages found, stream what it says, check it, cite it.

Pure: knows no database and no request. It yields events; the caller commits and shows them.
"""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import AsyncIterator, Sequence
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
    TextDelta,
    Usage,
)
from agents.runtime import events
from agents.runtime.events import Event
from agents.runtime.grounding import MARKER, Grounding, ground, supports

MAXIMUM_ANSWER_CHARACTERS = 100_000
_DONT_KNOW = re.compile(r"(?:(?:i'm|i am) sorry[^.]{0,40}[.,] ?)?i (?:don't|do not) know", re.IGNORECASE)


@dataclass
class TurnResult:
    """What a turn came to; filled while its events are consumed."""

    text: str = ""
    mode: Mode = "extractive"
    model: str = ""
    provider: str = ""
    unanswered: bool = False
    answered: bool = False
    citations: list[dict[str, Any]] = field(default_factory=list)
    usage: dict[str, Any] = field(default_factory=dict)
    error: dict[str, Any] = field(default_factory=dict)
    first_text_ms: float | None = None


async def answer(request: ModelRequest, providers: Sequence[Provider], result: TurnResult) -> AsyncIterator[Event]:
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
) -> AsyncIterator[Event]:
    result.mode, result.provider = provider.mode, provider.name
    result.model = request.model if provider.mode == "llm" else ""
    async with aclosing(provider.stream(request)) as stream:  # type: ignore[type-var]
        async for item in stream:
            match item:
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
    grounding = ground(result.text, request.passages)
    result.text = grounding.text.strip()
    result.citations = _citations(request.passages, grounding, result)
    result.answered = bool(request.answerable and result.text and not result.error and not _declines(result))
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


def _citations(passages: Sequence[Passage], grounding: Grounding, result: TurnResult) -> list[dict[str, Any]]:
    """The passages cited, then those that support an uncited sentence; a model's answer that has neither cites what
    it was shown, marked ``basis: "shown"``."""
    basis = dict.fromkeys(grounding.cited, "cited") | dict.fromkeys(grounding.supported_by, "matched")
    if not basis and result.mode == "llm" and result.text:
        basis = {passage.number: "shown" for passage in passages}
    by_number = {passage.number: passage for passage in passages}
    return [citation(by_number[number], result.text, kind) for number, kind in basis.items()]


def citation(passage: Passage, answer_text: str, basis: str) -> dict[str, Any]:
    """A citation as clients see it; ``quote`` is the part of the passage that the answer rests on, where one is found,
    and ``marks`` are its offsets in the document."""
    plain = MARKER.sub("", answer_text)
    quoted = [sentence for sentence in passage.sentences if sentence.text.strip() and supports(plain, sentence.text)]
    if not quoted and passage.sentences:
        quoted = [max(passage.sentences, key=lambda sentence: sentence.score)]
    return {
        "id": passage.id,
        "number": passage.number,
        "document_id": passage.document_id,
        "path": passage.path,
        "title": passage.title,
        "heading": passage.heading,
        "text": passage.text,
        "start": passage.start,
        "end": passage.end,
        "score": round(passage.score, 4),
        "quote": " … ".join(sentence.text for sentence in quoted[:3]),
        "marks": [[sentence.start, sentence.end] for sentence in quoted[:3]],
        "basis": basis,
    }
