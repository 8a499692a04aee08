"""Which sentences make up an answer. Pure."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace

from agents.providers.extraction_arranging import (
    MAX_TABLE_ROWS,
    Excerpt,
    distinguished,
    introduced,
    label_for,
    with_needs,
)
from agents.providers.extraction_groups import row_fields, table_around
from agents.providers.extraction_question import Question
from agents.providers.extraction_scoring import Scored, fits, scored_units, words
from agents.providers.extraction_steps import procedure
from agents.providers.extraction_units import Section
from agents.providers.extraction_versions import DISAGREE, disagreement, newest_first

MAX_SENTENCES = 3
MAX_FOR_PART = 2
# The opening of a section that is the topic looked for is shown up to about this length.
TOPIC_WORDS = 25
# A further sentence must come this near to the best one's score,
NEAR_BEST = 0.9
# or, if it has a word of the question that isn't said yet, this near.
NEAR_FOR_NEW = 0.72
SAME_WORDS = 0.6
# A sentence with a smaller share of the question's words may be the wrong one.
FEW_MATCHED = 0.26


def chosen(asked: Question, sections: Sequence[Section]) -> tuple[list[Excerpt], str]:
    """What is shown, in order, and what is said before it; nothing if no passage is relevant."""
    if not asked.parts and (sides := _sides(asked, sections)):
        return sides, DISAGREE
    return _agreed(asked, sections), ""


def _sides(asked: Question, sections: Sequence[Section]) -> list[Excerpt]:
    scored = scored_units(asked, sections)
    return disagreement(asked, scored) if scored else []


def _agreed(asked: Question, sections: Sequence[Section]) -> list[Excerpt]:
    if asked.compares and (table := _comparing_table(asked, sections)):
        return [table]
    questions = asked.parts or (asked,)
    found: list[Excerpt] = []
    for question in questions:
        shown = {id(unit) for excerpt in found for unit in excerpt.units}
        found = _merged(found, _for_one(question, sections, shown, alone=len(questions) == 1))
    if len(questions) > 1:
        found = _titled(found)
    return found


def _comparing_table(asked: Question, sections: Sequence[Section]) -> Excerpt | None:
    """A table that has a column for each of the things compared."""
    shared = frozenset.intersection(*(part.terms for part in asked.parts))
    for section in sections:
        for index, unit in enumerate(section.units):
            columns = [words(name) for name in row_fields(unit)] if unit.kind == "row" else []
            names = [any((part.terms - shared) & column for column in columns) for part in asked.parts]
            rows = tuple(table_around(section.units, index)) if all(names) else ()
            if unit.passage.relevant and 0 < len(rows) <= MAX_TABLE_ROWS:
                return Excerpt(section, rows)
    return None


def _for_one(asked: Question, sections: Sequence[Section], shown: Set[int], *, alone: bool) -> list[Excerpt]:
    """The answer to one part of a question; what is ``shown`` already answers it only by words of its own."""
    scored = [
        item
        for item in scored_units(asked, sections)
        if id(item.unit) not in shown or not asked.inherited or item.matched - asked.inherited
    ]
    if not scored:
        return []
    if asked.wants_steps and (steps := procedure(asked, scored, sections)):
        return steps
    if asked.keywords and (opening := _topic(asked, scored)):
        return [opening]
    return _excerpts(asked, _picked(asked, newest_first(scored), alone=alone))


def _topic(asked: Question, scored: Sequence[Scored]) -> Excerpt | None:
    """The opening of the section whose heading is the topic that was looked for, unless a sentence names it itself."""
    about = next((item for item in scored if asked.terms and asked.terms <= words(item.section.leaf)), None)
    elsewhere = about and scored[0].section is not about.section and asked.terms <= scored[0].matched
    if about is None or elsewhere:
        return None
    units = about.section.units
    shown: list[int] = []
    for index, unit in enumerate(units):
        if unit.kind != "prose" or sum(len(units[i].shown.split()) for i in shown) >= TOPIC_WORDS:
            break
        shown.append(index)
    if shown and len(shown) < len(units) and units[len(shown)].kind in ("code", "item"):
        shown = sorted({*shown, *introduced(units, shown[-1])})
    return Excerpt(about.section, tuple(shown)) if shown and not units[0].asks else None


def _picked(asked: Question, scored: Sequence[Scored], *, alone: bool) -> list[Scored]:
    """The best, then those that are near it, say something else, and don't open the answer in its place."""
    limit = MAX_SENTENCES if alone else MAX_FOR_PART
    best = scored[0]
    picked = [best]
    said = best.matched | (asked.terms & words(best.section.heading))
    for item in scored[1:]:
        if len(picked) == limit or item.score < NEAR_FOR_NEW * best.score:
            break
        new = item.matched - said
        near = alone and _adds(asked, item, best) and item.score >= NEAR_BEST * best.score
        telling = bool(new) and (len(item.matched) > 1 or item.section is best.section)
        if not (near or telling) or _leads_away(asked, item, picked, new & asked.identifiers):
            continue
        picked.append(item)
        said |= item.matched
    return picked


def _adds(asked: Question, item: Scored, best: Scored) -> bool:
    """Whether a sentence that is nearly as good may add to the best one: for a topic, from the same section, or where the
    best one has so few of the question's words that it may not be what was meant."""
    if item.unit.introduces:
        return False
    if len(best.matched) < FEW_MATCHED * len(asked.terms):
        return True
    return not asked.wants_fact and (asked.keywords or item.section is best.section)


def _leads_away(asked: Question, item: Scored, picked: Sequence[Scored], names: frozenset[str]) -> bool:
    """Whether a further sentence would open the answer in the best one's place, repeat, or not be what was asked for;
    one that ``names`` an identifier that isn't named yet belongs in any case."""
    best = picked[0]
    if names:
        return False
    if item.unit.kind == "row" and not distinguished(asked, item):
        return True
    if item.section is best.section and item.index < best.index:
        return True
    if any(item.section is other.section and _grouped(item, other) for other in picked):
        return True
    if asked.wants_fact and not fits(asked, item.unit.text):
        return True
    return any(_alike(item, other) for other in picked)


def _grouped(one: Scored, other: Scored) -> bool:
    """Whether both are in the same list or table, or in the same run of them."""
    return one.unit.kind == other.unit.kind != "prose"


def _alike(one: Scored, other: Scored) -> bool:
    first, second = words(one.unit.text), words(other.unit.text)
    return len(first & second) > SAME_WORDS * min(len(first), len(second))


def _excerpts(asked: Question, picked: Sequence[Scored]) -> list[Excerpt]:
    """What was picked with what it needs, one excerpt for each section."""
    indexes: dict[int, set[int]] = {}
    sections: dict[int, Section] = {}
    for item in picked:
        key = id(item.section)
        sections[key] = item.section
        indexes.setdefault(key, set()).update(with_needs(asked, item))
    found = []
    for key, section in sections.items():
        ordered = tuple(sorted(indexes[key]))
        found.append(Excerpt(section, ordered, label_for(asked, section, ordered)))
    return found


def _merged(found: Sequence[Excerpt], further: Sequence[Excerpt]) -> list[Excerpt]:
    """Excerpts of several parts of a question, those of one section put together."""
    merged = list(found)
    for excerpt in further:
        place = next((i for i, other in enumerate(merged) if other.section.units == excerpt.section.units), None)
        if place is None:
            merged.append(excerpt)
        else:
            indexes = tuple(sorted({*merged[place].indexes, *excerpt.indexes}))
            merged[place] = replace(merged[place], indexes=indexes, more=(*merged[place].more, *excerpt.more))
    return merged


def _titled(excerpts: Sequence[Excerpt]) -> list[Excerpt]:
    """Each document's first part under the document's title, where there are several."""
    if len({excerpt.section.first.document_id for excerpt in excerpts}) < 2:
        return list(excerpts)
    return [replace(excerpt, label=f"From “{excerpt.section.first.title}”:") for excerpt in excerpts]
