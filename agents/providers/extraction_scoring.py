"""How well a sentence answers a question, by words and vectors. Pure.

Scores are compared with each other only, never with a fixed cosine: how high cosines are differs between models.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from agents.providers.extraction_groups import row_fields
from agents.providers.extraction_question import Question
from agents.providers.extraction_units import Section, Unit
from aurora_site.core.text.terms import terms

COSINE_WEIGHT = 0.5
TERMS_WEIGHT = 0.3
PASSAGE_WEIGHT = 0.25
# What a term counts that only the titles above a sentence have.
IN_TITLES = 0.5
# What a term counts that part of a question has from the part before.
INHERITED = 0.35
# For holding the kind of thing asked for: an amount, a time, a person.
FITTING_BONUS = 0.12
# For a sentence that decides: may, must, not, only.
DECIDING_BONUS = 0.06
NAMED_BONUS = 0.12
# For a row, item or paragraph that is headed by all that was asked, or by nothing else.
KEYED_BONUS = 0.15
# For standing below a heading that names the list or the task asked for.
HEADED_BONUS = 0.25
# For a sentence about the document itself, or that only points elsewhere.
POINTER_PENALTY = 0.15
# Code rarely answers in itself; it belongs to the sentence before it.
CODE_PENALTY = 0.25
# A question in the text passes its score on to the sentence after it.
PASSED_ON = 0.95
# What the newest of the documents gains where the latest was asked for.
LATEST_BONUS = 0.15

_NUMBER = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|half|twice|once|daily|weekly|monthly)\b",
    re.I,
)
_FITTING = {
    "duration": re.compile(
        r"(?:\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|half|few|several|every|each))"
        r"[\w.,-]*(?: \w+)? ?(?:ms|s|min|h|seconds?|minutes?|hours?|days?|weeks?|fortnights?|months?|quarters?|years?)\b"
        r"|\b(?:daily|weekly|monthly|yearly|quarterly|hourly|once|twice|for ever|forever|always|at once|immediately)\b",
        re.I,
    ),
    "frequency": re.compile(
        r"\b(?:every|each|per|daily|weekly|monthly|yearly|quarterly|hourly|once|twice|always|times (?:an?|each))\b", re.I
    ),
    "money": re.compile(
        r"[£$€¥]\s?\d|\d\s?(?:[£$€¥]|p\b|pence|euros?|dollars?|pounds?|USD|EUR|GBP)|\d ?%|\bfree\b|price", re.I
    ),
    "phone": re.compile(r"\+?\d[\d ()/-]{5,}\d"),
    "address": re.compile(r"\S@\S|https?://|\bwww\.|\b\w+(?:\.\w+)+\b"),
    "time": re.compile(
        r"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)days?|january|february|march|april|may \d|\d may|june|july|august"
        r"|september|october|november|december)\b|\d:\d\d|\b(?:19|20)\d\d\b|\d(?:st|nd|rd|th)\b"
        r"|\b(?:after|before|within|until|by|from|every|as soon as|once|when|if) \w", re.I
    ),
    "person": re.compile(
        r"@|\b(?:team|manager|lead|owner|officer|engineer|commander|head|director|people|department|buddy"
        r"|colleague)s?\b|(?-i:\b[A-Z][a-z]+ [A-Z][a-z]+\b)",
        re.I,
    ),
    "place": re.compile(
        r"@|https?://|\b(?:in|at|on|to|under|beside|next to|near|behind|opposite) (?:the\b|an?\b|[`\"“A-Z#/\d])"
    ),
    "amount": _NUMBER,
}  # fmt: skip
_LEAD = re.compile(r"(?:\*\*|__)([^*_]{1,80})(?:\*\*|__)|`([^`]{1,80})`\s*(?::|–|-)")
_ABOUT_ITSELF = re.compile(
    r"(?:this|the following) (?:document|policy|page|guide|runbook|section|handbook|checklist|chapter|list|leaflet|article"
    r"|tutorial)\b",
    re.I,
)
_POINTER = re.compile(
    r"^(?:please |for (?:more|further|details)\b[^.]*[, ])?(?:see|read|refer to|check out|have a look at|consult) [^.;]*$"
    r"|\bfor (?:more|further) (?:information|details|examples)\b",
    re.I,
)
_DAY = re.compile(
    r"\b(\d{4}-\d\d-\d\d)(?!\d)|\b(\d{1,2} (?:january|february|march|april|may|june|july|august|september|october"
    r"|november|december) \d{4})\b",
    re.I,
)
_DECIDING = re.compile(
    r"\b(?:may|must|can|cannot|not|never|only|no|yes|allowed|forbidden|permitted|required|needs?|supported|possible"
    r"|optional|welcome|always|whether|unless|\w+n['’]t)\b",
    re.I,
)


@dataclass(frozen=True)
class Scored:
    """A unit of a section with its score; ``matched`` are the question's terms in its own words."""

    section: Section
    index: int
    score: float
    matched: frozenset[str]
    scores: Sequence[float]

    @property
    def unit(self) -> Unit:
        return self.section.units[self.index]


def scored_units(asked: Question, sections: Sequence[Section]) -> list[Scored]:
    """Every unit of the relevant passages that could be shown, best first."""
    weights = _weights(asked, sections)
    recency = _recency(sections) if asked.wants_latest else {}
    found: list[Scored] = []
    for section in sections:
        newness = LATEST_BONUS * recency.get(section.first.document_id, 0.0)
        scores = [_score(asked, unit, weights) + newness for unit in section.units]
        for index, unit in enumerate(section.units):
            if index and (section.units[index - 1].asks or _only_names(asked, section.units[index - 1])):
                scores[index] = max(scores[index], PASSED_ON * scores[index - 1])
            follows = index + 1 < len(section.units)
            if unit.passage.relevant and unit.quotable and (follows or not unit.introduces):
                found.append(Scored(section, index, scores[index], asked.terms & words(unit.text), scores))
    saying = [item for item in found if not _only_names(asked, item.unit)]
    return sorted(saying or found, key=lambda scored: -scored.score)


def _only_names(asked: Question, unit: Unit) -> bool:
    """Whether a line says nothing beyond the question's own words: a name that stands there as a title."""
    return unit.kind == "prose" and unit.shown[-1:] not in ".!:" and words(unit.shown) <= asked.terms


@lru_cache(maxsize=8192)
def words(text: str) -> frozenset[str]:
    """The terms of a text."""
    return frozenset(term.text for term in terms(text))


def _weights(asked: Question, sections: Sequence[Section]) -> dict[str, float]:
    """How much each of the question's terms tells, by how few of the units have it; together they weigh 1."""
    having = Counter(term for section in sections for unit in section.units for term in words(unit.text) & asked.terms)
    raw = {term: (INHERITED if term in asked.inherited else 1) / (1 + math.log1p(having[term])) for term in asked.terms}
    total = sum(raw.values())
    return {term: weight / total for term, weight in raw.items()} if total else {}


def _recency(sections: Sequence[Section]) -> dict[str, float]:
    """0 for the oldest of the documents to 1 for the newest, by document id; nothing where their dates don't differ."""
    found = {unit.passage.document_id: unit.passage for section in sections for unit in section.units}
    # Where a document's name tells a day, it tells more than the day on which another came in.
    told = {document: day for document, passage in found.items() if (day := _day_in(f"{passage.title} {passage.path}"))}
    dated = told or {document: passage.dated for document, passage in found.items() if passage.dated}
    days = sorted({date.min, *dated.values()} if told else set(dated.values()))
    return {document: days.index(day) / (len(days) - 1) for document, day in dated.items()} if len(days) > 1 else {}


def _day_in(text: str) -> date | None:
    """The first day that a text names, as 2026-03-11 or 11 March 2026."""
    found = _DAY.search(text)
    try:
        if found and found[1]:
            return date.fromisoformat(found[1])
        return datetime.strptime(found[2].title(), "%d %B %Y").date() if found else None  # noqa: DTZ007
    except ValueError:
        return None


def _score(asked: Question, unit: Unit, weights: Mapping[str, float]) -> float:
    own = words(unit.text)
    above = words(unit.passage.heading)
    matched = sum(
        weight if term in own else IN_TITLES * weight if term in above else 0.0 for term, weight in weights.items()
    )
    score = COSINE_WEIGHT * unit.score + PASSAGE_WEIGHT * unit.passage.score + TERMS_WEIGHT * matched
    score += FITTING_BONUS * fits(asked, unit.text)
    if asked.yes_no and _DECIDING.search(unit.text):
        score += DECIDING_BONUS
    score += NAMED_BONUS * _named(asked, unit, own)
    if "time" in asked.kinds and re.search(
        r"\b(?:when|dates?|deadlines?|hours)\b", unit.passage.heading.rpartition(" > ")[2], re.I
    ):
        score += FITTING_BONUS
    key = words(_key(unit))
    if key and asked.terms and not asked.wants_steps and (asked.terms <= key or key <= asked.terms):
        score += KEYED_BONUS
    if asked.wants_steps or (asked.wants_list and unit.kind in ("item", "row")):
        leaf = words(unit.passage.heading.rpartition(" > ")[2]) if " > " in unit.passage.heading else frozenset()
        score += HEADED_BONUS * sum(weight for term, weight in weights.items() if term in leaf)
    if _ABOUT_ITSELF.match(unit.text) or _POINTER.search(unit.text):
        score -= POINTER_PENALTY
    covered = sum(weight for term, weight in weights.items() if term in own)
    score -= CODE_PENALTY if unit.kind == "code" and not (asked.keywords and covered >= 0.5) else 0.0
    # Scores are compared by their ratios.
    return max(0.0, score)


def _key(unit: Unit) -> str:
    """What names the thing that a unit is about: a row's first cell, a bold or colon-ended lead-in."""
    if unit.kind == "row":
        return next(iter(row_fields(unit).values()), "")
    lead = _LEAD.match(unit.shown)
    return lead.group(1) or lead.group(2) if lead else ""


def _named(asked: Question, unit: Unit, own: frozenset[str]) -> int:
    """How prominently a unit has one of the question's identifiers: 1 anywhere, 2 among its first words, 4 as its key."""
    if not asked.identifiers & own:
        return 0
    opening = " ".join(unit.text.split()[:3])
    return 1 + bool(asked.identifiers & words(opening)) + 2 * bool(asked.identifiers & words(_key(unit)))


def fits(asked: Question, text: str) -> float:
    """The share of the kinds of thing asked for that a sentence holds, 0 to 1; a number counts half where it isn't one
    of what was to be counted."""
    if not asked.kinds:
        return 0.0
    share = sum(bool(_FITTING[kind].search(text)) for kind in asked.kinds) / len(asked.kinds)
    return share if not asked.counted or asked.counted in words(text) else share / 2
