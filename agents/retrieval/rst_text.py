"""reStructuredText as Markdown: headings, code and words; directives and roles reduced to what they show.

Tables stay as they were drawn; substitutions and includes are not carried out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

# How deep directives are taken apart that stand in each other.
MAX_DEPTH = 10
_ADORNMENT = re.compile(r"([=\-`:'\"~^_*+#<>.])\1{2,}\s*$")
_DIRECTIVE = re.compile(r"(\s*)\.\.\s(?:\|[^|]+\|\s)?([\w.+-]+(?::[\w.+-]+)*)::(?:\s+(.*))?$")
_EXPLICIT = re.compile(r"(\s*)\.\.(?:\s|$)")
_FIELD = re.compile(r"\s*:([\w -]{1,60}):(?:\s+(.*))?$")
_ROLE = re.compile(r":[\w.+-]+(?::[\w.+-]+)*:`([^`]{1,2000})`")
_LITERAL = re.compile(r"``([^\n]{1,2000}?)``")
_LINK = re.compile(r"`([^`<\n]{1,500}?)\s*<[^<>`\n]{1,1000}>`__?")
_REFERENCE = re.compile(
    r"`([^`\n]{1,500})`__?(?!\w)|(?<!\w)(\w(?:[\w-]{0,200}[^\W_])?|\[[\w#*-]{1,50}\])__?(?=[\s.,;:!?)]|$)"
)
_TARGETED = re.compile(r"([^<>]*\S)\s*<[^<>]+>$")
_ITEM = re.compile(r"(\s*)#\.(\s)")
_CODE = frozenset(
    ["code", "code-block", "sourcecode", "literalinclude", "parsed-literal", "doctest", "testcode", "prompt", "math"]
)
_UNSEEN = frozenset(
    ["toctree", "image", "include", "index", "meta", "only", "contents", "raw", "autosummary", "highlight", "module",
     "currentmodule", "automodule", "testsetup", "testcleanup", "tabularcolumns", "role", "default-role"]
)  # fmt: skip
_NAMED = frozenset(
    ["note", "warning", "tip", "important", "caution", "danger", "attention", "hint", "error", "seealso", "deprecated",
     "versionadded", "versionchanged", "versionremoved"]
)  # fmt: skip


def rst_markdown(text: str) -> tuple[str, dict[str, object]]:
    """The text as Markdown, and the fields that stand before it or below its title, such as ``:date: 2026-03-14``."""
    reader = _Reader([line.expandtabs(8) for line in text.split("\n")])
    lines = list(reader.lines())
    return "\n".join(lines).strip("\n") + "\n", reader.fields


class _Reader:
    def __init__(self, source: list[str], depth: int = 0) -> None:
        self.depth = depth
        self.source = source
        self.position = 0
        self.levels: list[str] = []
        self.fields: dict[str, object] = {}
        self.in_head = True

    def lines(self) -> Iterator[str]:
        while self.position < len(self.source):
            line = self.source[self.position]
            if not line.strip():
                self.position += 1
                yield ""
            elif heading := self._heading(line):
                yield from (heading, "")
            elif directive := _DIRECTIVE.match(line):
                self.in_head = False
                yield from self._directive(directive)
            elif _EXPLICIT.match(line):
                yield from self._explicit(line)
            elif self.in_head and (named := _FIELD.match(line)):
                self.position += 1
                self.fields[named[1]] = (named[2] or "").strip()
            else:
                self.in_head = False
                self.position += 1
                yield from self._prose(line)

    def _heading(self, line: str) -> str | None:
        """A line between adornments or above one; its level is told by which were met before."""
        over = _ADORNMENT.match(line)
        title = self._line(1) if over else line
        under = _ADORNMENT.match(self._line(2 if over else 1))
        if not under or not title.strip() or _ADORNMENT.match(title) or (over and over[1] != under[1]):
            return None
        # Rows of a simple table stand between lines with blanks in them; those don't match. A heading isn't indented.
        if not over and (title[0].isspace() or len(under.group().rstrip()) < min(4, len(title.strip()))):
            return None
        style = under[1] * (2 if over else 1)
        if style not in self.levels:
            self.levels.append(style)
        self.position += 3 if over else 2
        return f"{'#' * min(6, self.levels.index(style) + 1)} {_words(title.strip())}"

    def _directive(self, match: re.Match[str]) -> Iterator[str]:
        name = match[2].rpartition(":")[2].lower()
        self.position += 1
        body = self._indented(len(match[1]))
        options = 0
        while options < len(body) and _FIELD.match(body[options]):
            options += 1
        content = _dedented(body[options:])
        if name in _UNSEEN:
            return
        if name in _CODE:
            yield from _fenced(content if content or name == "literalinclude" else [match[3] or ""])
            return
        label = f"{name.capitalize()}: " if name in _NAMED else ""
        first = f"{label}{match[3] or ''}".strip()
        if first:
            yield from ("", _words(first))
        yield ""
        if self.depth >= MAX_DEPTH:
            yield from content
            return
        nested = _Reader(content, self.depth + 1)
        nested.levels, nested.in_head = self.levels, False
        yield from nested.lines()
        yield ""

    def _explicit(self, line: str) -> Iterator[str]:
        """A footnote or citation is shown; a comment and a target aren't."""
        self.position += 1
        body = self._indented(len(line) - len(line.lstrip()))
        if note := re.match(r"\s*\.\.\s+\[([^\]]+)\]\s*(.*)", line):
            yield _words(" ".join([f"[{note[1]}]", note[2], *(part.strip() for part in body)]))

    def _prose(self, line: str) -> Iterator[str]:
        literal = line.rstrip().endswith("::")
        if literal:
            kept = line.rstrip()[:-2].rstrip()
            line = f"{kept}:" if kept and not line.rstrip()[:-2].endswith(" ") else kept
        if line.strip():
            yield _words(_ITEM.sub(r"\g<1>1.\2", line))
        if literal:
            yield from _fenced(_dedented(self._indented(len(line) - len(line.lstrip()))))

    def _indented(self, indent: int) -> list[str]:
        """The following lines that are further in, blank ones between them included."""
        start = last = self.position
        while self.position < len(self.source):
            line = self.source[self.position]
            if line.strip():
                if len(line) - len(line.lstrip()) <= indent:
                    break
                last = self.position + 1
            self.position += 1
        self.position = max(start, last)
        return self.source[start:last]

    def _line(self, ahead: int) -> str:
        return self.source[self.position + ahead] if self.position + ahead < len(self.source) else ""


def _dedented(lines: list[str]) -> list[str]:
    indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    cut = [line[indent:] for line in lines]
    while cut and not cut[0].strip():
        cut.pop(0)
    return cut


def _fenced(lines: list[str]) -> Iterator[str]:
    longest = max((len(run) for line in lines for run in re.findall(r"`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    if any(line.strip() for line in lines):
        yield from ("", fence, *lines, fence, "")


def _words(line: str) -> str:
    """A line's inline markup as Markdown's, or as the words that it shows."""
    if "`" not in line and "_" not in line:
        return line
    pieces = _LITERAL.split(_LINK.sub(r"\1", line))
    return "".join(f"`{piece}`" if index % 2 else _plain(piece) for index, piece in enumerate(pieces))


def _plain(text: str) -> str:
    text = _ROLE.sub(lambda match: f"`{_shown(match[1])}`", text)
    return _REFERENCE.sub(lambda match: match[1] or match[2], text) if "_" in text else text


def _shown(content: str) -> str:
    """What a role shows: the text before its target, without the signs that shorten names."""
    targeted = _TARGETED.fullmatch(content)
    return targeted[1] if targeted else content.removeprefix("~").rpartition(".")[2] if content[0] == "~" else content
