"""How well a sentence answers a question, by words and vectors. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from agents.providers.base import Passage, PassageSentence
from aurora_site.core.text.markup import cells, plain, quoted
from aurora_site.core.text.terms import terms

Kind = Literal["prose", "item", "row", "code"]

COSINE_WEIGHT = 0.55
TERMS_WEIGHT = 0.2
PASSAGE_WEIGHT = 0.25
# For holding the kind of thing asked for: an amount, a time, a person.
FITTING_BONUS = 0.12
# For a step (a list item, what introduces a list or a command) of a passage whose titles name all that was asked.
STEP_BONUS = 0.4
# Code rarely answers in itself; it belongs to the sentence before it.
CODE_PENALTY = 0.25
# A question in the text passes its score on to the sentence after it.
PASSED_ON = 0.95

_ITEM = re.compile(r"\s*(?:[-*+•]|\d{1,9}[.)])\s+")
# Cells parted by bars or by several blanks, or named as in "item: laptop; price: 900".
_ROW = re.compile(r" \| .* \| |^\S.*?\S {2,}\S|^[^:;.]+: [^;]*; [^:;.]+: [^;]*(?:; [^:;.]+: |$)")
_TABLE_RULE = re.compile(r"\|(?:\s*:?-{2,}:?\s*\|)+")
_STEPS = re.compile(
    r"\bhow (?:do|can|should|would|to)\b"
    r"|\b(?:command|steps?|procedure|run|restart|scale|renew|rotate|drain|unlock|configure|set up)\b"
    r"|\bwhat (?:now|next|to do|(?:do|must|should|can) (?:i|we|you) (?:do|check|try))\b|\bby hand\b", re.I
)  # fmt: skip
_LIST = re.compile(r"\b(?:which|what are|list|who are|name the|what (?:do|should) (?:i|we))\b", re.I)
_AMOUNT = re.compile(r"\bhow (?:many|much|long|often|far|old|big|large|high)\b", re.I)
_COUNTED = re.compile(r"\bhow (?:many|much)\s+(\w+)", re.I)
_TIME = re.compile(r"\b(?:when|what time|what date|which day|by when|deadline)\b", re.I)
_PERSON = re.compile(r"\b(?:who|whom|whose)\b", re.I)
_NUMBER = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|half|twice|once|daily|weekly|monthly)\b",
    re.I,
)
_MOMENT = re.compile(
    r"\d|\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march|april|may|june|july|august|september"
    r"|october|november|december|after|before|within|until|every|week|month|quarter|morning|afternoon)\b", re.I
)  # fmt: skip
_SOMEBODY = re.compile(
    r"@|\b(?:team|manager|lead|owner|officer|engineer|commander|head|director|people|department|buddy|colleague)s?\b",
    re.I,
)


@dataclass(frozen=True)
class Question:
    """What a question asks for, as far as its words tell."""

    terms: frozenset[str]
    identifiers: frozenset[str]
    counted: str
    wants_amount: bool
    wants_time: bool
    wants_person: bool
    wants_steps: bool
    wants_list: bool

    @property
    def wants_fact(self) -> bool:
        """Whether an amount, a time or a person was asked for, which one sentence can give."""
        return self.wants_amount or self.wants_time or self.wants_person

    @classmethod
    def parse(cls, text: str) -> Question:
        found = terms(text)
        counted = _COUNTED.search(text)
        return cls(
            terms=frozenset(term.text for term in found),
            identifiers=frozenset(term.text for term in found if term.identifier),
            counted=next((term.text for term in terms(counted.group(1))), "") if counted else "",
            wants_amount=bool(_AMOUNT.search(text)),
            wants_time=bool(_TIME.search(text)),
            wants_person=bool(_PERSON.search(text)),
            wants_steps=bool(_STEPS.search(text)),
            wants_list=bool(_LIST.search(text)),
        )


@dataclass(frozen=True)
class Sibling:
    """A sentence of a passage with its form and how it is shown: verbatim, without list and quote markers.

    A row has its ``line`` as it stands, and in ``table`` the lines of the header, if the passage holds them.
    """

    kind: Kind
    text: str
    shown: str
    score: float
    introduces: bool
    line: str = ""
    table: str = ""


@dataclass(frozen=True)
class Scored:
    """A sentence that may be part of the answer; ``list_start`` is the index of its list's introduction.

    ``scores`` are those of all ``siblings``.
    """

    passage: Passage
    index: int
    text: str
    score: float
    list_start: int | None
    siblings: Sequence[Sibling]
    scores: Sequence[float]

    @property
    def cosine(self) -> float:
        return self.siblings[self.index].score

    @property
    def group(self) -> tuple[int, int, str] | None:
        """What is the same for all sentences of a list or table; None outside of them."""
        if table := self.siblings[self.index].table:
            return self.passage.number, -1, table
        return None if self.list_start is None else (self.passage.number, self.list_start, "")


def scored_sentences(asked: Question, passages: Sequence[Passage]) -> list[Scored]:
    """Every sentence of the passages that could be shown, with its score."""
    found: list[Scored] = []
    for passage in passages:
        siblings = _siblings(passage)
        scores = [_score(asked, passage, sibling) for sibling in siblings]
        if asked.wants_steps:
            bonus = STEP_BONUS * _named(asked, passage.heading)
            scores = [score + bonus * is_step(siblings, index) for index, score in enumerate(scores)]
        for index, sibling in enumerate(siblings):
            if index and siblings[index - 1].text.endswith("?"):
                scores[index] = max(scores[index], PASSED_ON * scores[index - 1])
            list_start = _list_start(siblings, index)
            if sibling.text.endswith("?") or (sibling.introduces and list_start is None):
                continue
            found.append(Scored(passage, index, sibling.text, scores[index], list_start, siblings, scores))
    return found


def is_step(siblings: Sequence[Sibling], index: int) -> bool:
    """Whether a sentence is an item, or a list or a command follows it."""
    if siblings[index].kind == "item":
        return True
    following = siblings[index + 1].kind if index + 1 < len(siblings) else "prose"
    return siblings[index].kind == "prose" and (
        following == "code" or (siblings[index].introduces and following == "item")
    )


def _named(asked: Question, heading: str) -> float:
    """The share of the question's terms that the titles above a passage name."""
    return len(asked.terms & _words(heading)) / max(1, len(asked.terms))


def _siblings(passage: Passage) -> list[Sibling]:
    """The passage's sentences; those of one list item are put together again."""
    found: list[Sibling] = []
    end = passage.start
    for sentence in passage.sentences:
        if not sentence.text.strip():
            continue
        sibling = _sibling(passage, sentence)
        gap = passage.text[end - passage.start : sentence.start - passage.start]
        end = sentence.end
        if found and found[-1].kind == "item" and sibling.kind == "prose" and "\n\n" not in gap:
            item = found[-1]
            text, shown = f"{item.text} {sibling.text}", f"{item.shown} {sibling.shown}"
            found[-1] = replace(item, text=text, shown=shown, score=max(item.score, sibling.score))
            continue
        found.append(sibling)
    return found


def _sibling(passage: Passage, sentence: PassageSentence) -> Sibling:
    raw = passage.text[sentence.start - passage.start : sentence.end - passage.start] or sentence.text
    kind = _kind(raw)
    shown = {"prose": quoted(raw), "item": f"- {quoted(raw)}", "row": f"- {sentence.text}", "code": raw}[kind]
    if kind == "item" and (number := re.match(r"\s*(\d{1,9})[.)]", raw)):
        shown = f"{number.group(1)}. {quoted(raw)}"
    if kind == "code" and not raw.lstrip().startswith(("```", "~~~")):
        shown = f"```\n{raw}\n```"
    introduces = kind == "prose" and raw.rstrip("* _").endswith(":")
    table = _table_head(passage.text[: sentence.start - passage.start]) if kind == "row" else ""
    return Sibling(kind, plain(sentence.text), shown, sentence.score, introduces, raw.strip(), table)


def _table_head(before: str) -> str:
    """The header and the dashes of the Markdown table whose rows follow a text; empty if it doesn't end in one."""
    lines = before.splitlines()
    start = len(lines)
    while start and lines[start - 1].lstrip().startswith("|"):
        start -= 1
    head = [line.strip() for line in lines[start : start + 2]]
    return "\n".join(head) if len(head) == 2 and _TABLE_RULE.fullmatch(head[1]) else ""


def _kind(raw: str) -> Kind:
    if raw.lstrip().startswith(("```", "~~~")) or raw.startswith(("    ", "\t")):
        return "code"
    if raw.lstrip().startswith("|") or _ROW.search(raw):
        return "row"
    return "item" if _ITEM.match(raw) else "prose"


def _list_start(siblings: Sequence[Sibling], index: int) -> int | None:
    """Where the list begins that a sentence is in or introduces: at its introduction, else its first item.

    None outside of lists, and for an introduction that nothing follows.
    """
    if siblings[index].introduces:
        following = index + 1
        return index if following < len(siblings) and siblings[following].kind in ("item", "code") else None
    if siblings[index].kind != "item":
        return None
    position = index
    while position and siblings[position - 1].kind == "item":
        position -= 1
    return position - 1 if position and siblings[position - 1].introduces else position


def _score(asked: Question, passage: Passage, sibling: Sibling) -> float:
    own = _words(sibling.text)
    above = _words(passage.heading)
    matched = sum(1.0 if term in own else 0.5 if term in above else 0.0 for term in asked.terms)
    score = COSINE_WEIGHT * sibling.score + PASSAGE_WEIGHT * passage.score
    score += TERMS_WEIGHT * matched / max(1, len(asked.terms))
    score += FITTING_BONUS * _fits(asked, sibling.text, own)
    if asked.identifiers & own:
        score += FITTING_BONUS
    if asked.identifiers & _words(" ".join(sibling.text.split()[:3])):
        score += FITTING_BONUS
    if asked.wants_time and _TIME.search(passage.heading.rpartition(" > ")[2]):
        score += FITTING_BONUS
    if asked.identifiers and sibling.table and asked.identifiers & _words(cells(sibling.line)[0]):
        score += FITTING_BONUS
    return score - (CODE_PENALTY if sibling.kind == "code" else 0.0)


def _fits(asked: Question, text: str, own: frozenset[str]) -> float:
    """1 if the sentence holds the kind of thing asked for, half if it has a number but not of what was counted."""
    if asked.wants_amount:
        if not _NUMBER.search(text):
            return 0.0
        return 1.0 if not asked.counted or asked.counted in own else 0.5
    if asked.wants_time:
        return 1.0 if _MOMENT.search(text) else 0.0
    if asked.wants_person:
        return 1.0 if _SOMEBODY.search(text) else 0.0
    return 0.0


@lru_cache(maxsize=4096)
def _words(text: str) -> frozenset[str]:
    return frozenset(term.text for term in terms(text))
