"""The steps that lead somewhere: a section's list or commands from the first on, or a whole document's. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from agents.providers.extraction_arranging import MAX_TABLE_ROWS, Excerpt, leaning
from agents.providers.extraction_code import code_around
from agents.providers.extraction_groups import list_around, row_fields, table_around
from agents.providers.extraction_question import Question
from agents.providers.extraction_scoring import Scored, words
from agents.providers.extraction_units import Section, Unit

# For the share of the question's words that the titles above a section have.
TITLED_BONUS = 0.4
# Steps must be about as good an answer as the best sentence; less so those of its own section.
NEAR_BEST = 0.88
NEAR_IN_SECTION = 0.7
# So long may a procedure be; what follows is only pointed to.
MAX_WORDS = 140
# A section of this size is shown whole, remarks included.
SMALL = 70
# A column so named says what to do.
_ACTION = re.compile(r"^(?:do|actions?|what to do|what we do|steps?|fix|remedy|solution|command|how)\b", re.I)
# From this share of the question's words a title names what it is about.
NAMES = 0.5


def procedure(asked: Question, scored: Sequence[Scored], sections: Sequence[Section]) -> list[Excerpt]:
    """The steps asked for, in order from the first, cut where they get long; nothing if no section has fitting ones."""
    best = _best_step(asked, scored)
    whole = next((item for item in (best, scored[0]) if item and _is_of_document(asked, item.section)), None)
    if whole and (steps := _document_steps(whole.section, sections)):
        return steps
    if best is None:
        return []
    shown = _section_steps(best.section, best.index)
    if shown is None:
        return []
    adrift = shown.units[0].kind != "prose" and not asked.terms & words(best.section.leaf)
    return [replace(shown, label=f"Under “{best.section.leaf}”:") if adrift else shown]


def is_step(units: Sequence[Unit], index: int) -> bool:
    """Whether a unit is an item or a command, or what introduces one."""
    if units[index].kind in ("item", "code"):
        return True
    return units[index].introduces and index + 1 < len(units) and units[index + 1].kind != "prose"


def _leads_to_code(units: Sequence[Unit], index: int) -> bool:
    return units[index].kind == "prose" and index + 1 < len(units) and units[index + 1].kind == "code"


def _best_step(asked: Question, scored: Sequence[Scored]) -> Scored | None:
    def score(item: Scored) -> float:
        return item.score + TITLED_BONUS * named(asked, item.section.heading)

    best = scored[0].section
    steps = [
        item
        for item in scored
        if is_step(item.section.units, item.index)
        or (item.section is best and _leads_to_code(item.section.units, item.index))
    ]
    if not steps:
        return None
    chosen = max(steps, key=score)
    near = NEAR_IN_SECTION if chosen.section is best else NEAR_BEST
    return chosen if score(chosen) >= near * max(score(item) for item in scored) else None


def named(asked: Question, title: str) -> float:
    """The share of the question's words that a title has."""
    return len(asked.terms & words(title)) / max(1, len(asked.terms))


def is_about(asked: Question, title: str) -> bool:
    """Whether a document of that title is as a whole about what is asked."""
    return named(asked, title) >= NAMES


def _is_of_document(asked: Question, section: Section) -> bool:
    """Whether the document's title, and not the section's, names what is asked for."""
    title = section.heading.partition(" > ")[0]
    own = asked.terms & words(section.leaf)
    return is_about(asked, title) and not own - words(title)


def _document_steps(best: Section, sections: Sequence[Section]) -> list[Excerpt]:
    """The document's sections that have steps, from the first on."""
    document = best.first.document_id
    ordered = sorted(
        (section for section in sections if section.first.document_id == document),
        key=lambda section: section.units[0].start,
    )
    ordered = [section for section in ordered if _has_steps(section.units)]
    found: list[Excerpt] = []
    length = 0
    for section in ordered:
        shown = _section_steps(section, None)
        length += sum(len(unit.shown.split()) for unit in shown.units) if shown else 0
        if shown is None or (found and length > MAX_WORDS):
            break
        label = "" if section.is_root else f"Under “{section.leaf}”:"
        found.append(Excerpt(section, shown.indexes, label, shown.more))
    if found and len(found) < len(ordered):
        more = tuple(section.leaf for section in ordered[len(found) :])
        found[-1] = replace(found[-1], more=(*found[-1].more, *more))
    return found


def _section_steps(section: Section, at: int | None) -> Excerpt | None:
    """A section's steps from the first on: all of a small section; else its list or commands with their introductions."""
    units = section.units
    if sum(len(unit.shown.split()) for unit in units) <= SMALL and not any(unit.kind == "row" for unit in units):
        return Excerpt(section, tuple(range(len(units))))
    if rows := _action_table(units):
        return Excerpt(section, tuple(rows))
    steps = [index for index in range(len(units)) if is_step(units, index) or _leads_to_code(units, index)]
    if at is not None and units[at].kind == "item":
        around = list_around(units, at)
        steps = [index for index in steps if index in around or index == around.start - 1]
    shown: list[int] = []
    length = 0
    for index in steps:
        group = [each for each in _group(units, index) if each not in shown]
        length += sum(len(units[each].shown.split()) for each in group)
        if shown and length > MAX_WORDS:
            return Excerpt(section, tuple(shown), more=(section.leaf,))
        shown += group
    return Excerpt(section, tuple(shown)) if shown else None


def _group(units: Sequence[Unit], index: int) -> list[int]:
    """A step with what it can't be parted from: the sentences it leans on, the code or table that it introduces."""
    if units[index].kind == "code":
        return list(code_around(units, index))
    if units[index].kind == "item":
        return [index]
    following = units[index + 1].kind if index + 1 < len(units) else ""
    code = code_around(units, index + 1) if following == "code" else ()
    rows = table_around(units, index + 1)[:MAX_TABLE_ROWS] if following == "row" and units[index].introduces else ()
    return [*leaning(units, index), index, *code, *rows]


def _has_steps(units: Sequence[Unit]) -> bool:
    return bool(_action_table(units)) or any(is_step(units, index) for index in range(len(units)))


def _action_table(units: Sequence[Unit]) -> Sequence[int]:
    """The rows of a small table that opens a section and says what to do in which case."""
    if units[0].kind != "row" or not any(_ACTION.search(name) for name in row_fields(units[0])):
        return ()
    rows = table_around(units, 0)
    return rows if len(rows) <= MAX_TABLE_ROWS else ()
