"""Reads which service calls which from what people and tools hand in: CSV, and labels of metrics. Pure.

Every reader gives the calls that it understood and, for the rest, the line and why it was refused.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from incidents.errors import UnreadableGraph

MOST_CALLS = 10_000
MOST_REFUSALS = 100
LONGEST_NAME = 200
# More in one cell is a quote that nobody closed. Python's own limit is one of the whole process, which others may raise.
LONGEST_CELL = 10_000
# Signs with which spreadsheets take a cell for a formula.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
_HEADERS = {
    ("caller", "callee"), ("source", "target"), ("client", "server"), ("from", "to"), ("service", "dependency"),
}  # fmt: skip
# Labels of caller and callee: Tempo's and OpenTelemetry's service graphs, Istio.
_LABELS = (("client", "server"), ("source_workload", "destination_workload"), ("source", "destination"))
_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*\s*")
# The value, and the time in milliseconds where it is told.
_SAMPLE = re.compile(r"\s*(?P<value>\S+)(?:\s+-?\d+)?")
_LABEL = re.compile(r'\s*(?P<name>[a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"(?P<value>(?:[^"\\]|\\.)*)"\s*(?:,|$)')
_NO_SERVICE = frozenset({"", "unknown"})


@dataclass(frozen=True)
class Call:
    """``callee`` is empty for a service of which no call is told."""

    line: int
    caller: str
    callee: str = ""


@dataclass
class Calls:
    """``refused`` are lines, counted from 1, with why; only the first ``MOST_REFUSALS`` are kept of ``refused_count``."""

    calls: list[Call] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)
    refused_count: int = 0

    def refuse(self, line: int, reason: str) -> None:
        self.refused_count += 1
        if len(self.refused) < MOST_REFUSALS:
            self.refused.append((line, reason))

    def add(self, line: int, caller: str, callee: str = "") -> None:
        """Raises UnreadableGraph when it becomes too much."""
        caller, callee = caller.strip(), callee.strip()
        reason = _unfit(caller) or (_unfit(callee) if callee else "")
        if not reason and caller.lower() == callee.lower():
            reason = f"{caller} can't call itself."
        if reason:
            self.refuse(line, reason)
            return
        if len(self.calls) >= MOST_CALLS:
            raise UnreadableGraph(f"More than {MOST_CALLS:,} calls; import them in parts.")
        self.calls.append(Call(line, caller, callee))


def _unfit(name: str) -> str:
    if name.lower() in _NO_SERVICE:
        return "A name is missing." if not name else f'"{name}" means no service.'
    if len(name) > LONGEST_NAME:
        return f"A name has more than {LONGEST_NAME} characters."
    return "" if name.isprintable() else "A name has characters that can't be shown."


def calls_of_csv(text: str) -> Calls:
    """An edge list of two columns (a header is optional, an empty callee tells of a service alone), or an adjacency matrix,
    whose first cell is empty: the row calls the column where the number isn't 0. Lines of one cell are names of services only
    where all are; else a comma is missing. Raises UnreadableGraph."""
    text = text.removeprefix("\ufeff")
    first = text.split("\n", 1)[0]
    delimiter = next((sign for sign in ",;\t" if sign in first), ",")
    rows = _numbered(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    found = Calls()
    number, header = next(rows, (0, []))
    if not header:
        raise UnreadableGraph("There is nothing in it. Give lines of caller,callee.")
    if not header[0].strip() and len(header) > 1:
        _read_matrix(found, [_unquoted(name) for name in header[1:]], rows)
        return found
    edges = list(rows)
    if tuple(cell.strip().lower() for cell in header[:2]) not in _HEADERS:
        edges.insert(0, (number, header))
    is_names = len(header) == 1 and all(len(row) == 1 for _, row in edges)
    for number, row in edges:
        if len(row) == 1 and not is_names:
            found.refuse(number, "There is no comma; give caller,callee, or a name and a comma for a service alone.")
        else:
            _read_edge(found, number, row)
    return found


def _numbered(reader: Any) -> Iterator[tuple[int, list[str]]]:
    """The lines that aren't empty. Raises UnreadableGraph where it isn't CSV."""
    try:
        for row in reader:
            if any(len(cell) > LONGEST_CELL for cell in row):
                raise UnreadableGraph(f"Line {reader.line_num}: a cell is too long. Is a quote not closed?")
            if any(cell.strip() for cell in row):
                yield reader.line_num, row
    except csv.Error as error:
        raise UnreadableGraph(f"Line {reader.line_num} isn't CSV: {error}.") from error


def _read_edge(found: Calls, line: int, row: Sequence[str]) -> None:
    if len([cell for cell in row if cell.strip()]) > 2:
        found.refuse(line, "More than two cells; give caller,callee.")
        return
    found.add(line, _unquoted(row[0]), _unquoted(row[1]) if len(row) > 1 else "")


def _read_matrix(found: Calls, columns: Sequence[str], rows: Iterator[tuple[int, list[str]]]) -> None:
    for line, row in rows:
        caller = _unquoted(row[0])
        if len(row) != len(columns) + 1:
            found.refuse(line, f"{len(row) - 1} numbers for {len(columns)} columns.")
            continue
        try:
            called = [name for name, cell in zip(columns, row[1:], strict=True) if float(cell or 0) != 0]
        except ValueError:
            found.refuse(line, "A cell isn't a number.")
            continue
        found.add(line, caller)
        for callee in called:
            found.add(line, caller, callee)


def _unquoted(cell: str) -> str:
    """A cell without the apostrophe that ``cell_for_spreadsheets`` puts before formulas."""
    cell = cell.strip()
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA_SIGNS) else cell


def cell_for_spreadsheets(name: str) -> str:
    """A name that no spreadsheet takes for a formula (OWASP, "CSV injection")."""
    return f"'{name}" if name.startswith(FORMULA_SIGNS) else name


def calls_of_series(series: Sequence[Mapping[str, Any]]) -> Calls:
    """Labels of metrics, each ``{"client", "server"}`` or Istio's; or with ``metric`` around, as Prometheus answers."""
    found = Calls()
    for line, one in enumerate(series, start=1):
        inner = one.get("metric")
        _read_labels(found, line, inner if isinstance(inner, Mapping) else one)
    return found


def calls_of_exposition(text: str) -> Calls:
    """Prometheus' text format, such as ``traces_service_graph_request_total{client="web",server="shop"} 12``; series
    without such labels are passed over, and those that never counted anything."""
    found = Calls()
    for line, row in enumerate(map(str.strip, text.split("\n")), start=1):
        if not row or row.startswith("#") or "{" not in row:
            continue
        # Taken apart at its braces first: one expression for all of it would try every brace.
        head, _, rest = row.partition("{")
        inside, closed, sample = rest.rpartition("}")
        match = _SAMPLE.fullmatch(sample) if closed else None
        labels = _labels(inside.rstrip()) if match and _METRIC.fullmatch(head) else None
        if match is None or labels is None:
            found.refuse(line, "Not a line of Prometheus' text format.")
        elif match["value"] not in ("0", "0.0", "NaN") and _ends(labels):
            _read_labels(found, line, labels)
    return found


def _labels(text: str) -> dict[str, str] | None:
    labels, at = {}, 0
    while at < len(text):
        match = _LABEL.match(text, at)
        if match is None:
            return None
        value = match["value"].replace(r"\"", '"').replace(r"\n", " ").replace("\\\\", "\\")
        labels[match["name"]], at = value, match.end()
    return labels


def _ends(labels: Mapping[str, Any]) -> tuple[str, str] | None:
    return next((pair for pair in _LABELS if pair[0] in labels and pair[1] in labels), None)


def _read_labels(found: Calls, line: int, labels: Mapping[str, Any]) -> None:
    pair = _ends(labels)
    if pair is None or not all(isinstance(labels[name], str) for name in pair):
        names = " or ".join(f"{caller} and {callee}" for caller, callee in _LABELS)
        found.refuse(line, f"Its labels have no texts {names}.")
    elif labels[pair[1]].strip():
        found.add(line, labels[pair[0]], labels[pair[1]])
    else:
        found.refuse(line, "A name is missing.")
