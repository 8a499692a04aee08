"""What a row or an item belongs to: its table with the names of its columns, its list. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agents.providers.extraction_units import Unit
from aurora_site.core.text.markup import cells

_FIELD = re.compile(r"([^:;]{1,60}): (.*)")


def is_table_row(unit: Unit) -> bool:
    """Whether a unit is a row that has names for its cells."""
    return unit.kind == "row" and bool(row_fields(unit))


def row_fields(unit: Unit) -> dict[str, str]:
    """A row's cells by the names of their columns; empty if it has no names."""
    if unit.header:
        names, values = cells(unit.header), cells(unit.shown)
        return {
            name or f"column {place}": value for place, (name, value) in enumerate(zip(names, values, strict=False))
        }
    fields = [_FIELD.fullmatch(part) for part in unit.shown.split("; ")]
    named = len(fields) > 1 and all(fields)
    return {field[1].strip(): field[2].strip() for field in fields if field} if named else {}


def same_table(one: Unit, other: Unit) -> bool:
    """Whether two neighbouring units are rows of one table."""
    if one.kind != "row" or other.kind != "row":
        return False
    return one.header == other.header


def table_around(units: Sequence[Unit], index: int) -> range:
    """The indexes of the rows of the table that a row is in."""
    first = last = index
    while first and same_table(units[first - 1], units[index]):
        first -= 1
    while last + 1 < len(units) and same_table(units[last + 1], units[index]):
        last += 1
    return range(first, last + 1)


def list_around(units: Sequence[Unit], index: int) -> range:
    """The indexes of the list that an item is in, with what is indented below its items; a list around it isn't part of
    it, nor is its introduction."""
    level = units[index].column
    first = last = index
    while first and _in_list(units[first - 1], level):
        first -= 1
    while last + 1 < len(units) and _in_list(units[last + 1], level):
        last += 1
    while first < index and units[first].kind != "item":
        first += 1
    return range(first, last + 1)


def _in_list(unit: Unit, level: int) -> bool:
    column = len(unit.shown) - len(unit.shown.lstrip()) if unit.kind == "code" else unit.column
    return unit.column >= level if unit.kind == "item" else unit.kind != "row" and column > level
