"""Markdown without what its reader doesn't see: HTML comments, hidden elements, scripts, addresses that carry data or code.

Code keeps all of it: there it is text to be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from agents.retrieval.hidden import is_hidden
from agents.retrieval.html_tags import RAW, VOID, Piece

# What decides whether a stretch is code or markup, whichever comes first.
_START = re.compile(
    r"^(?P<fence>[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?(?:`{3,}+|~{3,}+)[^\n]*)$"
    r"|^[ \t>]*+(?P<block><!--)|(?P<ticks>`++)|(?P<comment><!--)|<(?P<tag>[a-zA-Z][a-zA-Z0-9-]*+)(?=[\s/>])",
    re.MULTILINE,
)
_FENCE = re.compile(r"`{3,}|~{3,}")
_ATTRIBUTES = re.compile(r"(?:[^<>\"'\n]++|\n(?!\s*\n)|\"[^\"<>]*+\"|'[^'<>]*+')*+>")
# How long a tag or a stretch of code within a paragraph may be.
_REACH = 5_000
_LONGEST_TICKS = 9
_DROPPED = frozenset([*RAW, "noscript", "template", "svg", "object", "canvas", "head"]) - {"textarea", "xmp", "title"}
_INLINE = frozenset("a abbr b code del em font i ins kbd mark q s small span strong sub sup u var".split())  # noqa: SIM905
_ENDS_LINE = re.compile(r"[ \t]*+(?:\n|\Z)")
_BLANK_LINE = re.compile(r"\n[ \t]*\n")
# The address of a link, picture, reference or attribute, up to its end, if it names a script or holds data.
_ADDRESS = re.compile(
    r"(\]\(\s{0,9}<?|^ {0,3}\[[^\[\]\n]{1,200}\]:[ \t]{0,9}<?|\b(?:href|src|srcset|action|poster|data)\s{0,9}=\s{0,9}[\"']?)"
    r"(?:data|javascript|vbscript):(?:[^\s()<>\"']|\([^\s()]*+\))*+",
    re.IGNORECASE | re.MULTILINE,
)
_LINK_OF_NOTE = re.compile(
    r"^ {0,3}\[(?://|comment|_metadata_[^\]\n]*)\]:[ \t]*(?:#|<>)[^\n]*$", re.IGNORECASE | re.MULTILINE
)


def visible_markdown(text: str) -> str:
    """The text as it is, but for what isn't shown."""
    return "".join(_Reader(text).pieces())


class _Reader:
    """Reads once from start to end; remembers what there is no end of, so as not to look for it again."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.comments_end = True
        # Up to where there are no ticks of that number that could close others.
        self.no_ticks: dict[int, int] = {}

    def pieces(self) -> Iterator[str]:
        """Stretches of code as they are, and what lies between them without hidden addresses and notes."""
        shown = position = 0
        while match := _START.search(self.text, position):
            start = match.start("block") if match["block"] else match.start()
            end, drop = self._stretch(match)
            position = max(end, match.end())
            if drop or match["fence"] or match["ticks"]:
                yield _clean(self.text[shown:start])
                if not drop:
                    yield self.text[start:position]
                shown = position
        yield _clean(self.text[shown:])

    def _stretch(self, match: re.Match[str]) -> tuple[int, bool]:
        """Where the stretch that a match opens ends, and whether it is hidden."""
        if match["fence"]:
            return self._fence_end(match), False
        if match["ticks"]:
            return self._ticks_end(match), False
        if match["tag"]:
            return self._element_end(match)
        return self._comment_end(match)

    def _fence_end(self, match: re.Match[str]) -> int:
        mark = _FENCE.search(match["fence"])
        assert mark is not None
        fence = re.escape(mark.group())
        closing = re.compile(rf"^[ \t>]*+{fence}{re.escape(mark.group()[0])}*+[ \t]*+$", re.MULTILINE)
        found = closing.search(self.text, match.end() + 1)
        return found.end() if found else len(self.text)

    def _ticks_end(self, match: re.Match[str]) -> int:
        """Of code within a paragraph; ticks without counterpart are text."""
        number, start = len(match["ticks"]), match.end()
        if number > _LONGEST_TICKS or self.no_ticks.get(number, 0) > start:
            return start
        found = re.compile(rf"(?<!`){match['ticks']}(?!`)").search(self.text, start, start + _REACH)
        if found is None:
            self.no_ticks[number] = start + _REACH
            return start
        return start if _BLANK_LINE.search(self.text, start, found.start()) else found.end()

    def _comment_end(self, match: re.Match[str]) -> tuple[int, bool]:
        """A comment that is never closed hides the rest if it begins a line; within one it is text."""
        end = self.text.find("-->", match.end() - 2) if self.comments_end else -1
        if end >= 0:
            return end + 3, True
        self.comments_end = False
        return (len(self.text), True) if match["block"] else (match.end(), False)

    def _element_end(self, match: re.Match[str]) -> tuple[int, bool]:
        name = match["tag"].lower()
        opening = _ATTRIBUTES.match(self.text, match.end(), match.end() + _REACH)
        if opening is None:
            return match.end(), False
        attributes = Piece("start", name, opening.group()[:-1]).attributes
        if name not in _DROPPED and not is_hidden(attributes):
            return opening.end(), False
        if name in VOID:
            return opening.end(), True
        return self._closed(name, opening.end()), True

    def _closed(self, name: str, start: int) -> int:
        """Behind the end tag that belongs to a start tag; at the text's end without one. Among words an element ends
        with their paragraph at the latest."""
        limit = len(self.text)
        if name in _INLINE and not _ENDS_LINE.match(self.text, start):
            blank = _BLANK_LINE.search(self.text, start)
            limit = blank.start() if blank else limit
        depth = 1
        for tag in re.compile(rf"<(/?){name}(?=[\s/>])[^<>]*+>?", re.IGNORECASE).finditer(self.text, start, limit):
            depth += -1 if tag.group(1) else (name not in RAW)
            if depth == 0:
                return tag.end()
        return limit


def _clean(text: str) -> str:
    if "]:" in text:
        text = _LINK_OF_NOTE.sub("", text)
    return _ADDRESS.sub(r"\1", text) if ":" in text else text
