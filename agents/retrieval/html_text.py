"""HTML as Markdown: headings, lists, tables and code are kept, scripts and styles dropped."""

from __future__ import annotations

import re

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PageElement, PreformattedString, Tag

from agents.retrieval.loading_errors import UnreadableDocument

_DROPPED = {"script", "style", "noscript", "template", "svg", "head", "nav", "iframe", "object", "canvas"}
_INLINE = {
    "a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins", "kbd", "label",
    "mark", "q", "s", "samp", "small", "span", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr",
}  # fmt: skip


def html_markdown(html: str) -> tuple[str, str]:
    """The page's text as Markdown and its title, which may be empty. Raises UnreadableDocument."""
    try:
        page = BeautifulSoup(html, "html.parser")
        title = page.title.get_text(" ", strip=True) if page.title else ""
        text = _children(page)
    except RecursionError as error:
        raise UnreadableDocument("The page's elements are nested too deeply.") from error
    lines = [line.rstrip() for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n", title


def _children(element: Tag) -> str:
    return "".join(_markdown(child) for child in element.children)


def _markdown(node: PageElement) -> str:
    if isinstance(node, NavigableString):
        return "" if isinstance(node, PreformattedString) else re.sub(r"\s+", " ", str(node))
    if not isinstance(node, Tag) or node.name in _DROPPED:
        return ""
    match node.name:
        case "h1" | "h2" | "h3" | "h4" | "h5" | "h6":
            return f"\n\n{'#' * int(node.name[1])} {_flat(node)}\n\n"
        case "br":
            return "\n"
        case "hr":
            return "\n\n"
        case "pre":
            return _fenced(node.get_text().strip("\n"))
        case "ul" | "ol":
            return _list(node)
        case "table":
            return _table(node)
        case "code" | "kbd" | "samp":
            return f"`{_flat(node)}`" if _flat(node) else ""
    inner = _children(node)
    return inner if node.name in _INLINE else f"\n\n{inner.strip()}\n\n"


def _flat(node: Tag) -> str:
    return " ".join(node.get_text(" ").split()) if node.name.startswith("h") else " ".join(node.get_text().split())


def _fenced(code: str) -> str:
    longest = max((len(run) for run in re.findall(r"`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"\n\n{fence}\n{code}\n{fence}\n\n"


def _list(node: Tag) -> str:
    items = []
    for number, item in enumerate(node.find_all("li", recursive=False), 1):
        lines = [line for line in _children(item).strip().split("\n") if line.strip()]
        marker = f"{number}. " if node.name == "ol" else "- "
        items.append(marker + "\n  ".join(lines))
    return "\n\n" + "\n".join(items) + "\n\n"


def _table(node: Tag) -> str:
    rows = []
    for row in node.find_all("tr"):
        found = [" ".join(cell.get_text(" ").split()).replace("|", "\\|") for cell in row.find_all(["th", "td"])]
        if any(found):
            rows.append(f"| {' | '.join(found)} |")
    if not rows:
        return ""
    columns = rows[0].count(" | ") + 1
    return "\n\n" + "\n".join([rows[0], f"|{' --- |' * columns}", *rows[1:]]) + "\n\n"
