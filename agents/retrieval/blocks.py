"""A text's structure: headings, paragraphs, list items, tables and code, each with its offsets. Pure."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

Kind = Literal["heading", "paragraph", "item", "table", "code", "row"]

_FENCE = re.compile(r"\s*(`{3,}|~{3,})")
_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))??(?:[ \t]+#+)?[ \t]*$")
_UNDERLINE = re.compile(r" {0,3}(=+|-{2,})[ \t]*$")
_RULE = re.compile(r" {0,3}([-*_])[ \t]*(?:\1[ \t]*){2,}$")
_ITEM = re.compile(r"\s*(?:[-*+•]|\d{1,9}[.)])[ \t]+\S")
_DELIMITER_ROW = re.compile(r"\s*+\|?+\s*+:?+-++:?+\s*+(?:\|\s*+:?+-++:?+\s*+)*+\|?+\s*+$")
# Words set apart by several blanks: a line of a table made with blanks.
_COLUMNS = re.compile(r"\s*\S.*?\S(?: {2,}|\t+)\S")
_INDENTED = re.compile(r"(?: {4}|\t)")
# MkDocs' admonitions and tabs: what is indented below is text, not code.
_ADMONITION = re.compile(r"\s*(?:!!!|\?\?\?\+?|===\+?)[ \t]+[\w\"]")
MAX_PLAIN_HEADING = 80
# What is longer is a paragraph, however it is marked: titles are cut in the title path, and no text may be lost.
MAX_HEADING = 200


@dataclass(frozen=True, slots=True)
class Block:
    """``text[start:end]`` is the block without the line break at its end. ``level`` and ``title`` are a heading's."""

    kind: Kind
    start: int
    end: int
    level: int = 0
    title: str = ""


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    text: str

    @property
    def end(self) -> int:
        return self.start + len(self.text.rstrip())

    @property
    def blank(self) -> bool:
        return not self.text.strip()


def markdown_blocks(text: str) -> list[Block]:
    """The blocks of a Markdown text, in order; together they hold every character but blanks and rules."""
    return list(_Parser(_Lines(text)).blocks())


def plain_blocks(text: str) -> list[Block]:
    """The paragraphs, list items and headings (capitals, or underlined) of a text without markup."""
    return list(_Parser(_Lines(text), markup=False).blocks())


class _Lines:
    """The lines of a text, made when asked for: as objects all at once they would take twenty times its memory."""

    def __init__(self, text: str) -> None:
        self._texts = text.split("\n")
        self._starts = array("L", accumulate((len(line) + 1 for line in self._texts), initial=0))

    def __len__(self) -> int:
        return len(self._texts)

    def __getitem__(self, index: int) -> _Line:
        return _Line(self._starts[index], self._texts[index])


class _Parser:
    """Line by line; what isn't recognised is a paragraph."""

    def __init__(self, lines: _Lines, *, markup: bool = True) -> None:
        self.lines = lines
        self.markup = markup
        self.position = 0
        self.in_list = False

    def blocks(self) -> Iterator[Block]:
        while self.position < len(self.lines):
            line = self.lines[self.position]
            if line.blank or (self.markup and _RULE.match(line.text)):
                self.position += 1
                continue
            block = (self._markup_block(line) if self.markup else self._plain_block(line)) or self._prose(line)
            opens = block.kind == "item" or bool(self.markup and _ADMONITION.match(line.text))
            self.in_list = opens or (self.in_list and line.text[:1].isspace())
            yield block

    def _markup_block(self, line: _Line) -> Block | None:
        if fence := _FENCE.match(line.text):
            return self._fenced(line, fence.group(1))
        if heading := _heading(line.text):
            self.position += 1
            return Block("heading", line.start, line.end, len(heading.group(1)), (heading.group(2) or "").strip())
        if "|" in line.text and self._delimiters_follow():
            return self._run("table", line, lambda text: "|" in text)
        if not self.in_list and _INDENTED.match(line.text):
            return self._run("code", line, lambda text: bool(_INDENTED.match(text)))
        underline = self._next_matches(_UNDERLINE)
        if underline and not _ITEM.match(line.text) and len(line.text) <= MAX_HEADING:
            self.position += 2
            return Block("heading", line.start, line.end, 1 if "=" in underline.group(1) else 2, line.text.strip())
        return None

    def _plain_block(self, line: _Line) -> Block | None:
        """A heading: a line in capitals, or an underlined one. Or a line of columns, which stands for itself."""
        text = line.text.strip()
        if _COLUMNS.match(line.text):
            self.position += 1
            return Block("row", line.start, line.end)
        underline = self._next_matches(_UNDERLINE) if len(text) <= MAX_HEADING else None
        if not (underline or _is_capitals(text)) or _ITEM.match(line.text):
            return None
        self.position += 2 if underline else 1
        return Block("heading", line.start, line.end, 1 if underline and "=" in underline.group(1) else 2, text)

    def _delimiters_follow(self) -> bool:
        following = self._next_matches(_DELIMITER_ROW)
        return following is not None and "|" in following.string

    def _next_matches(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        following = self.position + 1
        return pattern.match(self.lines[following].text) if following < len(self.lines) else None

    def _fenced(self, opening: _Line, fence: str) -> Block:
        self.position += 1
        last = opening
        while self.position < len(self.lines):
            line = self.lines[self.position]
            self.position += 1
            last = last if line.blank else line
            if line.text.strip().startswith(fence) and not line.text.strip().strip(fence[0]):
                break
        return Block("code", opening.start, last.end)

    def _run(self, kind: Kind, first: _Line, belongs: Callable[[str], bool]) -> Block:
        last = first
        self.position += 1
        while self.position < len(self.lines) and belongs(self.lines[self.position].text):
            line = self.lines[self.position]
            if not line.blank:
                last = line
            self.position += 1
        return Block(kind, first.start, last.end)

    def _prose(self, first: _Line) -> Block:
        kind: Kind = "item" if _ITEM.match(first.text) else "paragraph"
        last = first
        self.position += 1
        while self.position < len(self.lines) and self._continues(self.lines[self.position]):
            last = self.lines[self.position]
            self.position += 1
        return Block(kind, first.start, last.end)

    def _continues(self, line: _Line) -> bool:
        if line.blank or _ITEM.match(line.text):
            return False
        if not self.markup:
            return not (_is_capitals(line.text.strip()) or _COLUMNS.match(line.text))
        starts_table = "|" in line.text and self._delimiters_follow()
        return not (_FENCE.match(line.text) or _heading(line.text) or _RULE.match(line.text) or starts_table)


def _heading(line: str) -> re.Match[str] | None:
    return _HEADING.match(line) if len(line) <= MAX_HEADING else None


def _is_capitals(text: str) -> bool:
    """Whether a line of plain text reads as a heading: several letters, all of them capitals."""
    if len(text) > MAX_PLAIN_HEADING or not text.isupper() or text[-1] in ".,;:":
        return False
    return sum(character.isalpha() for character in text) > 3
