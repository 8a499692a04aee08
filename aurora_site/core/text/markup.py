"""Markdown as plain words: for embedding it, searching it, and quoting it without its marks."""

from __future__ import annotations

import re
from collections.abc import Sequence

_ITEM_MARKER = re.compile(r"^\s*(?:[-*+]|\d{1,9}[.)])\s+(?:\[[ xX]\]\s+)?")
_QUOTE_MARKER = re.compile(r"^\s*(?:>\s?)+", re.MULTILINE)
_LINK = re.compile(r"!?\[([^\[\]]*)\]\((?:[^()\s]|\([^()\s]*\))*(?:\s+\"[^\"]*\")?\)")
_STRONG = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1", re.DOTALL)
_EMPHASIS = re.compile(r"(?<![\w*_])([*_])(?=[^\s*_])([^*_]+?)(?<=[^\s*_])\1(?![\w*_])")
_CODE = re.compile(r"(?<!`)(`{1,2})(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_WHITESPACE = re.compile(r"\s+")
_CELL_BORDER = re.compile(r"(?<!\\)\|")
_FENCE = re.compile(r"^\s*(?:`{3,}|~{3,})[^\n]*\n?|\n?[ \t]*(?:`{3,}|~{3,})[ \t]*$")


def plain(text: str) -> str:
    """One line of plain words: list and quote markers, links' addresses, emphasis and code ticks left out."""
    text = _QUOTE_MARKER.sub("", _ITEM_MARKER.sub("", text))
    pieces = _CODE.split(_LINK.sub(r"\1", text))
    words = [pieces[index] if index % 3 == 2 else _without_emphasis(pieces[index])
             for index in range(len(pieces)) if index % 3 != 1]  # fmt: skip
    return _WHITESPACE.sub(" ", "".join(words)).strip()


def quoted(text: str) -> str:
    """One line, verbatim but for list and quote markers at the start of lines and for line breaks."""
    return _WHITESPACE.sub(" ", _QUOTE_MARKER.sub("", _ITEM_MARKER.sub("", text))).strip()


def cells(line: str) -> list[str]:
    """A table line's cells, unescaped and trimmed."""
    line = line.strip().removeprefix("|")
    if line.endswith("|") and not line.endswith("\\|"):
        line = line[:-1]
    return [cell.strip().replace("\\|", "|") for cell in _CELL_BORDER.split(line)]


def table_row(header: Sequence[str], row: Sequence[str]) -> str:
    """``header: value; header: value``; empty cells are left out, nameless columns show their value alone."""
    named = zip([*header, *[""] * (len(row) - len(header))], row, strict=False)
    return "; ".join(f"{name}: {value}" if name else value for name, value in named if value)


def code_body(block: str) -> str:
    """A fenced code block without its fences."""
    return _FENCE.sub("", block)


def _without_emphasis(text: str) -> str:
    return _EMPHASIS.sub(r"\2", _STRONG.sub(r"\2", text))
