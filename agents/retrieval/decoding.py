"""From a file's bytes to text, whatever it was written with."""

from __future__ import annotations

import codecs
import re

from agents.retrieval.loading_errors import UnreadableDocument

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
_SAMPLE = 4_000
# The encodings that a page may name for itself; Python knows others that aren't encodings of text.
_CHARSET = re.compile(
    rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?(utf-8|iso-8859-\d{1,2}|windows-125\d|koi8-[ru]|shift_jis|euc-jp|euc-kr"
    rb"|gb2312|gbk|gb18030|big5)\b",
    re.IGNORECASE,
)
_CONTROL = re.compile(r"[\x01-\x08\x0e-\x1a\x1c-\x1f]")


def decoded(content: bytes, *, html: bool = False) -> str:
    """UTF-8; UTF-16 and UTF-32 by their mark, UTF-16 without it too; what an HTML page names; else Windows-1252, if that
    makes sense.

    UTF-8 with a few broken bytes is read with a sign for each. Raises UnreadableDocument for what isn't text, and for
    text in other encodings: to guess those would show wrong letters.
    """
    if content.startswith(b"%PDF-"):
        raise UnreadableDocument("The file is a PDF, but its name says otherwise.")
    encoding = next((name for mark, name in _MARKS if content.startswith(mark)), None) or _unmarked_utf16(content)
    try:
        return content.decode(encoding or "utf-8")
    except UnicodeDecodeError as error:
        if encoding not in (None, "utf-8-sig"):
            raise UnreadableDocument(f"The file isn't valid {encoding.upper()} text (byte {error.start:,}).") from error
        return _fallback(content, html=html, position=error.start)


def _unmarked_utf16(content: bytes) -> str | None:
    """Western text in UTF-16 has a zero in every other byte."""
    sample = content[:_SAMPLE]
    pairs = len(sample) // 2
    if pairs < 4 or len(content) % 2:
        return None
    high, low = sample[::2].count(0), sample[1::2].count(0)
    if low > 0.7 * pairs and high == 0:
        return "utf-16-le"
    return "utf-16-be" if high > 0.7 * pairs and low == 0 else None


def _fallback(content: bytes, *, html: bool, position: int) -> str:
    named = _CHARSET.search(content[:_SAMPLE]) if html else None
    if named and named.group(1).lower() != b"utf-8":
        return content.decode(named.group(1).decode(), "replace")
    text = content.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    valid = sum(1 for _ in re.finditer(r"[^\x00-\x7f\ufffd]", text))
    if valid > 20 * broken:
        return text
    western = content.decode("cp1252", "replace")
    letters = len(re.findall(r"[a-zA-Z]", western))
    high = len(re.findall(r"[^\x00-\x7f]", western))
    # In Western languages accented letters are rare; a Cyrillic or Japanese text is nearly all high bytes.
    if high > 0.3 * (letters + high) or "\ufffd" in western or _CONTROL.search(western):
        raise UnreadableDocument(f"The file isn't valid UTF-8 text (byte {position:,}). Save it as UTF-8.")
    return western
