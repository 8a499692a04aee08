"""Sentences by their offsets."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.retrieval.sentences import MAX_SENTENCE, cut, sentence_spans


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        (
            "You get 2.08 days, e.g. in May. Then it is 1,000.50 a month.",
            ["You get 2.08 days, e.g. in May.", "Then it is 1,000.50 a month."],
        ),
        ("Ask Dr. Smith or J. Doe. They know.", ["Ask Dr. Smith or J. Doe.", "They know."]),
        ("Open 9 a.m. to 5 p.m. daily.", ["Open 9 a.m. to 5 p.m. daily."]),
        ("It ended at 5 p.m. Nobody stayed.", ["It ended at 5 p.m.", "Nobody stayed."]),
        ("See v2.3.1 of node.js. It works.", ["See v2.3.1 of node.js.", "It works."]),
        ("A line\nwrapped here. And\nanother.", ["A line\nwrapped here.", "And\nanother."]),
        ("1. Open the page. 2. Save it.", ["1. Open the page.", "2. Save it."]),
        ("He said “Stop.” Then he left.", ["He said “Stop.”", "Then he left."]),
        ("これは文です。次の文。", ["これは文です。", "次の文。"]),
        ("Wait... what? No.", ["Wait... what?", "No."]),
        ("   ", []),
    ],
)
def test_prose_is_cut_between_sentences(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@given(st.text(alphabet=st.sampled_from("aB1 .!?\n。,;\"')*é"), max_size=3000))
def test_no_character_is_lost_doubled_or_out_of_order(text: str) -> None:
    spans = sentence_spans(text)
    assert "".join("".join(text[start:end] for start, end in spans).split()) == "".join(text.split())
    assert all(0 < end - start <= MAX_SENTENCE for start, end in spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    assert all(text[start:end] == text[start:end].strip() for start, end in spans)


@given(st.text(max_size=400), st.integers(1, 50))
def test_cutting_keeps_all_characters_and_the_limit(text: str, limit: int) -> None:
    spans = list(cut(text, 0, len(text), limit))
    assert "".join("".join(text[start:end] for start, end in spans).split()) == "".join(text.split())
    assert all(0 < end - start <= limit for start, end in spans)
