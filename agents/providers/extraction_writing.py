"""Excerpts as Markdown: sentences run on, items, tables and code have lines of their own, each run is cited. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from agents.providers.extraction_arranging import Excerpt
from agents.providers.extraction_code import code_blocks, whole_code
from agents.providers.extraction_groups import is_table_row, row_fields
from agents.providers.extraction_units import Unit
from aurora_site.core.text.markup import cells

# So many headings are named where more is to be found.
MAX_HEADINGS = 4
# A number in brackets in a document would pass for a citation.
_LIKE_MARKER = re.compile(r"\[(\d{1,3})\](?!\()")


@dataclass(frozen=True)
class Segment:
    """A piece of the answer, quoted from the passage of that number; None for Aurora's own words."""

    text: str
    passage_number: int | None


@dataclass(frozen=True)
class Composition:
    """An answer in Markdown: ``written`` is its text with the number of a passage wherever one is cited."""

    written: Sequence[str | int]
    segments: Sequence[Segment]
    answered: bool
    contradicts: bool = field(default=False, kw_only=True)

    @property
    def text(self) -> str:
        """The answer with ``[n]`` after each quoted piece, ``n`` being the passage's number."""
        return self.numbered({})

    def numbered(self, numbers: Mapping[int, int]) -> str:
        """The text with the passages' numbers replaced by others."""
        return "".join(part if isinstance(part, str) else f"[{numbers.get(part, part)}]" for part in self.written)


def plainly(text: str, *, answered: bool) -> Composition:
    """Aurora's own words, without citations."""
    return Composition([text], [Segment(text, None)], answered)


def written(excerpts: Sequence[Excerpt], opening: str = "") -> Composition:
    """The excerpts in their order, after an opening in Aurora's own words."""
    parts: list[str | int] = []
    segments: list[Segment] = []
    if opening:
        parts.append(opening)
        segments.append(Segment(opening, None))
    runs_on = False
    for excerpt in excerpts:
        for place, block in enumerate(_blocks(excerpt)):
            label = excerpt.label if place == 0 else ""
            prose = block.form == "prose"
            if parts:
                parts.append(" " if runs_on and prose and not label else "\n\n")
            if label:
                parts.append(f"{label}{' ' if prose else chr(10) * 2}")
                segments.append(Segment(label, None))
            parts += block.parts
            segments += block.segments
            runs_on = prose
        if excerpt.more:
            parts += _more(excerpt)
            runs_on = False
    return Composition(parts, segments, answered=True)


def _more(excerpt: Excerpt) -> list[str | int]:
    last = excerpt.units[-1].passage
    headings = [f"“{heading}”" for heading in excerpt.more if heading != last.title]
    under = f" under {', '.join(headings[:MAX_HEADINGS])}" if headings else ""
    others = " and others" if len(headings) > MAX_HEADINGS else ""
    return [f"\n\nThere is more in “{last.title}”{under}{others}. ", last.number]


@dataclass(frozen=True)
class _Block:
    form: str
    parts: Sequence[str | int]
    segments: Sequence[Segment]


def _blocks(excerpt: Excerpt) -> Iterator[_Block]:
    units = excerpt.units
    alone = len([unit for unit in units if unit.kind in ("item", "row")]) == 1
    for form, run in groupby(units, key=_form):
        group = list(run)
        if form == "table":
            yield from _tables(group)
        elif form == "code":
            yield from (_cited("code", pieces, whole_code(pieces), "\n") for pieces in code_blocks(group))
        elif form == "list":
            single = alone and len(group) == 1 and not _introduced(units, group[0])
            yield _lines(group, marked=not single)
        else:
            yield _prose(group, before=_following(units, group[-1]))


def _following(units: Sequence[Unit], unit: Unit) -> Unit | None:
    place = units.index(unit) + 1
    return units[place] if place < len(units) else None


def _introduced(units: Sequence[Unit], unit: Unit) -> bool:
    place = units.index(unit)
    return place > 0 and units[place - 1].introduces


def _form(unit: Unit) -> str:
    if unit.kind == "row":
        return "table" if is_table_row(unit) else "list"
    if unit.kind == "item":
        return "list"
    return "list" if unit.kind in ("code", "prose") and _nested(unit) else unit.kind


def _nested(unit: Unit) -> bool:
    return unit.kind == "code" and unit.shown[:1] in (" ", "\t")


def _prose(units: Sequence[Unit], before: Unit | None) -> _Block:
    """Sentences, cited where their passage ends; an introduction is cited with what it introduces."""
    parts: list[str | int] = []
    for number, run in groupby(units, key=lambda unit: unit.passage.number):
        text = " ".join(_safe(unit.shown) for unit in run)
        parts += [" " if parts else "", f"{text} ", number]
    if before and units[-1].introduces and before.passage is units[-1].passage:
        parts = [*parts[:-2], text]
    return _Block("prose", parts, [Segment(unit.shown, unit.passage.number) for unit in units])


def _lines(units: Sequence[Unit], *, marked: bool) -> _Block:
    """List items on lines of their own; a passage is cited after the last of its items."""
    parts: list[str | int] = []
    least = min(unit.column for unit in units)
    for place, unit in enumerate(units):
        nested = _nested(unit)
        marker = f"{unit.number}. " if unit.number else "- "
        indent = " " * (unit.column - least)
        text = whole_code([unit]) if nested else f"{indent}{marker if marked else ''}{_safe(unit.shown)}"
        cited = place + 1 == len(units) or units[place + 1].passage.number != unit.passage.number
        parts.append(f"{chr(10) * (1 + nested) if parts else ''}{text}{chr(10) if nested and not cited else ''}")
        if cited:
            parts += ["\n" if nested else " ", unit.passage.number]
    form = "list" if marked else "prose"
    return _Block(form, parts, [Segment(unit.shown, unit.passage.number) for unit in units])


def _tables(units: Sequence[Unit]) -> Iterator[_Block]:
    for header, run in groupby(units, key=lambda unit: (unit.header, unit.passage.number if unit.header else 0)):
        group = list(run)
        lines = [header[0], "|---" * len(cells(header[0])) + "|", *(unit.shown for unit in group)]
        yield _cited("table", group, "\n".join(lines if header[0] else _named_table(group)), "\n")


def _named_table(units: Sequence[Unit]) -> list[str]:
    """Rows that name each of their values, as one table."""
    rows = [row_fields(unit) for unit in units]
    names = list(dict.fromkeys(name for row in rows for name in row))
    lines = [[_cell(name) for name in names], ["---"] * len(names)]
    lines += [[_cell(row.get(name, "")) for name in names] for row in rows]
    return [f"| {' | '.join(line)} |" for line in lines]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _cited(form: str, units: Sequence[Unit], text: str, gap: str) -> _Block:
    shown = text if form == "code" else _safe(text)
    numbers = list(dict.fromkeys(unit.passage.number for unit in units))
    parts: list[str | int] = [shown, gap]
    for place, number in enumerate(numbers):
        parts += [" ", number] if place else [number]
    return _Block(form, parts, [Segment(unit.shown, unit.passage.number) for unit in units])


def _safe(text: str) -> str:
    return _LIKE_MARKER.sub(r"[\1\\]", text)
