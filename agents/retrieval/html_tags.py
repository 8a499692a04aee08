"""HTML cut into tags and text in one pass, as a browser would, however broken: linear in its length.

The standard library's parser looks for the end of each broken tag, comment or declaration anew to the end of the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from typing import Literal

VOID = frozenset(
    "area base br col embed frame hr img input keygen link meta param source track wbr".split()  # noqa: SIM905
)
# Elements whose content is text up to their own end tag, not markup.
RAW = frozenset("script style title textarea xmp iframe noembed noframes".split())  # noqa: SIM905
_MARKUP = re.compile(r"<(?:!--|[!?]|/?[a-zA-Z])")
_NAME = re.compile(r"</?([a-zA-Z][^\s/>]*+)")
_TAG_REST = re.compile(r"(?:[^>\"']++|\"[^\"]*+\"|'[^']*+')*+>")
_ATTRIBUTE = re.compile(r"([^\s\"'<>/=]++)(?:\s*+=\s*+(\"[^\"]*+\"|'[^']*+'|[^\s\"'>]++))?+")
_LONG_NUMBER = re.compile(r"&#[xX]?[0-9a-fA-F]{8,}+;?")


@dataclass(frozen=True, slots=True)
class Piece:
    """A start or end tag (``name``, in small letters, and what stands behind it in ``rest``), text, or the raw content
    of an element such as a script (``name``)."""

    kind: Literal["start", "end", "text", "raw"]
    name: str = ""
    rest: str = ""

    @property
    def attributes(self) -> Mapping[str, str]:
        """By name in small letters; the first of a name counts."""
        found: dict[str, str] = {}
        for name, value in _ATTRIBUTE.findall(self.rest):
            found.setdefault(name.lower(), plain_text(value[1:-1] if value[:1] in ("'", '"') else value))
        return found


def html_pieces(html: str) -> Iterator[Piece]:
    """The page's tags and texts in order, comments and declarations left out; what a browser drops is dropped."""
    position = 0
    quotes_hold = True
    while match := _MARKUP.search(html, position):
        if match.start() > position:
            yield Piece("text", rest=plain_text(html[position : match.start()]))
        if match.group()[1] in "!?":
            position = _after(html, "-->" if match.group() == "<!--" else ">", match.end())
            continue
        name = _NAME.match(html, match.start())
        assert name is not None
        tag, start = name.group(1).lower(), name.end()
        rest = _TAG_REST.match(html, start) if quotes_hold else None
        # A quotation mark that nothing closes: from here on none is heeded, else each tag would be read to the end.
        quotes_hold = rest is not None
        position = rest.end() if rest else _after(html, ">", start)
        if position > len(html):
            return
        if match.group()[1] == "/":
            yield Piece("end", tag)
            continue
        yield Piece("start", tag, html[start : position - 1])
        if tag in RAW:
            end = re.compile(rf"</{tag}(?=[\s/>])", re.IGNORECASE).search(html, position)
            yield Piece("raw", tag, html[position : end.start() if end else len(html)])
            position = end.start() if end else len(html)
    if position < len(html):
        yield Piece("text", rest=plain_text(html[position:]))


def plain_text(text: str) -> str:
    """Text with its character references resolved."""
    if "&" not in text:
        return text
    # Numbers with thousands of digits can't be read, and name no character.
    return unescape(_LONG_NUMBER.sub("\ufffd", text)).replace("\0", "\ufffd")


def _after(html: str, end: str, start: int) -> int:
    found = html.find(end, start)
    return found + len(end) if found >= 0 else len(html) + 1
