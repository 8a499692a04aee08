"""Reads from a message which item of the plan was done, is to be skipped, or is to be opened again. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from learning.agents.naming import FILLERS, meant, named_in, words_of
from learning.agents.wishes import ItemName, Known, Outcome, Wish
from learning.agents.words import word_set

_WHAT = r"(?P<what>[^.?!;]{1,160}?)"
_END = r"(?:\s*(?:,|and)?\s*(?:please |can you |could you )?(?:mark|tick|check|set) (?:it|that)\b.*)?[.?!]*$"
_DONE = (
    re.compile(
        rf"\b(?:mark|tick|check|set|count)(?: off)? {_WHAT} (?:as |to )?(?:done|complete|completed|finished)\b", re.I
    ),
    re.compile(rf"\b(?:tick|check) off {_WHAT}[.?!]*$", re.I),
    re.compile(
        (
            rf"\bi(?:'ve| have)?(?: just| now| already)? (?:finished|completed|done"
            rf"|did|read|watched)(?: with)? {_WHAT}{_END}"
        ),
        re.I,
    ),
    re.compile(rf"^(?:complete|finish) {_WHAT}[.!]*$", re.I),
    re.compile(rf"^{_WHAT} (?:is|are)(?: now)? (?:done|finished|complete|completed)[.!]*$", re.I),
)
_SKIPPED = (
    re.compile(rf"\b(?:skip|pass over) {_WHAT}[.?!]*$", re.I),
    re.compile(rf"\bmark {_WHAT} (?:as )?skipped\b", re.I),
)
_OPENED = (
    re.compile(rf"\b(?:undo|reopen|re-open|open again|unmark|untick|uncheck) {_WHAT}[.?!]*$", re.I),
    re.compile(
        (
            rf"^{_WHAT} (?:isn'?t|is not|wasn'?t|was not) (?:done|finished|complete"
            rf"|completed)(?: (?:yet|after all))?[.!]*$"
        ),
        re.I,
    ),
    re.compile(rf"\bmark {_WHAT} (?:as )?(?:not done|open|undone)\b", re.I),
)
_QUESTION = re.compile(
    r"^\s*(?:what|which|when|how|who|where|did|have|has|is|are|am|do|does|will|show|list|give|tell)\b", re.I
)
_VAGUE = word_set("it that this them everything all something things nothing week weeks anything so far today")
_NEXT = re.compile(r"^(?:the |my )?(?:next|current) (?:item|one|task|course|thing)$", re.I)
_TODAY = re.compile(
    r"^(?:the |my )?(?:(?:item|task|one|thing|everything|all)s? (?:of |for |from )?)?today(?:'s(?: \w+)?)?$", re.I
)
_ALL = re.compile(r"\b(?:all|whole|entire|every|complete)\b", re.I)
_ORDER: tuple[tuple[Outcome, Sequence[re.Pattern[str]]], ...] = (
    ("planned", _OPENED),
    ("done", _DONE),
    ("skipped", _SKIPPED),
)


def settling_in(text: str, known: Known) -> Wish | None:
    """The wish to settle an item, with the item where one is meant; its ``unknown`` is what was said where none or several
    are. None for a message that settles nothing."""
    if _QUESTION.match(text):
        return None
    for outcome, patterns in _ORDER:
        said = [match["what"].strip(" ,\"“”'") for pattern in patterns if (match := pattern.search(text))]
        if said:
            # "I finished the Redis course, please mark it as done": what "it" is stands before.
            what = next((phrase for phrase in said if _names_something(phrase)), said[0])
            return None if what.lower().startswith("nothing") else _settled(outcome, what, text, known)
    return None


def _names_something(phrase: str) -> bool:
    return bool(set(words_of(phrase)) - FILLERS - _VAGUE)


def _settled(outcome: Outcome, what: str, text: str, known: Known) -> Wish:
    items = [item for item in known.items if item.open is (outcome != "planned")]
    found = _items_meant(what, text, items, known)
    if found:
        distinct = list(dict.fromkeys(item.resource or item.title for item in found))
        if len(distinct) == 1 or _TODAY.match(what):
            # Of several parts the first open one is done next; of the settled ones the last that was settled is undone.
            one = found[:1] if outcome != "planned" else [max(found, key=lambda item: item.settled_at)]
            chosen = found if _TODAY.match(what) or _ALL.search(what) else one
            return Wish(kind="settle", outcome=outcome, items=tuple(item.id for item in chosen), subject=what)
        return Wish(kind="settle", outcome=outcome, unknown=what, choices=tuple(distinct[:6]))
    already = [item for item in known.items if item not in items]
    settled = _items_meant(what, text, already, known)
    return Wish(
        kind="settle",
        outcome=outcome,
        unknown=settled[0].title if settled else what,
        problem="already" if settled else "",
    )


def _items_meant(what: str, text: str, items: Sequence[ItemName], known: Known) -> list[ItemName]:
    """The items that a phrase means, in the plan's order; those of one resource are its parts."""
    if _NEXT.match(what):
        return list(items[:1])
    if _TODAY.match(what):
        return [item for item in items if item.day == known.today]
    if not _names_something(what):
        return []
    names = [name for item in items for name in (item.title, item.resource) if name]
    spelt = named_in(what, names)[:1]
    wanted = set(spelt or meant(what, names).names)
    return [item for item in items if item.title in wanted or item.resource in wanted]
