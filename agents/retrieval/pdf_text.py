"""The text of a PDF, page by page."""

from __future__ import annotations

import io
import logging

from pypdf import PdfReader

from agents.retrieval.loading_errors import DocumentTooLarge, LoadingError, UnreadableDocument

MAX_PAGES = 1000

# pypdf tells of every oddity it repairs.
logging.getLogger("pypdf").setLevel(logging.ERROR)


def pdf_text(content: bytes, *, max_characters: int) -> tuple[str, str]:
    """The text, pages parted by a blank line, and the title from the file's information, which is often empty.

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


def _read(content: bytes, max_characters: int) -> tuple[str, str]:
    reader = PdfReader(io.BytesIO(content), strict=False)
    if reader.is_encrypted and not reader.decrypt(""):
        raise UnreadableDocument("The PDF is encrypted; save it without a password.")
    if len(reader.pages) > MAX_PAGES:
        raise DocumentTooLarge(f"The PDF has {len(reader.pages):,} pages; the limit is {MAX_PAGES:,}.")
    pages: list[str] = []
    size = 0
    for page in reader.pages:
        # Fonts without a mapping give NULs and lone surrogates.
        pages.append(page.extract_text().replace("\0", " ").encode("utf-8", "replace").decode().strip())
        size += len(pages[-1])
        if size > max_characters:
            raise DocumentTooLarge(f"The PDF has more than {max_characters:,} characters of text.")
    text = "\n\n".join(page for page in pages if page)
    if not text:
        raise UnreadableDocument("The PDF has no text; it may hold scanned pages only.")
    title = (reader.metadata.title if reader.metadata else None) or ""
    return text, str(title).replace("\0", " ")
