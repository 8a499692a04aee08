"""A table file as lines of text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from agents.retrieval.loading_errors import DocumentTooLarge, UnreadableDocument

MAX_CSV_ROWS = 1_000_000
MAX_CSV_COLUMNS = 200
MAX_NAME = 100


def csv_lines(text: str, *, max_characters: int) -> str:
    """One line per row, ``header: value; header: value``, so that a row can be understood alone.

    Raises UnreadableDocument, and DocumentTooLarge for too many rows, columns or characters in the end.
    """
    rows = _csv_rows(text)
    header = next(rows, [])
    names = [name[:MAX_NAME] or f"column {number}" for number, name in enumerate(header, 1)]
    lines: list[str] = []
    size = 0
    for row in rows:
        lines.append(_line(names, row))
        size += len(lines[-1]) + 1
        if size > max_characters:
            raise DocumentTooLarge(
                f"The table has more than {max_characters:,} characters, its columns' names repeated."
            )
    return "\n".join(lines) or "; ".join(header)


def _line(names: Sequence[str], row: Sequence[str]) -> str:
    extra = [f"column {number}" for number in range(len(names) + 1, len(row) + 1)]
    return "; ".join(f"{name}: {value}" for name, value in zip([*names, *extra], row, strict=False) if value)


def _csv_rows(text: str) -> Iterator[list[str]]:
    """The rows that hold something, blanks in their cells made single."""
    header = text.lstrip("\n").partition("\n")[0]
    delimiter = max(",;\t|", key=header.count)
    number = 0
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            if not any(cell.strip() for cell in row):
                continue
            number += 1
            if number > MAX_CSV_ROWS or len(row) > MAX_CSV_COLUMNS:
                raise DocumentTooLarge(f"A table may have {MAX_CSV_ROWS:,} rows and {MAX_CSV_COLUMNS} columns.")
            yield [" ".join(cell.split()) for cell in row]
    except csv.Error as error:
        raise UnreadableDocument(f"The table can't be read: {error}.") from error
