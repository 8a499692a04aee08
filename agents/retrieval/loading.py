"""From an uploaded file to text with structure. Reads bytes, never runs or fetches anything that they name."""

from __future__ import annotations

import csv
import datetime
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

import yaml

from agents.retrieval.blocks import Block, markdown_blocks, plain_blocks
from agents.retrieval.html_text import html_markdown
from agents.retrieval.loading_errors import (
    DocumentTooLarge,
    LoadingError,
    UnreadableDocument,
    UnsupportedDocument,
)
from agents.retrieval.pdf_text import pdf_text
from aurora_site.core.text.markup import plain

__all__ = [
    "DocumentTooLarge", "LoadingError", "SourceText", "UnreadableDocument", "UnsupportedDocument",
    "load_document", "load_text", "supported",
]  # fmt: skip

MAX_BYTES = 20 * 1024 * 1024
MAX_CHARACTERS = 5_000_000
MAX_CSV_ROWS = 50_000
MAX_CSV_COLUMNS = 200
MAX_FRONT_MATTER = 8_000
MAX_TITLE = 255
# Only these keys of a front matter are kept, each as text.
FRONT_MATTER_KEYS = ("title", "owner", "review_date", "collection", "description")

_FORMATS = {
    ".md": "markdown", ".markdown": "markdown", ".txt": "plain", ".text": "plain", ".pdf": "pdf",
    ".html": "html", ".htm": "html", ".csv": "csv",
}  # fmt: skip
_FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|$)", re.DOTALL)
_CONTROL = re.compile(r"[\x01-\x08\x0b-\x1f\x7f\x85\u2028\u2029]")


@dataclass(frozen=True)
class SourceText:
    """A document's text as it is stored, shown and cited: every offset of a chunk or sentence counts in ``text``.

    Line breaks are ``\\n``, and a front matter is taken out into ``metadata`` (title, owner, review_date, collection,
    description, as far as given).
    """

    text: str
    title: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    blocks: tuple[Block, ...] = ()


def supported(filename: str) -> bool:
    """Whether the file name's ending is one that can be read."""
    return PurePosixPath(filename).suffix.lower() in _FORMATS


def load_document(content: bytes, filename: str, *, max_bytes: int = MAX_BYTES) -> SourceText:
    """Reads .md, .txt, .html, .pdf or .csv, told by the file name's ending.

    Raises UnsupportedDocument for another ending, DocumentTooLarge, and UnreadableDocument for content that isn't what
    the name says, isn't UTF-8, is encrypted or broken, or has no text.
    """
    kind = _FORMATS.get(PurePosixPath(filename).suffix.lower())
    if kind is None:
        raise UnsupportedDocument(f"{filename!r} isn't a .md, .txt, .html, .pdf or .csv file.")
    if len(content) > max_bytes:
        raise DocumentTooLarge(f"The file has {len(content):,} bytes; the limit is {max_bytes:,}.")
    if kind == "pdf":
        text, title = pdf_text(content, max_characters=MAX_CHARACTERS)
        return _source(text, "plain", filename, title)
    return _source(_decoded(content), kind, filename, "")


def load_text(text: str, path: str, *, title: str = "") -> SourceText:
    """Reads text that came without a file. The path's ending tells the format; Markdown if it has none of ours.

    A given title outranks the text's own. Raises UnreadableDocument and DocumentTooLarge.
    """
    kind = _FORMATS.get(PurePosixPath(path).suffix.lower(), "markdown")
    source = _source(text, "plain" if kind == "pdf" else kind, path, "")
    return SourceText(source.text, title.strip()[:MAX_TITLE] or source.title, source.metadata, source.blocks)


def _decoded(content: bytes) -> str:
    if content.startswith(b"%PDF-"):
        raise UnreadableDocument("The file is a PDF, but its name says otherwise.")
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableDocument(f"The file isn't valid UTF-8 text (byte {error.start:,}).") from error


def _source(raw: str, kind: str, filename: str, title: str) -> SourceText:
    text = _cleaned(raw)
    metadata: dict[str, str] = {}
    if kind == "html":
        text, title = html_markdown(text)
    elif kind == "markdown":
        text, metadata = _without_front_matter(text)
    elif kind == "csv":
        text = _csv_lines(text)
    if not text.strip():
        raise UnreadableDocument("The document has no text.")
    blocks = _blocks(text, kind)
    chosen = metadata.get("title") or title or _first_heading(blocks) or _name(filename)
    return SourceText(text, " ".join(chosen.split())[:MAX_TITLE], metadata, tuple(blocks))


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
    return plain_blocks(text) if kind == "plain" else markdown_blocks(text)


def _without_front_matter(text: str) -> tuple[str, dict[str, str]]:
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
    known = {key: values[key] for key in FRONT_MATTER_KEYS if isinstance(values.get(key), str | int | float)}
    dated = values.get("review_date")
    if isinstance(dated, datetime.date):
        known["review_date"] = dated.isoformat()
    return text[match.end() :], {key: str(value).strip()[:MAX_TITLE] for key, value in known.items()}


def _first_heading(blocks: list[Block]) -> str:
    headings = [block for block in blocks if block.kind == "heading" and block.title]
    return plain(min(headings, key=lambda block: block.level).title) if headings else ""


def _name(filename: str) -> str:
    words = re.sub(r"[-_]+", " ", PurePosixPath(filename).stem).strip() or "Untitled"
    return words[:1].upper() + words[1:]


def _csv_lines(text: str) -> str:
    """One line per row, ``header: value; header: value``, so that a row can be understood alone."""
    rows = _csv_rows(text)
    if len(rows) < 2:
        return "\n".join("; ".join(row) for row in rows)
    names = [name or f"column {number}" for number, name in enumerate(rows[0], 1)]
    lines = []
    for row in rows[1:]:
        extra = [f"column {number}" for number in range(len(names) + 1, len(row) + 1)]
        lines.append("; ".join(f"{name}: {value}" for name, value in zip([*names, *extra], row, strict=False) if value))
    return "\n".join(line for line in lines if line)


def _csv_rows(text: str) -> list[list[str]]:
    header = text.lstrip("\n").partition("\n")[0]
    delimiter = max(",;\t|", key=header.count)
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            if len(rows) >= MAX_CSV_ROWS or len(row) > MAX_CSV_COLUMNS:
                raise DocumentTooLarge(f"A table may have {MAX_CSV_ROWS:,} rows and {MAX_CSV_COLUMNS} columns.")
            if any(cell.strip() for cell in row):
                rows.append([" ".join(cell.split()) for cell in row])
    except csv.Error as error:
        raise UnreadableDocument(f"The table can't be read: {error}.") from error
    return rows
