"""Answers as HTML: Markdown of which only plain formatting is kept, with the citation markers as links.

An answer is untrusted, whoever wrote it: HTML in it is text, images are left out, and a link shows where it leads.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

_MARKER = re.compile(r"\[(\d{1,3})\]")
_MARKERS_ALONE = re.compile(r"(?:\[\d{1,3}\]\s*)+")
# Markers on the line after a table stand below it; to Markdown they would be its last row.
_MARKERS_AFTER_TABLE = re.compile(r"(?m)^([ \t]*\|.*\|[ \t]*)\n(?=(?:\[\d{1,3}\][ \t]*)+$)")
_TAGS = {
    "p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a",
    "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
_SCHEMES = ("http", "https", "mailto")
# Link reference definitions are off: "[1]: https://…" would turn a citation marker into a link of the writer's choice.
_markdown = (
    MarkdownIt("commonmark", {"html": False, "breaks": True})
    .enable(["table", "strikethrough"])
    .disable(["reference", "html_block", "html_inline"])
)
# What scrolls sideways must be reachable by keyboard.
_SCROLLING = {
    "<pre>": '<pre tabindex="0">',
    "<table>": '<div class="table-scroll" role="region" aria-label="Table" tabindex="0"><table>',
    "</table>": "</table></div>",
}


def citation_url(citation: Mapping[str, Any]) -> str:
    """The page of a citation's document with its passage shown and the quoted stretches marked."""
    query = [("start", citation.get("start", "")), ("end", citation.get("end", ""))]
    query += [("mark", f"{start}-{end}") for start, end in citation.get("marks") or []]
    return f"/documents/{quote(str(citation.get('document_id', '')), safe='')}?{urlencode(query)}#passage"


def render_answer(text: str, citations: Sequence[Mapping[str, Any]]) -> SafeString:
    """An answer's text as clean HTML. ``[n]`` is a link where ``citations`` has that ``number``; headings are bold lines,
    so that the outline of a page is the page's own."""
    sources = {citation.get("number"): citation for citation in citations}
    tokens = _markdown.parse(_MARKERS_AFTER_TABLE.sub(r"\1\n\n", text))
    for opening, token in pairwise(tokens):
        if token.type == "inline":
            token.children = _children(token.children or [], sources)
            _dress(opening, token)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = "p"
    html = nh3.clean(
        _markdown.renderer.render(tokens, _markdown.options, {}),
        tags=_TAGS,
        attributes={"a": {"href", "class", "aria-label"}, "p": {"class"}, "ol": {"start"}},
        url_schemes=set(_SCHEMES),
        link_rel="noopener noreferrer nofollow",
    )
    for plain, scrolling in _SCROLLING.items():
        html = html.replace(plain, scrolling)
    return mark_safe(html)  # noqa: S308 - cleaned above; what is put in then is ours


def _dress(opening: Token, content: Token) -> None:
    """A heading is bold; a paragraph of markers alone belongs to what is above it."""
    if opening.type == "heading_open" and content.children:
        content.children = [Token("strong_open", "strong", 1), *content.children, Token("strong_close", "strong", -1)]
    elif opening.type == "paragraph_open" and _MARKERS_ALONE.fullmatch(content.content):
        opening.attrs["class"] = "markers"


def _children(children: Sequence[Token], sources: Mapping[Any, Mapping[str, Any]]) -> list[Token]:
    """Inline tokens with markers as links, and every other link followed by where it leads."""
    result: list[Token] = []
    link: str | None = None
    label = ""
    for token in children:
        if token.type == "link_open":
            link, label = str(token.attrGet("href") or ""), ""
            token.attrs = {"href": link}
            if _host(link):
                result.append(token)
        elif token.type == "link_close":
            host = _host(link or "")
            if host:
                result.append(token)
            if host and label.strip() not in (link, host):
                result.append(_text(f" ({host})"))
            link = None
        elif token.type == "image":
            label += token.content
            result.append(_text(token.content))
        elif token.type == "text" and link is None:
            result += _marked(token.content, sources)
        else:
            label += token.content
            result.append(token)
    return result


def _host(url: str) -> str:
    """Where an address leads: its host, or the addressee of a mail. Empty for one that is not shown as a link."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.scheme not in _SCHEMES:
        return ""
    return parts.path if parts.scheme == "mailto" else (parts.hostname or "")


def _marked(text: str, sources: Mapping[Any, Mapping[str, Any]]) -> list[Token]:
    """A text with its known markers as links."""
    tokens: list[Token] = []
    position = 0
    for match in _MARKER.finditer(text):
        citation = sources.get(int(match[1]))
        if citation is None:
            continue
        label = f"Source {match[1]}: {citation.get('title') or citation.get('path') or ''}"
        attributes: dict[str, str | int | float] = {
            "class": "citation", "href": citation_url(citation), "aria-label": label,
        }  # fmt: skip
        tokens += [
            _text(text[position : match.start()]),
            Token("link_open", "a", 1, attrs=attributes),
            _text(match[1]),
            Token("link_close", "a", -1),
        ]
        position = match.end()
    return [*tokens, _text(text[position:])]


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)
