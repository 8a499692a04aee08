"""HTML as Markdown: headings, lists, tables and code are kept; scripts, styles and what isn't shown are dropped."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from agents.retrieval.hidden import background_of, hiding_selectors, is_hidden, is_selected
from agents.retrieval.html_tags import RAW, VOID, Piece, html_pieces, plain_text

_DROPPED = frozenset("noscript template svg nav object canvas audio video datalist select".split())  # noqa: SIM905
_INLINE = frozenset(
    """a abbr b bdi bdo big button cite code data del dfn em font i img input ins kbd label mark q s samp small span
    strike strong sub sup time tt u var wbr""".split()  # noqa: SIM905
)
_CODE = frozenset(["code", "kbd", "samp"])
_HEADINGS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6"])
_LISTS = frozenset(["ul", "ol"])
_CELLS = frozenset(["td", "th"])
# Elements whose text is collected and written when they end; others write into the one around them.
_COLLECTING = _HEADINGS | _LISTS | _CELLS | _CODE | {"li", "table", "tr", "pre"}
# What a start tag ends if it is still open, unless an element of the second set stands between.
_ENDS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "li": (frozenset(["li"]), _LISTS),
    "td": (_CELLS, frozenset(["tr", "table"])),
    "th": (_CELLS, frozenset(["tr", "table"])),
    "tr": (frozenset(["tr"]), frozenset(["table"])),
    "dt": (frozenset(["dt", "dd"]), frozenset(["dl"])),
    "dd": (frozenset(["dt", "dd"]), frozenset(["dl"])),
}
_P = frozenset(["p"])
# How far up an end tag or an implied end looks, and how deep lists, tables and code may stand in each other:
# deeper ones are read as if they weren't marked.
_REACH = 100
_MAX_COLLECTING = 40


@dataclass
class HtmlPage:
    """A page's text as Markdown, the text of its ``title`` element, and the dates it gives: name and value of its
    ``meta`` elements, ``time`` for its first ``time`` element."""

    text: str = ""
    title: str = ""
    dates: dict[str, str] = field(default_factory=dict)


@dataclass
class _Element:
    name: str
    hidden: bool
    background: str
    parts: list[str] | None = None
    rows: list[list[str]] = field(default_factory=list)
    items: list[str] = field(default_factory=list)


def html_page(html: str) -> HtmlPage:
    """Reads a page in one pass; nothing in it is too broken or too deep."""
    reader = _Reader()
    for piece in html_pieces(html):
        reader.take(piece)
    while len(reader.open) > 1:
        reader.close()
    lines = [line.rstrip() for line in "".join(reader.open[0].parts or []).split("\n")]
    reader.page.text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"
    return reader.page


class _Reader:
    def __init__(self) -> None:
        self.page = HtmlPage()
        self.open: list[_Element] = [_Element("", hidden=False, background="white", parts=[])]
        # The open elements that collect, outermost first.
        self.collecting = [self.open[0]]
        self.hiding: frozenset[str] = frozenset()

    def take(self, piece: Piece) -> None:
        match piece.kind:
            case "text":
                self.text(piece.rest)
            case "start":
                self.start(piece)
            case "end":
                self.end(piece.name)
            case "raw":
                self.raw(piece)

    def raw(self, piece: Piece) -> None:
        if piece.name == "title" and not self.page.title and not self.open[-1].hidden:
            self.page.title = " ".join(plain_text(piece.rest).split())
        elif piece.name == "style":
            self.hiding |= hiding_selectors(piece.rest)
        elif piece.name in ("textarea", "xmp"):
            self.text(plain_text(piece.rest))

    def text(self, text: str) -> None:
        if self.open[-1].hidden:
            return
        if not any(element.name == "pre" for element in self.collecting):
            text = re.sub(r"\s+", " ", text)
            if self._at_line_start():
                text = text.lstrip(" ")
        self.write(text)

    def start(self, piece: Piece) -> None:
        name = piece.name
        attributes = piece.attributes
        if name in ("meta", "time"):
            self._note_date(name, attributes)
        if name in RAW:
            return
        if name in _ENDS:
            self._end_nearest(*_ENDS[name])
        elif name not in _INLINE and name not in VOID:
            self._end_nearest(_P, _CELLS | {"li", "button"})
        if name in VOID:
            self._void(name)
            return
        around = self.open[-1]
        hidden = around.hidden or name in _DROPPED or is_hidden(attributes, around.background)
        hidden = hidden or bool(self.hiding and is_selected(name, attributes, self.hiding))
        element = _Element(name, hidden, background_of(attributes, around.background))
        if name in _COLLECTING and not hidden and len(self.collecting) < _MAX_COLLECTING:
            element.parts = []
            self.collecting.append(element)
            self._note_row(name)
        elif name not in _INLINE and not hidden:
            self.write("\n\n")
        self.open.append(element)

    def end(self, name: str) -> None:
        inline = name in _INLINE
        for depth, element in enumerate(reversed(self.open[-_REACH:]), start=1):
            if element.name == name:
                for _ in range(depth):
                    self.close()
                return
            # A stray end tag of a few words must not end the block that it stands in.
            if inline and element.name not in _INLINE:
                return

    def close(self) -> None:
        element = self.open.pop()
        if element.parts is None:
            if element.name not in _INLINE and not element.hidden:
                self.write("\n\n")
            return
        self.collecting.pop()
        inner = "".join(element.parts)
        if element.name in _HEADINGS:
            self.write(f"\n\n{'#' * int(element.name[1])} {' '.join(inner.split())}\n\n")
        elif element.name in _CODE:
            self._code(inner)
        elif element.name == "pre":
            self.write(_fenced(inner.strip("\n")))
        elif element.name in _CELLS or element.name == "tr":
            self._cell_or_row(element, inner)
        elif element.name == "table":
            within_cell = any(one.name in _CELLS for one in self.collecting)
            self.write(f"\n\n{inner.strip()}\n\n{_table(element.rows, within_cell=within_cell)}")
        elif element.name == "li":
            self._item(inner)
        else:
            self._list(element, inner)

    def write(self, text: str) -> None:
        if text and (parts := self.collecting[-1].parts) is not None:
            parts.append(text)

    def _void(self, name: str) -> None:
        if name in ("br", "hr") and not self.open[-1].hidden:
            self.write("\n" if name == "br" else "\n\n")

    def _end_nearest(self, names: frozenset[str], limits: frozenset[str]) -> None:
        for depth, element in enumerate(reversed(self.open[-_REACH:]), start=1):
            if element.name in names:
                for _ in range(depth):
                    self.close()
                return
            if element.name in limits or (names is _P and element.name not in _INLINE):
                return

    def _at_line_start(self) -> bool:
        parts = self.collecting[-1].parts
        return not parts or parts[-1].endswith(("\n", " "))

    def _note_date(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "time" and attributes.get("datetime") and not self.open[-1].hidden:
            self.page.dates.setdefault("time", attributes["datetime"][:40])
        key = attributes.get("name") or attributes.get("property") or attributes.get("itemprop") or ""
        if name == "meta" and key and len(self.page.dates) < 50:
            self.page.dates.setdefault(key.lower()[:60], attributes.get("content", "")[:40])

    def _note_row(self, name: str) -> None:
        """A new row for the table around, also where a cell stands outside of any row."""
        table = next((one for one in reversed(self.collecting) if one.name == "table"), None)
        if table is not None and (name == "tr" or (name in _CELLS and not table.rows)):
            table.rows.append([])

    def _cell_or_row(self, element: _Element, inner: str) -> None:
        table = next((one for one in reversed(self.collecting) if one.name == "table"), None)
        if element.name in _CELLS and table is not None:
            table.rows[-1].append(inner.strip())
        else:
            self.write(f"\n\n{inner.strip()}\n\n" if inner.strip() else "")

    def _code(self, inner: str) -> None:
        words = " ".join(inner.split())
        plain = any(one.name == "pre" or one.name in _HEADINGS | _CELLS for one in self.collecting)
        self.write(inner if plain else f"`{words}`" if words else "")

    def _item(self, inner: str) -> None:
        lines = [line for line in inner.strip().split("\n") if line.strip()]
        around = self.collecting[-1]
        if around.name in _LISTS:
            around.items.append("\n  ".join(lines))
        else:
            self.write("\n\n- " + "\n  ".join(lines) + "\n\n" if lines else "")

    def _list(self, element: _Element, inner: str) -> None:
        items = [f"{number}. {item}" if element.name == "ol" else f"- {item}"
                 for number, item in enumerate(element.items, 1)]  # fmt: skip
        around = self.collecting[-1]
        lines = "\n".join(part for part in (inner.strip(), *items) if part)
        if around.name in _LISTS and around.items:
            around.items[-1] += "\n  " + lines.replace("\n", "\n  ")
        else:
            self.write(f"\n\n{lines}\n\n")


def _fenced(code: str) -> str:
    longest = max((len(run) for run in re.findall(r"`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"\n\n{fence}\n{code}\n{fence}\n\n" if code.strip() else ""


def _table(rows: list[list[str]], *, within_cell: bool) -> str:
    """A table of one column only sets its cells apart: such pages were laid out with tables."""
    rows = [row for row in rows if any(row)]
    if not rows:
        return ""
    if within_cell or max(len(row) for row in rows) == 1:
        return "\n\n".join(" ".join(row) for row in rows) + "\n\n"
    flat = [[" ".join(cell.split()).replace("|", "\\|") for cell in row] for row in rows]
    lines = [f"| {' | '.join(row)} |" for row in flat]
    return "\n".join([lines[0], f"|{' --- |' * len(flat[0])}", *lines[1:]]) + "\n\n"
