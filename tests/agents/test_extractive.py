"""Answers made of the documents' own sentences."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.providers.base import Finished, ModelRequest, Passage, PassageSentence, TextDelta
from agents.providers.extraction import Composition, compose
from agents.providers.extractive import ExtractiveProvider
from agents.retrieval.blocks import markdown_blocks
from agents.retrieval.chunking import chunk_text, sentence_text

LEAVE = """This policy covers holiday.

Full-time employees get 25 days of annual leave a year. They are booked in the people system.
Days that you don't use are lost.
"""
BOOKING = """1. Check your team's calendar. It shows clashes.
2. Enter the days in the people system.
3. Wait for your manager.
"""
ROLLBACK = """If checkout fails after a release, roll it back:

```bash
qw rollback checkout --env production
```

It takes about 90 seconds.
"""
CODES = """| Code | Meaning |
|---|---|
| PAY-4012 | card declined by the bank |
| PAY-5030 | provider unavailable |
"""
REPLACED = """An employee who works full time gets 25 days of annual leave each year. The office is in Leeds."""


def passage(
    text: str, scores: dict[str, float], *, number: int = 1, title: str = "Leave", **options: object
) -> Passage:
    """A passage as search gives it; a sentence that has none of the words in ``scores`` scores .1."""
    offset = 100
    (chunk,) = chunk_text(text, markdown_blocks(text), title)
    sentences = [
        PassageSentence(words, span.start + offset, span.end + offset,
                        next((score for word, score in scores.items() if word in words), 0.1))
        for span in chunk.sentences if span.kind != "header" and (words := sentence_text(text, span))
    ]  # fmt: skip
    given = {"heading": title, "score": 0.9, "owner": ""} | options
    return Passage(
        number=number, id=str(number), document_id=title, path=f"{title}.md", title=title, text=chunk.text,
        start=chunk.start + offset, end=chunk.end + offset, sentences=sentences, **given,
    )  # fmt: skip


def answer(question: str, *passages: Passage, answerable: bool = True, searched: int = 40) -> Composition:
    return compose(question, passages, answerable, searched)


def test_a_question_for_a_number_is_answered_with_the_number_first() -> None:
    found = answer("How many days of leave do I get?", passage(LEAVE, {"holiday": 0.6, "25 days": 0.6, "lost": 0.3}))
    assert found.text == "Full-time employees get 25 days of annual leave a year. [1]"
    assert found.answered
    assert [(segment.text, segment.passage_number) for segment in found.segments] == [
        ("Full-time employees get 25 days of annual leave a year.", 1)
    ]


def test_a_sentence_that_leans_on_another_brings_it_along() -> None:
    found = answer("Where is leave booked?", passage(LEAVE, {"booked": 0.8, "25 days": 0.3}))
    assert found.text == (
        "Full-time employees get 25 days of annual leave a year. [1] They are booked in the people system. [1]"
    )


def test_steps_are_given_whole_and_in_order() -> None:
    found = answer("How do I book leave?", passage(BOOKING, {"Enter": 0.6}))
    assert found.text == (
        "1. Check your team's calendar. It shows clashes. [1]\n"
        "2. Enter the days in the people system. [1]\n"
        "3. Wait for your manager. [1]"
    )


def test_one_item_alone_loses_its_number() -> None:
    found = answer("Who agrees to my leave?", passage(BOOKING, {"manager": 0.6}))
    assert found.text == "Wait for your manager. [1]"


def test_a_command_is_shown_whole_with_its_introduction() -> None:
    found = answer("How do I roll back checkout?", passage(ROLLBACK, {"roll it back": 0.7}))
    assert found.text == (
        "If checkout fails after a release, roll it back: [1]\n\n"
        "```bash\nqw rollback checkout --env production\n```\n[1]"
    )


def test_a_table_row_is_shown_with_its_headers_names() -> None:
    found = answer("What does PAY-4012 mean?", passage(CODES, {"PAY-4012": 0.5, "PAY-5030": 0.4}))
    assert found.text == "Code: PAY-4012; Meaning: card declined by the bank [1]"


def test_the_same_thing_is_not_said_twice() -> None:
    found = answer(
        "How many days of annual leave do I get?",
        passage(LEAVE, {"25 days": 0.8}), passage(REPLACED, {"25 days": 0.75}, number=2),
    )  # fmt: skip
    assert found.text == "Full-time employees get 25 days of annual leave a year. [1]"


def test_passages_that_are_not_relevant_are_not_quoted() -> None:
    found = answer(
        "How many days?",
        passage(LEAVE, {"25 days": 0.9}, relevant=False),
        passage(REPLACED, {"25 days": 0.5}, number=2),
    )
    assert {segment.passage_number for segment in found.segments} == {2}


def test_a_question_in_the_text_is_no_answer_but_points_to_one() -> None:
    text = "How many days do I get? Everybody has twenty-five of them. The office is in Leeds."
    found = answer("How many days do I get?", passage(text, {"How many": 0.95, "office": 0.4}))
    assert found.text == "Everybody has twenty-five of them. [1]"


def test_without_an_answer_it_says_what_was_searched_and_whom_to_ask() -> None:
    found = answer(
        "Is there a crèche?", passage(LEAVE, {}, owner="people@example.com"),
        passage(BOOKING, {}, number=2, title="Booking"),
        answerable=False, searched=1234,
    )  # fmt: skip
    assert found.text == (
        "I don't know. I searched 1,234 passages of your organisation's documents and found no answer to this. "
        "The nearest I found: “Leave” and “Booking”. You could ask people@example.com (“Leave”)."
    )
    assert not found.answered
    assert [segment.passage_number for segment in found.segments] == [None]


def test_without_documents_it_says_so() -> None:
    assert answer("Anything?", answerable=False, searched=0).text == (
        "I don't know: there are no indexed documents to search yet."
    )


@given(st.lists(st.sampled_from([LEAVE, BOOKING, ROLLBACK, CODES, REPLACED]), min_size=1, max_size=5),
       st.text(max_size=80), st.lists(st.floats(-1, 1), min_size=5, max_size=5))  # fmt: skip
def test_every_piece_is_quoted_from_the_passage_that_it_names(
    texts: list[str], question: str, scores: list[float]
) -> None:
    passages = [
        passage(text, {"": score}, number=number, title=f"T{number}")
        for number, (text, score) in enumerate(zip(texts, scores, strict=False), 1)
    ]
    found = compose(question, passages, True, 9)
    by_number = {item.number: item for item in passages}
    assert found.answered
    for segment in found.segments:
        source = by_number[segment.passage_number]
        words = " ".join(re.sub(r"^(- |\d+\. )", "", segment.text).split())
        rendered = [" ".join(sentence.text.split()) for sentence in source.sentences]
        assert words in " ".join(source.text.split()) or words in rendered
    assert [int(number) for number in re.findall(r"\[(\d)\]", found.text)] == [s.passage_number for s in found.segments]


@pytest.mark.asyncio
async def test_the_provider_streams_the_composed_answer() -> None:
    passages = [passage(LEAVE, {"25 days": 0.7})]
    request = ModelRequest(model="", messages=[], question="How many days?", passages=passages, searched=3)
    events = [event async for event in ExtractiveProvider().stream(request)]
    text = "".join(event.text for event in events if isinstance(event, TextDelta))
    assert text == compose("How many days?", passages, True, 3).text
    assert events[-1] == Finished("stop")
    assert ExtractiveProvider.mode == "extractive"
