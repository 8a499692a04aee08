"""Documents as HTML: Markdown for reading, or the text as it is, with a passage shown in either.

Offsets count characters of the document's text. Everything in a document is untrusted: it is escaped, and what Markdown
makes of it is cleaned once more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import nh3
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

# Longer texts are shown as plain text, and only as much of them as this, around the passage.
MAXIMUM_CHARACTERS = 200_000

_LINE_PREFIX = re.compile(r"[\s>#*+|-]*(?:\d{1,3}[.)]\s+)?")
_TAGS = {
    "p", "br", "hr", "h2", "h3", "h4", "h5", "h6", "strong", "em", "s", "del", "code", "pre", "blockquote",
    "ul", "ol", "li", "a", "mark", "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
_markdown = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


@dataclass(frozen=True)
class Span:
    """A stretch of a text: from ``start`` up to ``end``."""

    start: int
    end: int


@dataclass(frozen=True)
class _Quote:
    """A quoted stretch: its text, and its first and last line in the document."""

    text: str
    first_line: int
    last_line: int

    @classmethod
    def of(cls, text: str, span: Span) -> _Quote:
        first_line = text.count("\n", 0, span.start)
        quoted = text[span.start : span.end]
        return cls(quoted, first_line, first_line + quoted.rstrip("\n").count("\n"))


def render_markdown(text: str, *, title: str, passage: Span | None = None, marks: Sequence[Span] = ()) -> SafeString:
    """Markdown as clean HTML. The blocks of the passage are one section ``#passage``, in which the quoted stretches
    (or, without any, all of it) are ``<mark>``. Headings go down one level; a first heading that is the title is left
    out.
    """
    environment: dict[str, object] = {}
    blocks = _blocks(_markdown.parse(text, environment))
    if blocks and _is_title(blocks[0], title):
        blocks = blocks[1:]
    before, inside, after = _parted(blocks, text, passage)
    if passage and inside:
        _mark_quotes(inside, [_Quote.of(text, mark) for mark in marks or [passage]], environment)
    parts = [_html(before, environment)]
    if inside:
        parts.append(format_html('<section class="passage" id="passage" aria-label="Cited passage">{}</section>',
                                 _html(inside, environment)))  # fmt: skip
    parts.append(_html(after, environment))
    return format_html_join("", "{}", ((part,) for part in parts))


def render_source(text: str, *, passage: Span | None = None, marks: Sequence[Span] = ()) -> SafeString:
    """The text itself, escaped; the passage is ``#passage`` with its quoted stretches (or all of it) in ``<mark>``."""
    low, high = window(text, passage)
    if passage is None:
        return format_html("{}", text[low:high])
    pieces: list[SafeString] = []
    position = passage.start
    for mark in sorted(marks, key=lambda span: span.start) or [passage]:
        if mark.start < position or mark.end > passage.end:
            continue
        pieces.append(format_html("{}<mark>{}</mark>", text[position : mark.start], text[mark.start : mark.end]))
        position = mark.end
    inside = format_html_join("", "{}", ((piece,) for piece in pieces))
    return format_html(
        '{}<span class="passage" id="passage">{}{}</span>{}',
        text[low : passage.start], inside, text[position : passage.end], text[passage.end : high],
    )  # fmt: skip


def window(text: str, passage: Span | None) -> tuple[int, int]:
    """The part of a text that is shown: all of it, or MAXIMUM_CHARACTERS around the passage."""
    if len(text) <= MAXIMUM_CHARACTERS:
        return 0, len(text)
    low = max(0, passage.start - MAXIMUM_CHARACTERS // 2) if passage else 0
    high = low + MAXIMUM_CHARACTERS
    return low, max(high, passage.end) if passage else high


def _blocks(tokens: Iterable[Token]) -> list[list[Token]]:
    """Tokens grouped by the outermost block they belong to."""
    blocks: list[list[Token]] = []
    for token in tokens:
        if token.level == 0 and token.nesting >= 0:
            blocks.append([])
        blocks[-1].append(token)
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + 1)}"
    return blocks


def _is_title(block: list[Token], title: str) -> bool:
    return block[0].type == "heading_open" and block[1].content.strip() == title.strip()


def _parted(blocks: list[list[Token]], text: str, passage: Span | None) -> tuple[list[Token], list[Token], list[Token]]:
    """The tokens before, in and after the passage, by whole outermost blocks."""
    parts: tuple[list[Token], list[Token], list[Token]] = ([], [], [])
    if passage is None:
        parts[0].extend(token for block in blocks for token in block)
        return parts
    quote = _Quote.of(text, passage)
    for block in blocks:
        begin, end = block[0].map or (0, 0)
        place = 0 if end <= quote.first_line else 2 if begin > quote.last_line else 1
        parts[place].extend(block)
    return parts


def _mark_quotes(tokens: list[Token], quotes: Sequence[_Quote], environment: dict[str, object]) -> None:
    begin, end = 0, 0
    for token in tokens:
        begin, end = token.map or (begin, end)
        if token.type != "inline" or not token.content:
            continue
        near = [quote.text for quote in quotes if quote.first_line < end and quote.last_line >= begin]
        found = [stretch for text in near if (stretch := _stretch(token.content, text))]
        if found:
            token.children = _marked(token.content, sorted(found), environment)


def _stretch(content: str, quote: str) -> tuple[int, int] | None:
    """Where a block's text and a quote meet: all of the block, the quote, or the first of its lines found there."""
    if content in quote:
        return 0, len(content)
    for candidate in (quote, *quote.splitlines()):
        plain = candidate[_LINE_PREFIX.match(candidate).end() :].strip()  # type: ignore[union-attr]
        position = content.find(plain) if len(plain) > 2 else -1
        if position >= 0:
            return position, position + len(plain)
    return None


def _marked(content: str, stretches: Sequence[tuple[int, int]], environment: dict[str, object]) -> list[Token]:
    """Inline tokens of a text with ``<mark>`` around its stretches."""
    children: list[Token] = []
    position = 0
    for start, end in stretches:
        if start < position:
            continue
        children += _inline(content[position:start], environment)
        children += [
            Token("mark_open", "mark", 1),
            *_inline(content[start:end], environment),
            Token("mark_close", "mark", -1),
        ]
        position = end
    return children + _inline(content[position:], environment)


def _inline(text: str, environment: dict[str, object]) -> list[Token]:
    """Inline tokens of a piece of text; spaces at its ends, which Markdown would drop, are kept."""
    if not text.strip():
        return [Token("text", "", 0, content=text)] if text else []
    body = text.strip(" ")
    lead, tail = text[: len(text) - len(text.lstrip(" "))], text[len(text.rstrip(" ")) :]
    children = _markdown.parseInline(body, environment)[0].children or []
    return [Token("text", "", 0, content=lead), *children, Token("text", "", 0, content=tail)]


def _html(tokens: list[Token], environment: dict[str, object]) -> SafeString:
    html = _markdown.renderer.render(tokens, _markdown.options, environment)
    clean = nh3.clean(html, tags=_TAGS, attributes={"a": {"href"}, "ol": {"start"}}, attribute_filter=_absolute_links,
                      url_schemes={"http", "https", "mailto"})  # fmt: skip
    return mark_safe(clean)  # noqa: S308 - cleaned on the line above


def _absolute_links(tag: str, attribute: str, value: str) -> str | None:
    """Keeps links that lead out; a path within the folder the document came from leads nowhere here."""
    if attribute == "href" and not value.startswith(("http://", "https://", "mailto:")):
        return None
    return value
