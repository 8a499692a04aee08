"""A trace told as what it was: a question, whether it might be answered, by whom, from what, with which tools, and how."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from audit.pages.entries import Entry, texts_named

ENDS = ("agents.run_succeeded", "agents.run_failed", "agents.run_cancelled")
FEEDBACK = "agents.feedback_given"
ASKED, REFUSED = "agents.question_asked", "agents.consent_refused"
QUESTION, ANSWER, QUERY = "question", "answer", "query"


@dataclass
class Call:
    """A tool call: what the records say of it, in order."""

    call_id: str
    name: str = ""
    effect: str = ""
    ok: bool | None = None
    code: str = ""
    entries: list[Entry] = field(default_factory=list)


@dataclass
class Story:
    """What the records of one run tell. ``end`` is the record of how it ended, None while it goes on or when the trace has
    no run; ``rest`` are the records that belong to none of the other parts."""

    run_id: str
    entries: Sequence[Entry]
    end: Entry | None = None
    asked: Entry | None = None
    calls: list[Call] = field(default_factory=list)
    feedback: list[Entry] = field(default_factory=list)
    rest: list[Entry] = field(default_factory=list)

    @property
    def question(self) -> Entry | None:
        """The record that is bound to the question's text."""
        return texts_named(self.entries, QUESTION)

    @property
    def answer(self) -> Entry | None:
        return self.end if self.end and (ANSWER in self.end.texts or ANSWER in self.end.erased) else None

    @property
    def consent(self) -> Entry | None:
        """The record that says whether consent was given."""
        return next((entry for entry in self.entries if isinstance(entry.data.get("consent"), bool)), None)

    @property
    def data(self) -> Mapping[str, Any]:
        """What the record of the end says."""
        return self.end.data if self.end else {}


def stories_of(entries: Sequence[Entry]) -> tuple[list[Story], list[Entry]]:
    """The runs that records tell of, in order, and the records that tell of none."""
    by_run: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_run[entry.run_id].append(entry)
    others = by_run.pop("", [])
    return [_story(run_id, rows) for run_id, rows in by_run.items()], others


def _story(run_id: str, entries: Sequence[Entry]) -> Story:
    story = Story(run_id, entries)
    calls: dict[str, Call] = {}
    for entry in entries:
        if entry.event in ENDS:
            story.end = entry
        elif entry.event == FEEDBACK:
            story.feedback.append(entry)
        elif call_id := str(entry.data.get("call_id") or ""):
            call = calls.setdefault(call_id, Call(call_id))
            call.entries.append(entry)
            _tell(call, entry.data)
        elif story.asked is None and (entry.event in (ASKED, REFUSED) or entry.event.startswith("chat.")):
            story.asked = entry
        else:
            story.rest.append(entry)
    for brief in _briefs(story.data):
        call = calls.setdefault(str(brief["call_id"]), Call(str(brief["call_id"])))
        _tell(call, brief)
    story.calls = list(calls.values())
    return story


def _briefs(data: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The tool calls that the record of a run's end sums up."""
    for brief in data.get("tools") or []:
        if isinstance(brief, Mapping) and brief.get("call_id"):
            yield brief


def _tell(call: Call, data: Mapping[str, Any]) -> None:
    call.name = call.name or str(data.get("tool") or data.get("name") or "")
    call.effect = call.effect or str(data.get("effect") or "")
    call.code = call.code or str(data.get("code") or "")
    if isinstance(data.get("ok"), bool):
        call.ok = data["ok"]
