"""Answers checked against what the model was shown."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agents.providers.base import Passage
from agents.runtime.grounding import MARKER, ground, supports


def passage(number: int, text: str) -> Passage:
    return Passage(
        number=number, id=str(number), document_id="d", path="p", title="t", heading="h",
        text=text, start=0, end=len(text), score=1.0,
    )  # fmt: skip


LEAVE = passage(1, "Everyone gets 25 days of paid leave a year.")
DISK = passage(2, "When the disk is full, delete old logs.")


def test_cited_passages_are_listed_in_order_of_first_use() -> None:
    grounding = ground("Delete old logs [2]. You get 25 days of paid leave [1]. Again [2].", [LEAVE, DISK])
    assert grounding.cited == [2, 1]
    assert grounding.invalid == []


def test_citations_of_unknown_passages_are_removed() -> None:
    grounding = ground("You get 25 days of paid leave [7].", [LEAVE])
    assert grounding.text == "You get 25 days of paid leave."
    assert grounding.invalid == [7]
    assert grounding.supported_by == [1]


def test_a_sentence_without_citation_gets_the_passage_that_supports_it() -> None:
    assert ground("You get 25 days of paid leave a year.", [DISK, LEAVE]).supported_by == [1]


def test_a_number_that_no_passage_holds_is_unverified() -> None:
    grounding = ground("You get 30 days of paid leave [1].", [LEAVE])
    assert grounding.unverified == ["You get 30 days of paid leave."]


@given(st.text(max_size=300))
def test_any_text_is_handled_and_only_markers_are_removed(text: str) -> None:
    grounding = ground(text, [LEAVE])
    assert MARKER.sub("", grounding.text) == MARKER.sub("", text)
    assert set(grounding.cited) <= {1}


@given(st.text(min_size=1, max_size=200))
def test_a_text_supports_itself(text: str) -> None:
    assert supports(text, text)


def test_brackets_in_code_cite_nothing_and_stay() -> None:
    text = "Run it: [1]\n\n```python\nprint(argv[2], rows[9])\n```\n[1]\n\nThen read `names[7]`. [1]"
    grounding = ground(text, [LEAVE, DISK])
    assert grounding.text == text
    assert grounding.cited == [1]
    assert grounding.invalid == []


def test_a_fence_that_is_not_closed_hides_the_rest() -> None:
    text = "See [1].\n\n```\nrows[9]"
    assert ground(text, [LEAVE]).text == text
