"""Documents that say the same, or differently: the newest first, and contradictions shown as such. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from agents.providers.contradictions import contradict, values
from agents.providers.extraction_arranging import Excerpt, with_needs
from agents.providers.extraction_groups import row_fields
from agents.providers.extraction_question import Question
from agents.providers.extraction_scoring import Scored, words
from aurora_site.core.text.markup import quoted

DISAGREE = "The documents disagree."
# What is compared must be about as good an answer as the best.
COMPARED = 0.75
# A newer document that says the same comes in its place.
REPLACING = 0.85
SAME = 0.7
MAX_SIDES = 4


def disagreement(asked: Question, scored: Sequence[Scored]) -> list[Excerpt]:
    """What different documents say where they give different values for what is asked, the newest first; nothing where
    they agree."""
    best = scored[0]
    sides = [best]
    for item in scored[1:]:
        if item.score < COMPARED * best.score or len(sides) == MAX_SIDES:
            break
        known = {_document(side) for side in sides}
        if _document(item) not in known and _differs(asked, best, item):
            sides.append(item)
    if len(sides) == 1:
        return []
    sides.sort(key=lambda side: side.unit.passage.dated or date.min, reverse=True)
    return [_side(asked, side) for side in sides]


def newest_first(scored: Sequence[Scored]) -> list[Scored]:
    """The sentences, best first, where one that says the same in a newer document takes the best one's place."""
    best = scored[0]
    for item in scored[1:]:
        if item.score < REPLACING * best.score:
            break
        if _newer(item, best) and _same(item, best):
            return [item, *(other for other in scored if other is not item)]
    return list(scored)


def _differs(asked: Question, best: Scored, item: Scored) -> bool:
    """Whether both answer the question, of the same things by name, with different values."""
    if item.unit.kind == "code" or _row_key(best) != _row_key(item):
        return False
    about = [(each.matched | words(each.section.heading)) & asked.terms for each in (best, item)]
    own = [each.matched & asked.identifiers for each in (best, item)]
    return about[0] <= about[1] and own[0] == own[1] and contradict(
        best.unit.text, item.unit.text, decides=asked.yes_no
    )  # fmt: skip


def _row_key(item: Scored) -> frozenset[str] | None:
    """The words of the cell that tells what a row is about; None for what is no row."""
    return words(next(iter(row_fields(item.unit).values()), "")) if item.unit.kind == "row" else None


def _side(asked: Question, side: Scored) -> Excerpt:
    passage = side.unit.passage
    when = f" ({passage.dated.day} {passage.dated:%B %Y})" if passage.dated else ""
    indexes = [side.index] if side.unit.kind == "row" else with_needs(replace(asked, wants_list=False), side)
    return Excerpt(side.section, tuple(indexes), f"“{quoted(passage.title)}”{when}:")


def _document(item: Scored) -> str:
    return item.unit.passage.document_id


def _newer(item: Scored, best: Scored) -> bool:
    days = item.unit.passage.dated, best.unit.passage.dated
    return bool(days[0] and days[1] and days[0] > days[1]) and _document(item) != _document(best)


def _same(item: Scored, best: Scored) -> bool:
    first, second = words(item.unit.text), words(best.unit.text)
    alike = len(first & second) >= SAME * max(len(first), len(second), 1)
    return alike and values(item.unit.text) == values(best.unit.text)
