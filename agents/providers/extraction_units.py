"""Passages as sections of sentences, list items, table rows and code, in the order of their documents. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from agents.providers.base import Passage, PassageSentence
from aurora_site.core.text.markup import plain, quoted

Kind = Literal["prose", "item", "row", "code"]

# Passages with no more than blanks or a rule between them go on with each other.
_GAP = 12
_ITEM = re.compile(r"\s*(?:[-*+•]|\d{1,9}[.)])\s+")
_NUMBER = re.compile(r"\s*(\d{1,9})[.)]\s")
_FENCE = ("```", "~~~")
# Cells parted by bars or by several blanks, or named as in "item: laptop; price: 900".
_ROW = re.compile(r" \| .* \| |^\S.*?\S(?: {2,}|\t+)\S|^[^:;.]+: [^;]*; [^:;.]+: [^;]*(?:; [^:;.]+: |$)")
_TABLE_RULE = re.compile(r"\|?(?:\s*:?-+:?\s*\|)+(?:\s*:?-+:?\s*)?")
_COLUMNS = re.compile(r"(?<=\S)(?: {2,}|\t+)(?=\S)")
_HARD_BREAK = re.compile(r"\\\n")
_INNER_LINK = re.compile(r"(?<!!)\[([^\[\]]+)\]\((?!\w+:)[^()\s]*\)")
_ROLE = re.compile(r"\{[\w:-]+\}`~?([^`<>]+?)(?:\s*<[^`<>]*>)?`")
_DEFINITION = re.compile(r"\n:[ \t]+")
_ADMONITION = re.compile(r"\s*:{3,}(?:\{[\w-]+\})?\s*")
# Fenced blocks that hold no text: pictures, and what the documentation's own tools put in.
_DIRECTIVE = re.compile(
    r"\s*(?:`{3,}|~{3,})\{?(?:mermaid|image|figure|toctree|include|contents|eval-rst|raw|plantuml|graphviz"
    r"|testsetup|testcleanup|currentmodule|module)\b"
)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")


@dataclass(frozen=True)
class Unit:
    """A sentence, list item, table row or piece of code, and how it is shown: verbatim but for list and quote markers.

    ``score`` is its cosine with the question. ``column`` counts the blanks it is indented by, ``number`` is an ordered
    item's, ``header`` a row's header line as it stands in the document, ``apart`` whether a blank line is before it.
    """

    passage: Passage
    kind: Kind
    text: str
    shown: str
    score: float
    start: int
    end: int
    column: int = 0
    number: str = ""
    header: str = ""
    introduces: bool = False
    apart: bool = True

    @property
    def quotable(self) -> bool:
        """Whether it can answer anything: a question can't, nor can a line that is mostly tags."""
        if self.kind != "prose":
            return True
        return not self.asks and len(_TAG.sub("", self.shown)) > len(self.shown) / 2

    @property
    def asks(self) -> bool:
        return self.kind == "prose" and self.text.endswith("?")


@dataclass(frozen=True)
class Section:
    """What is known of one section of a document, without gaps; ``units`` may come from several passages."""

    heading: str
    units: tuple[Unit, ...]

    @property
    def first(self) -> Passage:
        return self.units[0].passage

    @property
    def leaf(self) -> str:
        return self.heading.rpartition(" > ")[2]

    @property
    def is_root(self) -> bool:
        """Whether it stands above the document's first heading but its title."""
        return " > " not in self.heading


def sections_of(passages: Iterable[Passage]) -> list[Section]:
    """The sections that the passages are from, in the order in which the passages come."""
    grouped: dict[tuple[str, str], list[Passage]] = defaultdict(list)
    for passage in passages:
        grouped[passage.document_id, passage.heading].append(passage)
    runs = [run for group in grouped.values() for run in _runs(sorted(group, key=lambda passage: passage.start))]
    runs.sort(key=lambda run: min(passage.number for passage in run))
    found = [Section(run[0].heading, tuple(_introducing(list(_units(run))))) for run in runs]
    return [section for section in found if section.units]


def _runs(passages: Sequence[Passage]) -> Iterator[list[Passage]]:
    run: list[Passage] = []
    for passage in passages:
        if run and passage.start < run[-1].end:
            continue
        if run and passage.start - run[-1].end > _GAP:
            yield run
            run = []
        run.append(passage)
    if run:
        yield run


def _units(run: Sequence[Passage]) -> Iterator[Unit]:
    """The passages' sentences; those of one list item are put together again, and names with their definitions."""
    waiting: Unit | None = None
    for unit in (unit for passage in run for unit in _passage_units(passage)):
        if waiting and (_same_item(waiting, unit) or _defines(unit, waiting)):
            gap = "" if unit.shown.startswith(": ") else " "
            text, shown = f"{waiting.text}{gap}{unit.text}", f"{waiting.shown}{gap}{unit.shown}"
            waiting = replace(waiting, text=text, shown=shown, score=max(waiting.score, unit.score), end=unit.end)
            continue
        if waiting:
            yield waiting
        waiting = unit
    if waiting:
        yield waiting


def _introducing(units: Sequence[Unit]) -> Iterator[Unit]:
    """A line that ends without a stop right before a list introduces it, too."""
    for place, unit in enumerate(units):
        leads = unit.kind == "prose" and units[place + 1 : place + 2] and units[place + 1].kind == "item"
        yield replace(unit, introduces=True) if leads and unit.text[-1:] not in ".!?" else unit


def _same_item(item: Unit, unit: Unit) -> bool:
    goes_on = unit.kind == "prose" and not unit.apart
    return item.kind == "item" and goes_on and item.passage is unit.passage


def _defines(unit: Unit, name: Unit) -> bool:
    """Whether a line is the definition of the name before it, as in a list of definitions."""
    return unit.shown.startswith(": ") and name.kind == unit.kind == "prose" and name.passage is unit.passage


def _passage_units(passage: Passage) -> Iterator[Unit]:
    end = passage.start
    for sentence in passage.sentences:
        raw = passage.text[sentence.start - passage.start : sentence.end - passage.start] or sentence.text
        if not sentence.text.strip() or sentence.kind == "header" or _DIRECTIVE.match(raw):
            continue
        before = passage.text[: sentence.start - passage.start]
        apart = end == passage.start or "\n\n" in before[end - passage.start :]
        end = sentence.end
        unit = _unit(passage, sentence, raw, before, apart=apart)
        if unit.shown and unit.text:
            yield unit


def _unit(passage: Passage, sentence: PassageSentence, raw: str, before: str, *, apart: bool) -> Unit:
    kind = _kind(raw, sentence.kind)
    line = before.rpartition("\n")[2]
    number = _NUMBER.match(raw) if kind == "item" else None
    shown = raw if kind == "code" else _row(raw) if kind == "row" else _words(raw)
    return Unit(
        passage=passage,
        kind=kind,
        text=plain(sentence.text),
        shown=shown,
        score=sentence.score,
        start=sentence.start,
        end=sentence.end,
        column=len(line) if not line.strip() else 0,
        number=number.group(1) if number else "",
        header=_header(before, sentence.context) if kind == "row" else "",
        introduces=kind == "prose" and raw.rstrip("*_ ").endswith((":", "\uff1a")),
        apart=apart,
    )


def _kind(raw: str, told: str) -> Kind:
    """The form by the text itself; what the chunker told decides where that leaves it open."""
    if told == "code" or raw.lstrip().startswith(_FENCE):
        return "code"
    if told == "row" or raw.lstrip().startswith("|") or _ROW.search(raw):
        return "row"
    return "item" if _ITEM.match(raw) else "prose"


def _row(raw: str) -> str:
    """A table's line as it stands; columns set apart by blanks are parted by dashes."""
    if "|" in raw:
        return raw.strip()
    return _COLUMNS.sub(lambda gap: " " if gap.string[gap.start() - 1] == ":" else " – ", raw.strip())


def _words(raw: str) -> str:
    """Verbatim but for marks that lead nowhere outside of the document: breaks, links within it, names of roles."""
    raw = _DEFINITION.sub(": ", _ADMONITION.sub("", raw))
    raw = _INNER_LINK.sub(r"\1", _HARD_BREAK.sub("\n", raw))
    return quoted(_ROLE.sub(r"`\1`", raw))


def _header(before: str, context: str) -> str:
    """A Markdown table's header line: the one above the row in its passage, else the one the chunker noted."""
    lines = before.splitlines()
    for index in range(len(lines) - 1, 0, -1):
        if "|" not in lines[index]:
            break
        if _TABLE_RULE.fullmatch(lines[index].strip()):
            return lines[index - 1].strip()
    return context.strip() if "|" in context else ""
