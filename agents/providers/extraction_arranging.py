"""What a sentence must be shown with so that it can be understood: its neighbours, its list, its table, its heading. Pure."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from agents.providers.extraction_code import code_around
from agents.providers.extraction_groups import is_table_row, list_around, row_fields, table_around
from agents.providers.extraction_question import Question
from agents.providers.extraction_scoring import Scored, fits, words
from agents.providers.extraction_units import Section, Unit

MAX_LIST_ITEMS = 12
# A table in which no row stands out is shown whole up to this size; of a larger one the best rows.
MAX_TABLE_ROWS = 10
BEST_ROWS = 4
NEAR_ROW = 0.88
# A paragraph that tells how something is done is given from its beginning up to this number of words.
MAX_PARAGRAPH = 60
# How far back a sentence that leans on the one before is followed.
MAX_BACK = 2
# An answer of fewer words is completed by the sentence after it, a somewhat longer one if it lacks what was asked for.
VERY_SHORT = 5
SHORT = 12
# An introduction with fewer words of its own says nothing without the sentence before it.
FEW_TERMS = 2

# Sentences that open so can't be understood without the one before.
_DEPENDENT = frozenset([
    "it", "its", "they", "their", "them", "this", "that", "these", "those", "then", "otherwise", "also", "however",
    "instead", "both", "either", "neither", "he", "she", "so", "such", "therefore", "thus", "afterwards", "else", "and",
    "but",
])  # fmt: skip
# Sentences that have one of these among their first words go on with the one before.
_REFERRING = frozenset(["it", "they", "them", "this", "these", "such"])
_AFTER_IF = frozenset(["it", "they", "this", "that", "not", "so", "these"])
_SELF = re.compile(
    r"\b(?:this|the present) (?:document|policy|page|guide|runbook|section|handbook|checklist|chapter|list)\b", re.I
)


@dataclass(frozen=True)
class Excerpt:
    """What is shown of a section: the units at ``indexes``, in order, below a ``label`` where they need one; ``more`` are
    the headings under which there is more of what was asked for."""

    section: Section
    indexes: tuple[int, ...]
    label: str = ""
    more: tuple[str, ...] = ()

    @property
    def units(self) -> list[Unit]:
        return [self.section.units[index] for index in self.indexes]


def with_needs(asked: Question, scored: Scored) -> list[int]:
    """The indexes of a chosen unit and of what it can't be understood without, in order."""
    units, index = scored.section.units, scored.index
    unit = units[index]
    if unit.kind == "row":
        return _rows(asked, scored)
    if unit.kind == "item":
        return _items(asked, scored)
    if unit.kind == "code":
        block = code_around(units, index)
        return [*_introduction(units, block.start), *block]
    if unit.introduces:
        return [*leaning(units, index), *introduced(units, index)]
    needed = [*leaning(units, index), index]
    if asked.wants_steps:
        needed = _paragraph_to(units, index) or needed
    if index + 1 < len(units) and _wants_more(asked, units, needed):
        needed.append(index + 1)
    if asked.wants_steps and index + 1 < len(units) and units[index + 1].kind == "code":
        needed += code_around(units, index + 1)
    return needed


def label_for(asked: Question, section: Section, indexes: Sequence[int]) -> str:
    """The heading that tells what the units are about where they themselves don't; empty otherwise."""
    first = section.units[indexes[0]]
    if first.kind == "code" or is_table_row(first):
        return ""
    shown = frozenset[str]().union(*(words(section.units[index].text) for index in indexes))
    leaf = words(section.leaf)
    if first.kind != "row" and _SELF.search(first.text):
        return f"From “{section.first.title}”:"
    unsaid = (asked.terms & leaf) - shown
    adrift = first.kind == "item" or (leans(first.text) and first.kind == "prose")
    if not section.is_root and (adrift or unsaid) and not leaf <= shown:
        return f"Under “{section.leaf}”:"
    return ""


def leans(text: str) -> bool:
    """Whether a sentence opens with a word that points to the one before."""
    opening = _opening(text, 5)
    following = opening[1] if len(opening) > 1 else ""
    if "," not in " ".join(text.split()[:5]) and not _REFERRING.isdisjoint(opening[1:]):
        return True
    if opening[:1] in (["if"], ["when"]):
        return following in _AFTER_IF
    return not _DEPENDENT.isdisjoint(opening[:1]) and following != "who"


def _opening(text: str, count: int) -> list[str]:
    """The first words in small letters, those in capitals aside: IT isn't it."""
    stripped = [word.strip("*_`,;:.\"'“”()") for word in text.split()[:count]]
    return [word if word.isupper() and len(word) > 1 else word.lower() for word in stripped]


def _wants_more(asked: Question, units: Sequence[Unit], shown: Sequence[int]) -> bool:
    """Whether the next sentence of the paragraph belongs to the answer: it refers back, or what is shown is very short."""
    last, following = units[shown[-1]], units[shown[-1] + 1]
    if following.kind != "prose" or following.apart or following.introduces or following.asks:
        return False
    if not asked.wants_fact:
        return _goes_on(last, following)
    text = " ".join(units[index].shown for index in shown)
    length = len(text.split())
    return length < VERY_SHORT or (length < SHORT and not fits(asked, text))


def _goes_on(unit: Unit, following: Unit) -> bool:
    """Whether the prose after a sentence of prose refers back to it with its first words."""
    if following.kind != "prose" or following.introduces or following.asks or following.apart:
        return False
    return unit.kind == "prose" and not _REFERRING.isdisjoint(_opening(following.text, 4))


def leaning(units: Sequence[Unit], index: int) -> list[int]:
    """The sentences before that one leans on."""
    found: list[int] = []
    while index and len(found) < MAX_BACK:
        unit, before = units[index], units[index - 1]
        empty = len(words(unit.text)) < FEW_TERMS
        if before.kind != "prose" or before.introduces or before.asks or not (leans(unit.text) or empty):
            break
        index -= 1
        found.insert(0, index)
    return found


def _paragraph_to(units: Sequence[Unit], index: int) -> list[int]:
    """A paragraph from its first sentence up to one of them: ways to do something are told in order. Nothing if that is
    long."""
    first = index
    while first and not units[first].apart and units[first - 1].kind == "prose":
        first -= 1
    found = list(range(first, index + 1))
    return found if sum(len(units[each].shown.split()) for each in found) <= MAX_PARAGRAPH else []


def _introduction(units: Sequence[Unit], index: int) -> list[int]:
    """The line of prose right before a list or a piece of code, with what it leans on; all of it if it ends in a colon."""
    if not index or units[index - 1].kind != "prose" or units[index - 1].asks:
        return []
    is_intro = units[index - 1].introduces or units[index].kind == "code"
    return [*leaning(units, index - 1), index - 1] if is_intro else []


def introduced(units: Sequence[Unit], index: int) -> list[int]:
    """An introduction and the list, table or code that it introduces."""
    following = index + 1
    if following >= len(units) or units[following].kind == "prose":
        return [index]
    if units[following].kind == "item":
        return [index, *list(list_around(units, following))[:MAX_LIST_ITEMS]]
    if units[following].kind == "row":
        return [index, *list(table_around(units, following))[:MAX_TABLE_ROWS]]
    return [index, *code_around(units, following)]


def _items(asked: Question, scored: Scored) -> list[int]:
    """The item under its introduction; all items where a list or the whole way was asked for."""
    units = scored.section.units
    around = list_around(units, scored.index)
    introduction = _introduction(units, around.start) if around.start and units[around.start - 1].introduces else []
    whole = asked.wants_list and bool(introduction)
    if (whole or asked.wants_steps) and len(around) <= MAX_LIST_ITEMS:
        return [*introduction, *around]
    last = scored.index + 1
    while last in around and units[last].kind != "item":
        last += 1
    return [*introduction, *range(scored.index, last)]


def _rows(asked: Question, scored: Scored) -> list[int]:
    """The rows of a table that stand out: by the question's words that only they have, else by their scores."""
    units = scored.section.units
    rows = table_around(units, scored.index)
    standing_out = distinguished(asked, scored)
    good = max((scored.scores[row] for row in standing_out), default=0.0) >= NEAR_ROW * scored.score
    if standing_out and good and len(standing_out) <= MAX_TABLE_ROWS:
        return standing_out
    if asked.partial:
        return [scored.index]
    if len(rows) <= MAX_TABLE_ROWS and not asked.wants_fact:
        return list(rows)
    best = sorted(rows, key=lambda row: -scored.scores[row])[:BEST_ROWS]
    return sorted(row for row in best if scored.scores[row] >= NEAR_ROW * scored.scores[best[0]])


def distinguished(asked: Question, scored: Scored) -> list[int]:
    """The rows of a row's table that have most of the question's words, those aside that every row, the header or the
    titles have: rare ones count more. First of all the rows whose key has them."""
    units = scored.section.units
    rows = list(table_around(units, scored.index))
    asked_for = asked.terms - words(scored.section.heading)
    own = {row: asked_for & words(" ".join(row_fields(units[row]).values()) or units[row].text) for row in rows}
    common = frozenset.intersection(*own.values()) if len(rows) > 1 else frozenset()
    having = Counter(term for found in own.values() for term in found - common)
    telling = {row: sum(1 / having[term] for term in own[row] - common) for row in rows}
    most = max(telling.values())
    if not most:
        return []
    best = [row for row in rows if math.isclose(telling[row], most)]
    keyed = {row: len((asked_for - common) & words(next(iter(row_fields(units[row]).values()), ""))) for row in best}
    most_keyed = max(keyed.values())
    best = [row for row in best if keyed[row] == most_keyed]
    fitting = [row for row in best if fits(asked, units[row].text)]
    return fitting or best
