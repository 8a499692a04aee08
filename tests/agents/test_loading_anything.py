"""Whatever bytes come: text with structure whose offsets hold, or an error that says why not."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.retrieval.chunking import chunk_text
from agents.retrieval.loading import LoadingError, SourceText, load_document
from tests.agents.test_loading import pdf

FORMATS = ["a.md", "a.txt", "a.html", "a.csv", "a.rst", "a.pdf"]
PIECES = st.sampled_from(
    [
        *(
            b"# Title\n|<p>|</p>|<table><tr><td>|</table>|<!--|-->|```\n|---\n|date: 2026-01-01\n|- item\n|\n\n".split(
                b"|"
            )
        ),
        *(
            b".. note::\n|   text\n|====\n|::\n|word |a,b;c\n|\"|'|&amp;|&#x0;|&#99999999999999999999;|`|\r|\t".split(
                b"|"
            )
        ),
        *(b"<b hidden>|</b>|<script>|</script>|<style>.a{display:none}</style>|<ul><li>|%PDF-1.4".split(b"|")),
        *(b"\xff\xfe|\x00|\xe9|\xe2\x80\x8b|\xed\xa0\x80".split(b"|")),
        b"| a | b |\n",
        b"|---|---|\n",
    ]
)


def check(source: SourceText) -> None:
    text = source.text
    assert text.strip()
    assert source.title
    assert "\0" not in text and "\r" not in text
    assert all(0 <= block.start < block.end <= len(text) for block in source.blocks)
    assert all(before.end <= after.start for before, after in pairwise(source.blocks))
    chunks = chunk_text(text, source.blocks, source.title)
    assert all(text[chunk.start : chunk.end] == chunk.text for chunk in chunks)
    assert all(before.end <= after.start for before, after in pairwise(chunks))
    for chunk in chunks:
        assert all(chunk.start <= span.start < span.end <= chunk.end for span in chunk.sentences)
        assert all(before.end <= after.start for before, after in pairwise(chunk.sentences))


def load_or_refuse(content: bytes, name: str) -> None:
    try:
        source = load_document(content, name)
    except LoadingError as error:
        assert str(error)
    else:
        check(source)


@settings(max_examples=300)
@given(
    content=st.one_of(st.binary(max_size=400), st.lists(PIECES, max_size=40).map(b"".join)),
    name=st.sampled_from(FORMATS),
)
def test_any_bytes_are_read_or_refused(content: bytes, name: str) -> None:
    load_or_refuse(content, name)


@settings(max_examples=100)
@given(st.text(max_size=400), st.sampled_from(FORMATS[:-1]))
def test_any_text_is_read_or_refused(text: str, name: str) -> None:
    load_or_refuse(text.encode("utf-8", "surrogatepass"), name)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 600), st.binary(max_size=3)), min_size=1, max_size=5))
def test_a_damaged_pdf_is_read_or_refused(damages: list[tuple[int, bytes]]) -> None:
    content = bytearray(pdf("A text of some words that are kept."))
    for at, piece in damages:
        content[at : at + len(piece)] = piece
    load_or_refuse(bytes(content), "a.pdf")


RST = b"""=====
Leave
=====

:date: 2026-03-14

You get 25 days, see :ref:`the rules <rules>` or ``qw leave``, or `the page <https://example.com/x>`_ [1]_.

.. _rules:

Booking
-------

.. note:: Two weeks ahead.

   Your lead answers.

Run this::

    qw leave book

.. code-block:: python
   :linenos:

   book(days=3)

.. a comment that nobody sees

.. image:: x.png

Days
~~~~

#. first
#. second

Carrying over
-------------

Up to :term:`five`.
"""


def test_restructured_text_is_read_with_its_headings_and_code() -> None:
    source = load_document(RST, "leave.rst")
    assert source.title == "Leave"
    assert source.metadata == {"date": "2026-03-14"}
    assert [(block.level, block.title) for block in source.blocks if block.kind == "heading"] == [
        (1, "Leave"), (2, "Booking"), (3, "Days"), (2, "Carrying over"),
    ]  # fmt: skip
    shown = [source.text[block.start : block.end] for block in source.blocks if block.kind != "heading"]
    assert shown == [
        "You get 25 days, see `the rules` or `qw leave`, or the page [1].", "Note: Two weeks ahead.", "Your lead answers.",
        "Run this:", "```\nqw leave book\n```", "```\nbook(days=3)\n```", "1. first", "1. second", "Up to `five`.",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["a.md", "a.rst"])
def test_text_without_any_markup_is_read_as_it_is(name: str) -> None:
    text = "One line with a_name and 2 * 3 * 4.\n\nAnother: with `ticks.\n"
    assert load_document(text.encode(), name).text == text
