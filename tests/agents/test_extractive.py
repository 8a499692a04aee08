"""Answers made of the documents' own sentences."""

from __future__ import annotations

import re
from dataclasses import replace

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
GROWING = """Messages wait safely in the queue. If a message is stuck, move it:

```
qw queue move-head emails
```
"""
WAITING = """Customers may ask us to delete their data. Forward such a request to the data officer. The office is in Leeds.
"""
LEVELS = "| Level | Meaning |\n|---|---|\n" + "".join(f"| L{number} | level {number} |\n" for number in range(1, 13))
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


def test_a_small_table_is_shown_whole_with_one_citation() -> None:
    found = answer("What does PAY-4012 mean?", passage(CODES, {"PAY-4012": 0.5, "PAY-5030": 0.4}))
    assert found.text == f"{CODES.strip()}\n[1]"
    assert [(segment.text, segment.passage_number) for segment in found.segments] == [(CODES.strip(), 1)]


def test_of_a_larger_table_the_best_rows_are_shown_in_their_order() -> None:
    scores = {"L12": 0.6, "L11": 0.62, "L10": 0.61, "L7": 0.8, "L3": 0.7}
    found = answer("Which levels are there?", passage(LEVELS, scores))
    assert found.text == (
        "| Level | Meaning |\n|---|---|\n| L3 | level 3 |\n| L7 | level 7 |\n| L10 | level 10 |\n| L11 | level 11 |\n[1]"
    )


def test_of_a_larger_table_rows_far_from_the_best_are_left_out() -> None:
    found = answer("Which levels are there?", passage(LEVELS, {"L7": 0.9, "L3": 0.85}))
    assert found.text == "| Level | Meaning |\n|---|---|\n| L3 | level 3 |\n| L7 | level 7 |\n[1]"


def test_a_table_whose_header_is_in_another_passage_shows_its_row_with_the_headers_names() -> None:
    whole = passage(CODES, {"PAY-4012": 0.5})
    row = whole.sentences[0]
    rest = replace(whole, text=whole.text[row.start - whole.start :], start=row.start)
    assert answer("What does PAY-4012 mean?", rest).text == "Code: PAY-4012; Meaning: card declined by the bank [1]"


def test_steps_under_a_title_that_fits_come_before_remarks() -> None:
    found = answer(
        "The queue is growing, what now?",
        passage(GROWING, {"wait safely": 0.65, "stuck": 0.5}, title="Runbook: queue backlog"),
    )
    assert found.text == "If a message is stuck, move it: [1]\n\n```\nqw queue move-head emails\n```\n[1]"


def test_steps_of_one_document_come_in_its_order() -> None:
    first = passage("1. Look at the queue.\n", {"": 0.5}, title="Queue")
    second = replace(passage("1. Restart everything.\n", {"": 0.6}, number=2, title="Queue"), start=900, end=1000)
    second = replace(second, sentences=[replace(item, start=900, end=922) for item in second.sentences])
    found = answer("The queue is growing, what now?", second, first)
    assert found.text == "1. Look at the queue. [1]\n1. Restart everything. [2]"


def test_a_sentence_that_refers_back_to_the_answer_is_added() -> None:
    found = answer("May customers have their data erased?", passage(WAITING, {"delete": 0.7, "Forward": 0.1}))
    assert found.text == (
        "Customers may ask us to delete their data. [1] Forward such a request to the data officer. [1]"
    )


def test_a_sentence_about_something_else_is_left_out() -> None:
    found = answer(
        "Where is leave booked?", passage("Leave is booked online. The canteen has soup.", {"booked": 0.5, "soup": 0.3})
    )
    assert found.text == "Leave is booked online. [1]"


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


@given(st.lists(st.sampled_from([LEAVE, BOOKING, ROLLBACK, CODES, LEVELS, GROWING, REPLACED]), min_size=1, max_size=5),
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
        rendered = [" ".join(sentence.text.split()) for sentence in source.sentences]
        for part in segment.text.splitlines() if segment.text.startswith("|") else [segment.text]:
            words = " ".join(re.sub(r"^(- |\d+\. )", "", part).split())
            assert words in " ".join(source.text.split()) or words in rendered
    assert [int(number) for number in re.findall(r"\[(\d)\]", found.text)] == [s.passage_number for s in found.segments]


@pytest.mark.asyncio
async def test_the_provider_streams_the_composed_answer() -> None:
    passages = [passage(LEAVE, {"25 days": 0.7})]
    request = ModelRequest(messages=[], question="How many days?", passages=passages, searched=3)
    events = [event async for event in ExtractiveProvider().stream(request)]
    text = "".join(event.text for event in events if isinstance(event, TextDelta))
    assert text == compose("How many days?", passages, True, 3).text
    assert events[-1] == Finished("stop")
    assert ExtractiveProvider.mode == "extractive"
