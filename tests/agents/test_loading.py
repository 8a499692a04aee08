"""Files become text with structure, or an error that says why not."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfWriter

from agents.retrieval import loading, pdf_text
from agents.retrieval.loading import (
    DocumentTooLarge,
    UnreadableDocument,
    UnsupportedDocument,
    load_document,
    load_text,
)


def pdf(text: str = "", *, password: str = "") -> bytes:
    """A one-page PDF with a line of text, written by hand: pypdf can't write text."""
    stream = f"BT /F1 12 Tf 72 700 Td ({text}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources 6 0 R >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Font << /F1 5 0 R >> >>",
    ]
    body, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    end = b"xref\n0 7\n0000000000 65535 f \n%strailer\n<< /Size 7 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (
        table,
        len(body),
    )
    if not password:
        return body + end
    writer = PdfWriter(clone_from=io.BytesIO(body + end))
    writer.encrypt(password, algorithm="RC4-128")
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def test_markdown_keeps_its_text_and_gives_up_its_front_matter() -> None:
    content = b"---\ntitle: Leave policy\nowner: People\nreview_date: 2027-03-01\nother: x\n---\n# Leave\r\n\r\nText."
    source = load_document(content, "hr/leave.md")
    assert source.text == "# Leave\n\nText."
    assert source.title == "Leave policy"
    assert source.metadata == {"title": "Leave policy", "owner": "People", "review_date": "2027-03-01"}
    assert [(block.kind, source.text[block.start : block.end]) for block in source.blocks] == [
        ("heading", "# Leave"), ("paragraph", "Text."),
    ]  # fmt: skip


@pytest.mark.parametrize("front", ["[" * 5000, "a: b: c", "- x", "a: &a [*a]", "d: 2026-13-45"])
def test_a_front_matter_that_is_none_stays_in_the_text(front: str) -> None:
    text = f"---\n{front}\n---\nBody."
    source = load_document(text.encode(), "x.md")
    assert "Body." in source.text
    assert source.metadata == {}


@pytest.mark.parametrize(
    ("text", "path", "title"),
    [("## Second\n\n# First *one*\n", "a.md", "First one"), ("No heading.", "how-to_deploy.md", "How to deploy"),
     ("ON CALL\n\nText.", "x.txt", "ON CALL")],
)  # fmt: skip
def test_a_title_comes_from_the_top_heading_else_the_name(text: str, path: str, title: str) -> None:
    assert load_document(text.encode(), path).title == title


def test_html_becomes_markdown_without_scripts() -> None:
    page = """<html><head><title>Office</title><style>p{}</style></head><body><script>steal()</script>
    <!-- hidden --><h1>Office <b>guide</b></h1><p>Open from <code>08:00</code>.</p><ul><li>Leeds<ul><li>Dock 3</li></ul>
    </li></ul><table><tr><th>Room</th><th>Seats</th></tr><tr><td>A|B</td><td>4</td></tr></table><pre>qw  status
  now</pre></body></html>"""
    source = load_document(page.encode(), "office.html")
    assert source.text == (
        "# Office guide\n\nOpen from `08:00`.\n\n- Leeds\n  - Dock 3\n\n"
        "| Room | Seats |\n| --- | --- |\n| A\\|B | 4 |\n\n"
        "```\nqw  status\n  now\n```\n"
    )
    assert source.title == "Office"
    assert [block.kind for block in source.blocks] == ["heading", "paragraph", "item", "item", "table", "code"]


def test_table_files_become_a_line_per_row() -> None:
    source = load_document(b"item;price\nLaptop;900\n\n;5;extra\n", "price-list.csv")
    assert source.text == "item: Laptop; price: 900\nprice: 5; column 3: extra"
    assert [block.kind for block in source.blocks] == ["row", "row"]
    assert source.title == "Price list"


def test_pdf_text_is_read() -> None:
    source = load_document(pdf("The assembly point is the car park."), "fire.pdf")
    assert source.text == "The assembly point is the car park."
    assert source.title == "Fire"


@pytest.mark.parametrize(
    ("content", "filename", "error", "reason"),
    [
        (b"MZ\x90", "setup.exe", UnsupportedDocument, "setup.exe"),
        (b"text", "noending", UnsupportedDocument, "noending"),
        (b"", "a.md", UnreadableDocument, "no text"),
        (b"  \n\t ", "a.txt", UnreadableDocument, "no text"),
        (b"---\ntitle: x\n---\n", "a.md", UnreadableDocument, "no text"),
        ("Отпуск, двадцать пять дней".encode("cp1251"), "a.md", UnreadableDocument, "UTF-8"),
        (b"\x00\xff\xfe\x01\x80\x81", "a.txt", UnreadableDocument, "UTF-8"),
        (b"a\0b", "a.txt", UnreadableDocument, "NUL"),
        (b"%PDF-1.7 x", "a.md", UnreadableDocument, "is a PDF"),
        (b"hello", "a.pdf", UnreadableDocument, "isn't a PDF"),
        (b"%PDF-1.4 rubbish", "a.pdf", UnreadableDocument, "broken"),
        (pdf("")[:300], "a.pdf", UnreadableDocument, "PDF"),
        (pdf(""), "a.pdf", UnreadableDocument, "no text"),
        (pdf("secret", password="p"), "a.pdf", UnreadableDocument, "encrypted"),
        (b'a,b\n"open', "a.csv", UnreadableDocument, "table"),
        (b"# h\n" * 200_001, "a.md", DocumentTooLarge, "200,000 headings"),
        (b"x" * 101, "a.md", DocumentTooLarge, "limit is 100"),
        (b"a,b\n" + b"1,2\n" * 1_000_000, "a.csv", DocumentTooLarge, "1,000,000 rows"),
        (b",".join([b"c"] * 60) + b"\n" + b",".join([b"1"] * 60), "a.csv", DocumentTooLarge, "limit is 100"),
    ],
    # Content is long, and an encrypted one differs each time: workers couldn't agree on its tests' names.
    ids=lambda value: "content" if isinstance(value, bytes) else None,
)
def test_what_cannot_be_read_says_why(content: bytes, filename: str, error: type[Exception], reason: str) -> None:
    limit = 100 if "100" in reason and "," not in reason else 10_000_000
    with pytest.raises(error, match=reason):
        load_document(content, filename, max_bytes=limit)


def test_a_document_with_too_many_characters_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "MAX_CHARACTERS", 20)
    with pytest.raises(DocumentTooLarge, match="21 characters"):
        load_document(b"x" * 21, "a.md")
    with pytest.raises(DocumentTooLarge, match="20 characters"):
        load_document(pdf("a text that is longer than that"), "a.pdf")


def test_text_without_a_file_is_markdown_unless_its_path_says_otherwise() -> None:
    source = load_text("# Head\n\n\ud800Text", "notes/today", title=" Today ")
    assert (source.title, source.blocks[0].kind, source.text) == ("Today", "heading", "# Head\n\n?Text")
    assert load_text("# no heading", "a.txt").blocks[0].kind == "paragraph"


def test_a_pdf_page_that_unpacks_to_more_than_a_page_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_text, "MAX_PAGE_BYTES", 50)
    assert load_document(pdf("short"), "a.pdf").text == "short"
    with pytest.raises(DocumentTooLarge, match="Page 1 of the PDF"):
        load_document(pdf("a text that is longer than that"), "a.pdf")


def test_a_pdf_that_takes_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_text, "MAX_SECONDS", -1)
    with pytest.raises(DocumentTooLarge, match="seconds to read"):
        load_document(pdf("short"), "a.pdf")


def test_a_pdf_gives_the_date_of_its_last_change() -> None:
    writer = PdfWriter(clone_from=io.BytesIO(pdf("Some text.")))
    writer.add_metadata({"/CreationDate": "D:20240102030405Z", "/ModDate": "D:20260314120000+01'00'", "/Title": "Plan"})
    written = io.BytesIO()
    writer.write(written)
    source = load_document(written.getvalue(), "a.pdf")
    assert (source.title, source.metadata) == ("Plan", {"date": "2026-03-14"})
