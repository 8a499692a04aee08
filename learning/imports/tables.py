"""Reads files into rows with their line numbers: CSV as spreadsheets write it, and JSON. Pure; everything is bounded."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from learning.errors import UnreadableImport
from learning.imports.refusals import Refusals

MOST_ROWS = 200_000
MOST_COLUMNS = 50
# More in one cell is a quote that nobody closed. Python's own limit is one of the whole process, which others may raise.
LONGEST_CELL = 10_000
_DELIMITERS = ",;\t"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class Row:
    """``cells`` are texts from CSV, any values from JSON, by the column's own name."""

    line: int
    cells: Mapping[str, Any]


@dataclass(frozen=True)
class Table:
    """``columns`` are those that the file has, empty ones included; in JSON each entry has its own."""

    columns: frozenset[str]
    rows: Sequence[Row]


def table_of(content: bytes, form: str, columns: Mapping[str, str], refusals: Refusals, *, list_name: str) -> Table:
    """The rows of a file. ``columns`` maps every name that a column may have to its own; in JSON the entries are a list,
    or one under ``list_name``. Raises UnreadableImport where it isn't CSV or JSON, or too much."""
    if form == "json":
        refusals.word = "entry"
        return _of_json(json_of(content), columns, refusals, list_name)
    return _of_csv(text_of(content), columns, refusals)


def text_of(content: bytes) -> str:
    """The text of a file, without the mark that Excel puts before UTF-8. Raises UnreadableImport."""
    if content.startswith(_UTF_16):
        raise UnreadableImport("The file is UTF-16. Save it as UTF-8 (in Excel: CSV UTF-8).")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnreadableImport(
            f"The file isn't UTF-8 (line {line}). Save it as UTF-8 (in Excel: CSV UTF-8)."
        ) from error


def json_of(content: bytes) -> Any:
    """A file's JSON. Raises UnreadableImport."""
    try:
        return json.loads(text_of(content), parse_constant=_no_constant)
    except RecursionError as error:
        raise UnreadableImport("The JSON is nested too deeply.") from error
    except ValueError as error:
        raise UnreadableImport(f"The file isn't JSON: {error}.") from error


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _of_csv(text: str, columns: Mapping[str, str], refusals: Refusals) -> Table:
    header_line = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(_DELIMITERS, key=lambda sign: _known_columns(header_line, sign, columns))
    records = _records(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    line, header = next(records, (1, []))
    names = _names_of(header, line, columns)
    rows: list[Row] = []
    for line, record in records:
        if len(record) > len(names) and any(cell.strip() for cell in record[len(names) :]):
            refusals.add(line, "", f"It has {len(record)} cells, the header {len(names)}. Is a quote missing?")
            continue
        if len(rows) >= MOST_ROWS:
            raise UnreadableImport(f"The file has more than {MOST_ROWS:,} rows; import it in parts.")
        rows.append(Row(line, dict(zip(names, record, strict=False))))
    return Table(frozenset(names), rows)


def _known_columns(header: str, delimiter: str, columns: Mapping[str, str]) -> int:
    return sum(_plain(name) in columns for name in header.split(delimiter))


def _plain(name: Any) -> str:
    return str(name).strip().strip('"').strip().lower().replace(" ", "_").replace("-", "_")


def _names_of(header: Sequence[str], line: int, columns: Mapping[str, str]) -> list[str]:
    if not header:
        raise UnreadableImport(f"There is nothing in the file. Give a header with {_words(columns)}.")
    if len(header) > MOST_COLUMNS:
        raise UnreadableImport(f"Line {line}: give at most {MOST_COLUMNS} columns.")
    names = []
    for cell in header:
        name = columns.get(_plain(cell))
        if name is None:
            told = cell.strip()[:50] or "without a name"
            raise UnreadableImport(f"Line {line}: there is no column {told}; give {_words(columns)}.")
        if name in names:
            raise UnreadableImport(f"Line {line}: the column {name} is there twice.")
        names.append(name)
    return names


def _words(columns: Mapping[str, str]) -> str:
    return ", ".join(dict.fromkeys(columns.values()))


def _records(reader: Any) -> Iterator[tuple[int, list[str]]]:
    """The records that aren't empty, each with the line where it begins. Raises UnreadableImport where it isn't CSV."""
    begins = 1
    try:
        for record in reader:
            if any(len(cell) > LONGEST_CELL for cell in record):
                raise _endless_cell(begins)
            if any(cell.strip() for cell in record):
                yield begins, record
            begins = reader.line_num + 1
    except csv.Error as error:
        # Python's own bound on a cell, which is one of the whole process and lies above ours.
        if "field limit" in str(error):
            raise _endless_cell(begins) from error
        raise UnreadableImport(f"Line {begins} isn't CSV: {error}.") from error


def _endless_cell(line: int) -> UnreadableImport:
    return UnreadableImport(f"Line {line}: a cell has more than {LONGEST_CELL:,} characters. Is a quote not closed?")


def _of_json(value: Any, columns: Mapping[str, str], refusals: Refusals, list_name: str) -> Table:
    entries = value.get(list_name) if isinstance(value, dict) else value
    if not isinstance(entries, list):
        raise UnreadableImport(f'Give a list of objects, or one as {{"{list_name}": […]}}.')
    if len(entries) > MOST_ROWS:
        raise UnreadableImport(f"The file has more than {MOST_ROWS:,} entries; import it in parts.")
    rows = []
    for number, entry in enumerate(entries, start=1):
        if not isinstance(entry, dict):
            refusals.add(number, "", "Give an object.")
            continue
        unknown = [str(name)[:50] for name in entry if _plain(name) not in columns]
        if unknown:
            refusals.add(number, unknown[0], f"There is no such field; give {_words(columns)}.")
            continue
        rows.append(Row(number, {columns[_plain(name)]: cell for name, cell in entry.items()}))
    return Table(frozenset(name for row in rows for name in row.cells), rows)
