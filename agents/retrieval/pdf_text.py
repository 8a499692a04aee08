"""The text of a PDF, page by page."""

from __future__ import annotations

import io
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass

from pypdf import PdfReader

from agents.retrieval.loading_errors import DocumentTooLarge, LoadingError, UnreadableDocument

MAX_PAGES = 1000
# A page of some 50 KB can unpack to a drawing of many million strokes, and reading a page takes more than proportionally
# long. Pages of text have some 10 KB.
MAX_PAGE_BYTES = 4_000_000
MAX_SECONDS = 120

# pypdf tells of every oddity it repairs.
logging.getLogger("pypdf").setLevel(logging.ERROR)


@dataclass(frozen=True)
class PdfText:
    """The text, pages parted by a blank line, the title from the file's information, which is often empty, and its
    dates of change and making, as far as given: ``D:20260314120000Z``."""

    text: str
    title: str
    dates: tuple[str, ...]


def pdf_text(content: bytes, *, max_characters: int) -> PdfText:
    """Reads a PDF page by page.

    Raises UnreadableDocument and DocumentTooLarge.
    """
    if b"%PDF-" not in content[:1024]:
        raise UnreadableDocument("The file's name ends in .pdf, but it isn't a PDF.")
    try:
        return _read(content, max_characters)
    except LoadingError:
        raise
    # A broken PDF makes pypdf raise nearly any exception.
    except Exception as error:
        raise UnreadableDocument(f"The PDF is broken: {type(error).__name__}.") from error


def _read(content: bytes, max_characters: int) -> PdfText:
    reader = PdfReader(io.BytesIO(content), strict=False)
    if reader.is_encrypted and not reader.decrypt(""):
        raise UnreadableDocument("The PDF is encrypted; save it without a password.")
    if len(reader.pages) > MAX_PAGES:
        raise DocumentTooLarge(f"The PDF has {len(reader.pages):,} pages; the limit is {MAX_PAGES:,}.")
    pages: list[str] = []
    size = 0
    started = time.monotonic()
    for number, page in enumerate(reader.pages, 1):
        if time.monotonic() - started > MAX_SECONDS:
            raise DocumentTooLarge(f"The PDF takes more than {MAX_SECONDS} seconds to read.")
        contents = page.get_contents()
        if contents is not None and len(contents.get_data()) > MAX_PAGE_BYTES:
            raise DocumentTooLarge(f"Page {number:,} of the PDF holds more than {MAX_PAGE_BYTES:,} bytes of drawing.")
        # Fonts without a mapping give NULs and lone surrogates.
        pages.append(page.extract_text().replace("\0", " ").encode("utf-8", "replace").decode().strip())
        size += len(pages[-1])
        if size > max_characters:
            raise DocumentTooLarge(f"The PDF has more than {max_characters:,} characters of text.")
    text = "\n\n".join(page for page in pages if page)
    if not text:
        raise UnreadableDocument("The PDF has no text; it may hold scanned pages only.")
    noted: Mapping[str, object] = reader.metadata or {}
    dates = tuple(str(noted.get(name) or "")[:40] for name in ("/ModDate", "/CreationDate"))
    return PdfText(text, str(noted.get("/Title") or "").replace("\0", " "), dates)
