"""What follows the streamed text: its checks, its citations, the final message, the usage."""

from __future__ import annotations

import re
from typing import Any

from agents.runtime import events
from agents.runtime.citations import citations
from agents.runtime.events import Event
from agents.runtime.grounding import Grounding, ground
from agents.runtime.state import TurnState
from agents.runtime.task import Task, TurnResult

_DONT_KNOW = re.compile(r"(?:(?:i'm|i am) sorry[^.]{0,40}[.,] ?)?i (?:don't|do not) know", re.IGNORECASE)
_SENTENCE = re.compile(r"[^.!?\n]*[.!?\n]?")


def conclude(task: Task, state: TurnState, result: TurnResult) -> list[Event]:
    """Complete the result; the events that show it. A text that was cut off is marked as partial."""
    grounding = _grounding(task, state, result)
    result.text = grounding.text.strip()
    declined = not result.text or result.unanswered or not state.supported or bool(_DONT_KNOW.match(result.text))
    if not declined and result.passages:
        # An answer that rests on what a tool did needs no passage for it.
        cite_shown = result.mode == "llm" and not any(call["ok"] for call in state.done)
        result.citations = citations(result.passages, grounding, result.text, cite_shown=cite_shown)
    result.answered = not declined and not result.error
    result.usage = usage_of(state)
    return _shown(task, result, grounding)


def _grounding(task: Task, state: TurnState, result: TurnResult) -> Grounding:
    if not task.grounded and not result.passages:
        # Nothing is cited by number here, so ``[1]`` is part of the text.
        return Grounding(state.text)
    outputs = [reply.text for exchange in state.exchanges for reply in exchange.replies]
    return ground(state.text, result.passages, outputs)


def _shown(task: Task, result: TurnResult, grounding: Grounding) -> list[Event]:
    shown = [Event("citation", citation) for citation in result.citations]
    if grounding.invalid:
        shown.append(events.warning("INVALID_CITATION", f"The model cited unknown passages: {grounding.invalid}."))
    if result.text:
        message: dict[str, Any] = {
            "text": result.text, "citations": result.citations, "answered": result.answered, "mode": result.mode,
        }  # fmt: skip
        if result.mode == "llm" and task.grounded:
            message["unverified"] = grounding.unverified
        if result.error:
            message["partial"] = True
        shown.append(Event("message", message))
    if result.usage:
        shown.append(Event("usage", result.usage))
    return shown


def usage_of(state: TurnState) -> dict[str, Any]:
    """What the models of a turn used, as the event ``usage`` tells it; empty when none was used."""
    usage = state.spent.as_usage()
    return {**usage, **state.charged} if usage else {}


def only_asks_back(text: str) -> bool:
    """Whether a text claims nothing: it says that it doesn't know, or is made of questions."""
    sentences = [sentence for sentence in _SENTENCE.findall(text) if sentence.strip()]
    return bool(_DONT_KNOW.match(text.strip())) or all(sentence.endswith("?") for sentence in sentences)
