"""Blocks of code that were cut into pieces, put together again. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from agents.providers.extraction_units import Unit

_FENCE = re.compile(r"\s*(`{3,}|~{3,})")


def code_around(units: Sequence[Unit], index: int) -> range:
    """The indexes of the pieces of the block of code that a piece is in."""
    first = last = index
    while first and units[first - 1].kind == "code":
        first -= 1
    while last + 1 < len(units) and units[last + 1].kind == "code":
        last += 1
    for block in _blocks(units, range(first, last + 1)):
        if index in block:
            return block
    return range(index, index + 1)


def code_blocks(units: Sequence[Unit]) -> list[list[Unit]]:
    """Pieces of code that follow each other, block by block."""
    return [[units[index] for index in block] for block in _blocks(units, range(len(units)))]


def whole_code(pieces: Sequence[Unit]) -> str:
    """A block's pieces between fences."""
    text = pieces[0].shown
    for before, piece in pairwise(pieces):
        text += _gap(piece.start - before.end) + piece.shown
    lines = text.strip("\n").splitlines()
    opening = _FENCE.match(lines[0])
    if opening is None:
        closed = _closes(lines[-1], "") and len(lines) > 1
        return "\n".join(["```", *(lines[:-1] if closed else lines), "```"])
    indent = lines[0][: len(lines[0]) - len(lines[0].lstrip())]
    closed = len(lines) > 1 and _closes(lines[-1], opening.group(1))
    return "\n".join(lines if closed else [*lines, indent + opening.group(1)])


def _gap(length: int) -> str:
    """The blanks at a cut, which are in no passage, by their number: an even one has an empty line before the indent."""
    if length <= 0:
        return ""
    breaks = 1 + (length % 2 == 0)
    return "\n" * breaks + " " * (length - breaks)


def _blocks(units: Sequence[Unit], indexes: range) -> Iterator[range]:
    """A piece that begins with a fence opens a block, unless one is open; one that ends with it closes the block."""
    start, fence = indexes.start, ""
    for index in indexes:
        lines = units[index].shown.strip().splitlines() or [""]
        opening = _FENCE.match(lines[0])
        if opening and not fence:
            if index > start:
                yield range(start, index)
            start, fence = index, opening.group(1)
            lines = lines[1:]
        if lines and _closes(lines[-1], fence):
            yield range(start, index + 1)
            start, fence = index + 1, ""
    if start < indexes.stop:
        yield range(start, indexes.stop)


def _closes(line: str, fence: str) -> bool:
    stripped = line.strip()
    return bool(_FENCE.fullmatch(stripped)) and stripped.startswith(fence)
