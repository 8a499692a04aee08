"""One turn of a conversation as its page shows it: a question, and one answer of possibly several."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from agents.catalog.definitions import answers_by_code
from agents.chat.models import Message
from agents.chat.selectors import OPEN_STATES
from agents.pages.answer_html import citation_url, render_answer
from agents.pages.steps import Doings
from agents.pages.wording import ADVICE, STATE_NOTES, mode_label, seconds, sentence, usage_words
from agents.runs.ending import latency_ms
from agents.runs.models import Feedback, Run

LONGEST_QUOTE = 600


@dataclass(frozen=True)
class Switch:
    """Which of several alternatives is shown, and the ones before and after it."""

    number: int
    count: int
    previous: UUID | None
    next: UUID | None


@dataclass(frozen=True)
class Notice:
    """A box under an answer: ``kind`` is error, warning or note."""

    kind: str
    message: str
    detail: str = ""


@dataclass(frozen=True)
class AnswerSource:
    """What is known of an answer beside its message. ``place`` counts from 0 in the line of waiting runs."""

    doings: Doings = field(default_factory=Doings)
    feedback: Feedback | None = None
    unverified: int = 0
    place: int | None = None


@dataclass
class Turn:
    """A question and the answer that is shown; either may be missing. ``state`` is the run's, empty without one."""

    id: str = ""
    question: str = ""
    question_switch: Switch | None = None
    answer_id: str = ""
    answer_switch: Switch | None = None
    run_id: str = ""
    state: str = ""
    is_open: bool = False
    place: int | None = None
    agent: str = ""
    reason: str = ""
    confidence: str = ""
    mode: str = ""
    is_unanswered: bool = False
    text: str = ""
    html: str = ""
    citations: list[dict[str, Any]] = field(default_factory=list)
    doings: Doings = field(default_factory=Doings)
    notices: list[Notice] = field(default_factory=list)
    can_retry: bool = False
    rating: str = ""
    comment: str = ""
    usage: str = ""
    facts: list[tuple[str, str]] = field(default_factory=list)
    trace_id: str = ""

    @property
    def version(self) -> str:
        """Changes when the turn must be drawn anew."""
        switches = [(switch.number, switch.count) for switch in (self.question_switch, self.answer_switch) if switch]
        return digest([self.answer_id, self.run_id, self.state, self.place, switches])

    def answer_with(self, message: Message, source: AnswerSource) -> None:
        """Take in the answer: its message with its run, if it has one."""
        run = message.run
        self.answer_id, self.text = str(message.pk), message.text
        if run is None:
            self.html = render_answer(message.text, [])
            return
        self.run_id, self.state, self.doings = str(run.pk), run.state, source.doings
        self.is_open, self.place = run.state in OPEN_STATES, source.place
        self._name_author(run)
        if self.is_open:
            return
        self.html = render_answer(message.text, message.citations)
        self.citations = [_card(citation) for citation in message.citations]
        self.notices = list(_notices(run, source))
        self.can_retry = run.state == Run.State.CANCELLED or (
            run.state == Run.State.FAILED and run.error.get("retryable") is not False
        )
        if source.feedback:
            self.rating, self.comment = source.feedback.rating, source.feedback.comment
        self.usage = " · ".join([*usage_words(run.usage), seconds(latency_ms(run))])
        self.facts, self.trace_id = list(_facts(self, run)), run.trace_id

    def _name_author(self, run: Run) -> None:
        """Which agent answered and why, and whether a model wrote it."""
        route = run.route or {}
        self.agent = sentence(str(route.get("agent") or run.agent))
        self.reason = str(route.get("reason") or "")
        if isinstance(route.get("confidence"), (int, float)):
            self.confidence = f"{route['confidence']:.2f}"
        self.is_unanswered = run.state == Run.State.SUCCEEDED and run.output.get("answered") is False
        self.mode = mode_label(
            mode=run.mode,
            model=str(run.usage.get("model") or ""),
            is_unanswered=self.is_unanswered,
            is_computed=answers_by_code(run.agent),
        )


def digest(value: object) -> str:
    """A short name for a value, the same for the same value."""
    return hashlib.sha256(json.dumps(value, default=str).encode()).hexdigest()[:16]


def _notices(run: Run, source: AnswerSource) -> Iterable[Notice]:
    if source.unverified:
        which = "one sentence" if source.unverified == 1 else f"{source.unverified} sentences"
        yield Notice("warning", f"No source was found for {which} of this answer.")
    for message in source.doings.warnings:
        yield Notice("warning", message)
    if run.error:
        code = str(run.error.get("code", ""))
        yield Notice("error", str(run.error.get("message", "")), ADVICE.get(code, code))
    elif run.state in STATE_NOTES:
        yield Notice("note", STATE_NOTES[Run.State(run.state)])


def _facts(turn: Turn, run: Run) -> Iterable[tuple[str, str]]:
    if turn.agent:
        yield "Agent", turn.agent
    if turn.reason:
        yield "Chosen because", turn.reason
    if turn.confidence:
        yield "Confidence", turn.confidence
    if run.usage.get("model"):
        yield "Model", str(run.usage["model"])
    if "prompt_tokens" in run.usage:
        estimated = " (estimated)" if run.usage.get("estimated") else ""
        read, written = run.usage["prompt_tokens"], run.usage.get("completion_tokens", 0)
        yield "Tokens", f"{read:,} read, {written:,} written{estimated}"
    yield "Run", str(run.pk)
    yield "Trace", run.trace_id


def _card(citation: Mapping[str, Any]) -> dict[str, Any]:
    """A citation with what its card shows."""
    heading = str(citation.get("heading") or "").split(" > ")
    if heading[0] == citation.get("title"):
        heading = heading[1:]
    text = str(citation.get("quote") or citation.get("text") or "")
    return {
        **citation,
        "title": citation.get("title") or citation.get("path"),
        "within": " › ".join(heading),
        "shown": text if len(text) <= LONGEST_QUOTE else text[:LONGEST_QUOTE].rsplit(None, 1)[0] + " …",
        "url": citation_url(citation),
    }
