"""Cutting a document along its headings into passages that an embedding model can take in whole. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from agents.retrieval.blocks import Block
from agents.retrieval.sentences import MAX_SENTENCE, cut, sentence_spans, trim
from agents.retrieval.token_counts import token_counter
from aurora_site.core.text.markup import cells, code_body, plain, table_row

CHUNKER = "headings-3"
MAX_TOKENS = 230
MAX_HEADING = 500
MAX_CONTEXT = 200
_HEADING_TOKENS = 60
# What is far over any budget is cut into pieces of this many characters before anything is counted.
_LONG = 50_000

SentenceKind = Literal["prose", "item", "header", "row", "code"]
# A bold lead-in such as "**Carry-over.**" says nothing without the sentence after it.
_LEAD_IN = re.compile(r"\s*(?:[-*+•]|\d{1,9}[.)])?\s*(\*\*|__)[^*_]{1,80}\1[.:!?]?|\s*(?:[-*+•]|\d{1,9}[.)])")


@dataclass(frozen=True)
class SentenceSpan:
    """A sentence, list item, table row or piece of code.

    ``context`` is what it can't be understood without: a table's header row, the line that introduces a list.
    """

    start: int
    end: int
    kind: SentenceKind
    context: str = ""


@dataclass(frozen=True)
class ChunkSpan:
    """``source[start:end] == text``; ``heading`` is the path of titles above it, ``"Leave policy > Annual leave"``."""

    ordinal: int
    heading: str
    start: int
    end: int
    text: str
    sentences: tuple[SentenceSpan, ...]

    @property
    def embedded_text(self) -> str:
        """What the embedding model is given: the title path, a continued table's header, the passage."""
        first = self.sentences[0]
        header = f"{first.context}\n" if first.kind == "row" and first.context else ""
        return f"{self.heading}\n{header}{self.text}"


def chunk_text(
    text: str,
    blocks: Sequence[Block],
    title: str,
    *,
    max_tokens: int = MAX_TOKENS,
    count_tokens: Callable[[str], int] | None = None,
) -> list[ChunkSpan]:
    """The chunks of a text, in order; each lies within one section and has at most ``max_tokens`` tokens.

    Tokens are estimated for the text's language unless ``count_tokens`` is given. The title path is embedded with
    each chunk, so a long path makes its chunks shorter. Blocks are kept whole where they fit; a longer one is cut
    between sentences, rows or lines. A heading with nothing below it is a chunk itself.
    """
    chunks: list[ChunkSpan] = []
    if count_tokens is None:
        prose = (text[block.start : block.end] for block in blocks if block.kind in ("paragraph", "item"))
        count_tokens = token_counter(prose)
    for heading, section in _sections(blocks, title):
        budget = max_tokens - min(count_tokens(heading), _HEADING_TOKENS)
        for units in _packed(list(_section_units(text, section, budget, count_tokens)), budget):
            start, end = units[0].span.start, units[-1].span.end
            sentences = tuple(unit.span for unit in units)
            chunks.append(ChunkSpan(len(chunks), heading, start, end, text[start:end], sentences))
    return chunks


def sentence_text(text: str, span: SentenceSpan) -> str:
    """A sentence as plain words, a table row with its header's names: what is embedded and shown as a quote."""
    raw = text[span.start : span.end]
    if span.kind == "row" and span.context:
        return table_row([plain(cell) for cell in cells(span.context)], [plain(cell) for cell in cells(raw)])
    if span.kind in ("row", "header"):
        return "; ".join(plain(cell) for cell in cells(raw) if cell)
    return code_body(raw) if span.kind == "code" else plain(raw)


@dataclass(frozen=True)
class _Unit:
    """A sentence with its size, and the number of the group that is kept whole where it fits."""

    span: SentenceSpan
    tokens: int
    group: int


def _sections(blocks: Sequence[Block], title: str) -> Iterator[tuple[str, list[Block]]]:
    path: list[tuple[int, str]] = []
    section: list[Block] = []
    for index, block in enumerate(blocks):
        if block.kind != "heading":
            section.append(block)
            continue
        if section:
            yield _joined(title, path), section
        path = [(level, name) for level, name in path if level < block.level]
        path.append((block.level, plain(block.title)))
        section = []
        childless = index + 1 == len(blocks) or (
            blocks[index + 1].kind == "heading" and blocks[index + 1].level <= block.level
        )
        if childless and block.title:
            section = [Block("paragraph", block.start, block.end)]
    if section:
        yield _joined(title, path), section


def _joined(title: str, path: Sequence[tuple[int, str]]) -> str:
    names = [name for _, name in path if name]
    if not names or names[0].casefold() != title.casefold():
        names.insert(0, title)
    return " > ".join(names)[:MAX_HEADING]


def _section_units(
    text: str, section: Sequence[Block], budget: int, count_tokens: Callable[[str], int]
) -> Iterator[_Unit]:
    """A list with its introduction is one group, so is a table or code with the line above it that ends in a colon."""
    introduction = ""
    group = 0
    counted = 0
    before: Block | None = None
    for block in section:
        spans = list(_block_spans(text, block, introduction))
        if not spans:
            continue
        introduced = before is not None and _introduces(text, before)
        group += not (introduced or (before is not None and before.kind == block.kind == "item"))
        if block.kind != "item":
            last = text[spans[-1].start : spans[-1].end]
            introduction = plain(last)[:MAX_CONTEXT] if _introduces(text, block) else ""
        for span in spans:
            for piece in _fitting(text, span, budget, count_tokens):
                # What lies between two units, such as a rule, is in their chunk too.
                yield _Unit(piece, count_tokens(text[counted or piece.start : piece.end]), group)
                counted = piece.end
        before = block


def _introduces(text: str, block: Block) -> bool:
    return block.kind == "paragraph" and text[block.start : block.end].rstrip("*_ ").endswith((":", "\uff1a"))


def _block_spans(text: str, block: Block, introduction: str) -> Iterator[SentenceSpan]:
    match block.kind:
        case "code":
            yield SentenceSpan(block.start, block.end, "code")
        case "table":
            yield from _table_spans(text, block)
        case "row":
            yield SentenceSpan(block.start, block.end, "row")
        case _:
            item = block.kind == "item"
            for start, end in _prose_spans(text, block):
                yield SentenceSpan(start, end, "item" if item else "prose", introduction if item else "")


def _prose_spans(text: str, block: Block) -> list[tuple[int, int]]:
    part = text[block.start : block.end]
    spans = [(block.start + start, block.start + end) for start, end in sentence_spans(part)]
    if len(spans) > 1 and _LEAD_IN.fullmatch(text[spans[0][0] : spans[0][1]]):
        merged = (spans[0][0], spans[1][1])
        if merged[1] - merged[0] <= MAX_SENTENCE:
            return [merged, *spans[2:]]
    return spans


def _table_spans(text: str, block: Block) -> Iterator[SentenceSpan]:
    """The header row, then each row with it as context; the dashes between belong to the header."""
    lines = []
    start = block.start
    for line in text[block.start : block.end].split("\n"):
        if trimmed := trim(text, start, start + len(line)):
            lines.append(trimmed)
        start += len(line) + 1
    header = text[lines[0][0] : lines[0][1]]
    yield SentenceSpan(lines[0][0], lines[1][1] if len(lines) > 1 else lines[0][1], "header")
    for start, end in lines[2:]:
        yield SentenceSpan(start, end, "row", header[: MAX_CONTEXT * 2])


def _fitting(text: str, span: SentenceSpan, budget: int, count_tokens: Callable[[str], int]) -> Iterator[SentenceSpan]:
    """The span, or its pieces if it alone is over the budget: halved until each fits."""
    length = span.end - span.start
    if length > _LONG:
        for start, end in cut(text, span.start, span.end, _LONG):
            yield from _fitting(text, SentenceSpan(start, end, span.kind, span.context), budget, count_tokens)
        return
    if length <= 1 or count_tokens(text[span.start : span.end]) <= budget:
        yield span
        return
    for start, end in cut(text, span.start, span.end, max(1, (length + 1) // 2)):
        yield from _fitting(text, SentenceSpan(start, end, span.kind, span.context), budget, count_tokens)


def _packed(units: Sequence[_Unit], budget: int) -> Iterator[list[_Unit]]:
    """Whole groups while they fit; units of a group that no chunk could hold one by one."""
    current: list[_Unit] = []
    for group in _groups(units):
        if current and _size(current) + _size(group) > budget:
            yield current
            current = []
        for unit in group:
            if current and _size(current) + unit.tokens > budget:
                yield current
                current = []
            current.append(unit)
    if current:
        yield current


def _size(units: Sequence[_Unit]) -> int:
    return sum(unit.tokens for unit in units)


def _groups(units: Sequence[_Unit]) -> Iterator[list[_Unit]]:
    group: list[_Unit] = []
    for unit in units:
        if group and unit.group != group[-1].group:
            yield group
            group = []
        group.append(unit)
    if group:
        yield group
