"""How exported lines are written: JSON lines, or a table that spreadsheets open. The offline verifier reads both."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator

from audit.exporting import Entry

COLUMNS = (
    *("kind", "seq", "at", "event", "organization_id", "actor_id", "subject_type", "subject_id", "trace_id"),
    *("body", "personal", "key_id", "code", "leaf", "level", "index", "hash"),
)
# What a spreadsheet would take for a formula, and the sign that keeps it from doing so.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
GUARD = "'"


def json_lines(blocks: Iterable[list[Entry]]) -> Iterator[bytes]:
    """One JSON object a line, a piece of the file at a time."""
    for block in blocks:
        if block:
            yield b"".join(_json(entry).encode() + b"\n" for entry in block)


def csv_lines(blocks: Iterable[list[Entry]]) -> Iterator[bytes]:
    """A table (RFC 4180, UTF-8) with the columns above; the lines ``head`` and ``end`` stand as JSON in ``body``.

    A cell that a spreadsheet would take for a formula begins with an apostrophe, as does one that begins with an
    apostrophe itself, so that taking the first one away gives the text back.
    """
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(COLUMNS)
    for block in blocks:
        table.writerows([_cell(value) for value in _row(entry)] for entry in block)
        yield text.getvalue().encode("utf-8", "surrogateescape")
        text.seek(0)
        text.truncate()


FORMATS: dict[str, Callable[[Iterable[list[Entry]]], Iterator[bytes]]] = {"jsonl": json_lines, "csv": csv_lines}
CONTENT_TYPES = {"jsonl": "application/x-ndjson", "csv": "text/csv; charset=utf-8"}


def _json(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        # Somebody spoiled a body so that it isn't UTF-8 any more; it goes out as it is, for the verifier to find.
        return json.dumps(value)
    return text


def _row(entry: Entry) -> list[object]:
    cells = {name: entry.get(name, "") for name in COLUMNS}
    if entry["kind"] in ("head", "end"):
        cells["body"] = _json(entry)
        return [entry["kind"] if name == "kind" else cells["body"] if name == "body" else "" for name in COLUMNS]
    if "body" in entry:
        cells |= _readable(entry["body"])
        cells["personal"] = _json(entry["personal"])
    return list(cells.values())


def _readable(body: str) -> Entry:
    """The columns that repeat parts of the body, empty where somebody spoiled it."""
    try:
        fields = json.loads(body)
        subject = fields["subject"]
        same = ("at", "event", "organization_id", "actor_id", "trace_id")
        cells = {**{name: fields[name] for name in same}, "subject_type": subject["type"], "subject_id": subject["id"]}
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    return {name: value if isinstance(value, str) else "" for name, value in cells.items()}


def _cell(value: object) -> object:
    return GUARD + value if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value
