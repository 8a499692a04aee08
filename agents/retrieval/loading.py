"""From an uploaded file to text with structure. Reads bytes, never runs or fetches anything that they name."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

import yaml

from agents.retrieval.blocks import Block, markdown_blocks, plain_blocks
from agents.retrieval.csv_text import csv_lines
from agents.retrieval.dates import date_said
from agents.retrieval.decoding import decoded
from agents.retrieval.hidden import without_invisible
from agents.retrieval.html_text import html_page
from agents.retrieval.loading_errors import (
    DocumentTooLarge,
    LoadingError,
    UnreadableDocument,
    UnsupportedDocument,
)
from agents.retrieval.pdf_text import pdf_text
from agents.retrieval.rst_text import rst_markdown
from agents.retrieval.visible_markdown import visible_markdown
from aurora_site.core.text.markup import plain

__all__ = [
    "DocumentTooLarge", "LoadingError", "SourceText", "UnreadableDocument", "UnsupportedDocument",
    "load_document", "load_text", "supported",
]  # fmt: skip

MAX_BYTES = 20 * 1024 * 1024
# Of the text that is read from a file: tables and PDFs hold more of it than they have bytes.
MAX_CHARACTERS = 40_000_000
# Each is a passage; more are no headings that anybody reads.
MAX_HEADINGS = 200_000
MAX_FRONT_MATTER = 8_000
MAX_TITLE = 255
# Only these keys of a front matter are kept, each as text.
FRONT_MATTER_KEYS = ("title", "owner", "review_date", "collection", "description")

_FORMATS = {
    ".md": "markdown", ".markdown": "markdown", ".txt": "plain", ".text": "plain", ".pdf": "pdf",
    ".html": "html", ".htm": "html", ".csv": "csv", ".rst": "rst",
}  # fmt: skip
SUFFIXES = tuple(_FORMATS)
_FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|$)", re.DOTALL)
_CONTROL = re.compile(r"[\x01-\x08\x0b-\x1f\x7f\x85\u2028\u2029]")


@dataclass(frozen=True)
class SourceText:
    """A document's text as it is stored, shown and cited: every offset of a chunk or sentence counts in ``text``.

    Line breaks are ``\\n``; what a reader doesn't see is left out. A front matter is taken out into ``metadata`` (title,
    owner, review_date, collection, description, as far as given), which also holds ``date``, the day that the document
    says it is of, as ``YYYY-MM-DD``.
    """

    text: str
    title: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    blocks: tuple[Block, ...] = ()


def supported(filename: str) -> bool:
    """Whether the file name's ending is one that can be read."""
    return PurePosixPath(filename).suffix.lower() in _FORMATS


def load_document(content: bytes, filename: str, *, max_bytes: int = MAX_BYTES) -> SourceText:
    """Reads .md, .rst, .txt, .html, .pdf or .csv, told by the file name's ending.

    Raises UnsupportedDocument for another ending, DocumentTooLarge, and UnreadableDocument for content that isn't what
    the name says, isn't text, is encrypted or broken, or has no text.
    """
    kind = _FORMATS.get(PurePosixPath(filename).suffix.lower())
    if kind is None:
        raise UnsupportedDocument(f"{filename!r} isn't a .md, .rst, .txt, .html, .pdf or .csv file.")
    if len(content) > max_bytes:
        raise DocumentTooLarge(f"The file has {len(content):,} bytes; the limit is {max_bytes:,}.")
    if kind == "pdf":
        pdf = pdf_text(content, max_characters=MAX_CHARACTERS)
        return _source(pdf.text, "plain", filename, title=pdf.title, noted=pdf.dates)
    return _source(decoded(content, html=kind == "html"), kind, filename)


def load_text(text: str, path: str, *, title: str = "") -> SourceText:
    """Reads text that came without a file. The path's ending tells the format; Markdown if it has none of ours.

    A given title outranks the text's own. Raises UnreadableDocument and DocumentTooLarge.
    """
    kind = _FORMATS.get(PurePosixPath(path).suffix.lower(), "markdown")
    source = _source(text, "plain" if kind == "pdf" else kind, path)
    return SourceText(source.text, title.strip()[:MAX_TITLE] or source.title, source.metadata, source.blocks)


def _source(raw: str, kind: str, filename: str, *, title: str = "", noted: Sequence[str] = ()) -> SourceText:
    text = _cleaned(raw)
    front: dict[str, object] = {}
    dates: Mapping[str, object] = {}
    match kind:
        case "html":
            page = html_page(text)
            text, title, dates = page.text, page.title, page.dates
        case "markdown":
            text, front = _without_front_matter(text)
            text, dates = visible_markdown(text), front
        case "rst":
            text, dates = rst_markdown(text)
        case "csv":
            text = csv_lines(text, max_characters=MAX_CHARACTERS)
    text = without_invisible(text)
    if not text.strip():
        raise UnreadableDocument("The document has no text.")
    blocks = _blocks(text, kind)
    metadata = _metadata(front)
    if dated := date_said(dates, text if kind != "csv" else "", filename, noted):
        metadata["date"] = dated.isoformat()
    chosen = metadata.get("title") or title or _first_heading(blocks) or _name(filename)
    return SourceText(text, " ".join(without_invisible(chosen).split())[:MAX_TITLE], metadata, tuple(blocks))


def _cleaned(text: str) -> str:
    if "\0" in text:
        raise UnreadableDocument("The file holds NUL characters; it isn't text.")
    if len(text) > MAX_CHARACTERS:
        raise DocumentTooLarge(f"The document has {len(text):,} characters; the limit is {MAX_CHARACTERS:,}.")
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub(" ", text).encode("utf-8", "replace").decode()


def _blocks(text: str, kind: str) -> list[Block]:
    if kind == "csv":
        return [Block("row", line.start(), line.end()) for line in re.finditer(r"[^\n]+", text)]
    blocks = plain_blocks(text) if kind == "plain" else markdown_blocks(text)
    if sum(block.kind == "heading" for block in blocks) > MAX_HEADINGS:
        raise DocumentTooLarge(f"The document has more than {MAX_HEADINGS:,} headings.")
    return blocks


def _without_front_matter(text: str) -> tuple[str, dict[str, object]]:
    """A front matter that isn't a YAML mapping is left in the text: better shown than lost."""
    match = _FRONT_MATTER.match(text[: MAX_FRONT_MATTER + 10])
    if match is None:
        return text, {}
    try:
        values = yaml.safe_load(match.group(1))
    except (yaml.YAMLError, ValueError, RecursionError):
        return text, {}
    if not isinstance(values, dict):
        return text, {}
    return text[match.end() :], {key: value for key, value in values.items() if isinstance(key, str)}


def _metadata(front: Mapping[str, object]) -> dict[str, str]:
    known = {key: front[key] for key in FRONT_MATTER_KEYS if isinstance(front.get(key), str | int | float)}
    dated = front.get("review_date")
    if isinstance(dated, datetime.date):
        known["review_date"] = dated.isoformat()
    return {key: str(value).strip()[:MAX_TITLE] for key, value in known.items()}


def _first_heading(blocks: list[Block]) -> str:
    headings = [block for block in blocks if block.kind == "heading" and block.title]
    return plain(min(headings, key=lambda block: block.level).title) if headings else ""


def _name(filename: str) -> str:
    words = re.sub(r"[-_]+", " ", PurePosixPath(filename).stem).strip() or "Untitled"
    return words[:1].upper() + words[1:]
