"""The parts that a trace's page tells a run in, each with the records that it rests on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agents.pages.answer_html import render_answer
from agents.pages.wording import plain_arguments, sentence
from audit.pages.checking import Standing, Verdict, worst
from audit.pages.entries import Entry
from audit.pages.making import making_of
from audit.pages.sources import Source
from audit.pages.story import ANSWER, QUERY, QUESTION, Call, Story
from audit.pages.wording import fact_rows, redaction_words, warning_words, when_of

Judge = Callable[[Entry], Verdict]
# Texts with a part of their own, and what a call's records repeat of it.
TOLD = (QUESTION, ANSWER, QUERY)
OF_THE_CALL = ("call_id", "tool", "fingerprint", "effect")


@dataclass
class Part:
    """A section of the page: ``kind`` names its template, ``told`` is what that shows, ``verdicts`` what it rests on,
    ``within`` what records shown one by one in it rest on."""

    kind: str
    title: str
    verdicts: list[Verdict] = field(default_factory=list)
    told: dict[str, Any] = field(default_factory=dict)
    within: list[Verdict] = field(default_factory=list)

    @property
    def template(self) -> str:
        return f"audit/_part_{self.kind}.html"

    @property
    def standing(self) -> Standing:
        return worst(verdict.standing for verdict in (*self.verdicts, *self.within))


@dataclass(frozen=True)
class Told:
    """What the parts are told with: how records are judged, names of people, the run's sources."""

    judge: Judge
    names: Mapping[str, str]
    sources: Sequence[Source]
    session_url: str = ""
    state: str = ""


def parts_of(story: Story, told: Told) -> Iterator[Part]:
    """From the question to what was thought of the answer."""
    yield _asked(story, told)
    if said := story.consent:
        yield Part("consent", "Consent", [told.judge(said).about(())], {"consent": said.data["consent"]})
    end = story.end
    if end is not None:
        yield from _agent(end, told)
        yield _search(end, told)
    if story.calls or (end and end.data.get("consent") is not False):
        yield _tools(story, told)
    if end is None:
        yield Part("unfinished", "The answer", told={"state": told.state})
    else:
        yield _answer(story, end, told)
        yield Part("making", "How it was made", [told.judge(end).about(())], making_of(end))
    yield from _feedback(story, told)
    if story.rest:
        items = [item_of(entry, told) for entry in story.rest]
        yield Part("rest", "Also recorded", told={"items": items}, within=[told.judge(entry) for entry in story.rest])


def item_of(entry: Entry, told: Told) -> dict[str, Any]:
    """A record by itself: what happened, who did it, what it says."""
    return {
        "title": when_of(entry.event),
        "entry": entry,
        "by": told.names.get(entry.record.actor_id, ""),
        "facts": fact_rows(entry.data, names=told.names, hidden=OF_THE_CALL if "call_id" in entry.data else ()),
        "texts": [text_of(entry, name) for name in (*entry.texts, *entry.erased) if name not in TOLD],
        "verdicts": [told.judge(entry)],
    }


def text_of(entry: Entry, name: str) -> dict[str, Any]:
    """A personal text as it is shown; ``erased`` when the record is bound to it and it is gone. Those that are JSON are
    shown as names and values."""
    text = entry.texts.get(name, "")
    return {
        "name": sentence(name),
        "text": text,
        "rows": _rows(text) if name == "arguments" else [],
        "is_output": name == "output",
        "erased": name in entry.erased,
        "redacted": redaction_words(entry.redactions.get(name, {})),
    }


def _rows(text: str) -> list[tuple[str, str]]:
    try:
        return plain_arguments(json.loads(text)) if text else []
    except ValueError:
        return []


def _asked(story: Story, told: Told) -> Part:
    question, first = story.question, story.asked or story.question or story.entries[0]
    rests_on = [first] if question in (None, first) else [question, first]
    agent = str((story.asked.data if story.asked else {}).get("agent") or "")
    return Part(
        "asked",
        "Asked",
        [told.judge(entry).about([QUESTION]) for entry in rests_on if entry],
        {
            "text": text_of(question, QUESTION) if question else None,
            "by": told.names.get(first.record.actor_id, ""),
            "at": first.at,
            "agent": sentence(agent),
            "session_url": told.session_url,
            "when": when_of(first.event) if story.asked else "",
        },
    )


def _agent(end: Entry, told: Told) -> Iterator[Part]:
    """Who answered and why: others that were thought of stand beside, by how likely they were."""
    route = end.data.get("route")
    route = route if isinstance(route, Mapping) else {}
    name = str(route.get("agent") or end.data.get("agent") or "")
    if not name:
        return
    shares = {name: route.get("confidence"), **_mapping(route.get("alternatives"))}
    candidates = [
        {"name": sentence(agent), "share": str(share), "percent": percent(share), "is_chosen": agent == name}
        for agent, share in shares.items()
        if share is not None
    ]
    shown = {"agent": sentence(name), "reason": str(route.get("reason") or ""), "candidates": candidates}
    yield Part("agent", "Agent", [told.judge(end).about(())], shown)


def _search(end: Entry, told: Told) -> Part:
    query = text_of(end, QUERY) if QUERY in end.texts or QUERY in end.erased else None
    return Part(
        "search",
        "Searched and found",
        [told.judge(end).about([QUERY])],
        {
            "query": query,
            "sources": told.sources,
            "greeting": end.data.get("greeting") is True,
            "refused": end.data.get("consent") is False,
            "index_version": str(end.data.get("index_version") or ""),
            "searched": end.data.get("searched"),
            "found": sum(source.is_scored for source in told.sources),
            "cited": sum(source.number > 0 for source in told.sources),
        },
    )


def _tools(story: Story, told: Told) -> Part:
    calls = [_call(call, told) for call in story.calls]
    rests_on = [told.judge(story.end).about(())] if story.end else []
    within = [told.judge(entry) for call in story.calls for entry in call.entries]
    return Part("tools", "Tools called", rests_on, {"calls": calls}, within)


def _call(call: Call, told: Told) -> dict[str, Any]:
    return {
        "title": sentence(call.name) or call.call_id,
        "effect": call.effect,
        "ok": call.ok,
        "code": call.code,
        "items": [item_of(entry, told) for entry in call.entries],
    }


def _answer(story: Story, end: Entry, told: Told) -> Part:
    entry = story.answer
    text = text_of(entry, ANSWER) if entry else None
    cited = [source for source in told.sources if source.number]
    citations = [source.as_citation() for source in cited if source.url]
    error = _mapping(end.data.get("error"))
    return Part(
        "answer",
        "Answered",
        [told.judge(end).about([ANSWER])],
        {
            "text": text,
            "html": render_answer(text["text"], citations) if text else "",
            "answered": end.data.get("answered"),
            "error": str(error.get("message") or ""),
            "warnings": [warning_words(str(code)) for code in end.data.get("warnings") or []],
            "state": end.event.removeprefix("agents.run_"),
            "at": end.at,
            "cited": sorted(cited, key=lambda source: source.number),
        },
    )


def _feedback(story: Story, told: Told) -> Iterator[Part]:
    if not story.feedback:
        return
    given = [
        {
            "rating": entry.data.get("rating"),
            "by": told.names.get(entry.record.actor_id, ""),
            "at": entry.at,
            "comment": text_of(entry, "comment") if "comment" in entry.commitments else None,
        }
        for entry in story.feedback
    ]
    yield Part("feedback", "Feedback", [told.judge(entry) for entry in story.feedback], {"given": given})


def percent(share: object) -> int:
    """A share of a record (a number, or its decimal text) as a whole percentage."""
    try:
        return round(100 * min(1.0, max(0.0, float(str(share)))))
    except ValueError:
        return 0


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
