"""Comparing a question with passages word by word, and the verdict that is made of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.embeddings.base import Question
from agents.embeddings.token_vectors import NONE, WIDTH
from agents.retrieval.calibration import FITTED, calibration_from
from agents.retrieval.closeness import closeness, content_words, without_redactions, words_seen
from agents.retrieval.explain import hit_reasons, verdict_reasons
from agents.retrieval.verdict import ALL_NAMED, Calibration, PassageSignals, signals_of
from tests.agents.knowledge_index import DEPLOY, LEAVE, found, index


def unit(*places: int) -> np.ndarray:
    """A row for each place, with a one there."""
    return np.eye(WIDTH, dtype=np.float32)[list(places)]


def stored(*places: int) -> np.ndarray:
    return (unit(*places) * 127).astype(np.int8)


def words(text: str) -> list[str]:
    return [text[start:end] for start, end in content_words(text)]


def test_each_word_takes_its_best_match_in_each_passage() -> None:
    text = "sick dogs"
    question = Question(unit(0)[0], unit(1, 2, 3), [(0, 4), (5, 8), (8, 9)])
    near, half, empty = closeness(question, content_words(text), [stored(3, 2, 1), stored(9, 1, 2), NONE])
    assert near.words == pytest.approx((1, 1))
    # "dogs" is two tokens, of which one is there.
    assert half.words == pytest.approx((1, 0.5))
    assert half.tokens == pytest.approx(2 / 3)
    assert (empty.words, empty.tokens, empty.content) == ((0, 0), 0, 0)


def test_content_words_are_those_of_the_sentence_that_asks() -> None:
    assert words("How do I renew the api-gateway certificate?") == ["renew", "api-gateway", "certificate"]
    assert words("We had an outage. Who writes the postmortem? Thanks.") == ["writes", "postmortem"]
    assert words("What is it?") == ["What", "is", "it"]
    assert words("disk full") == ["disk", "full"]
    assert words("?!") == []


def test_of_a_question_longer_than_the_model_reads_the_seen_words_count() -> None:
    text = "alpha beta gamma"
    assert words_seen(Question(unit(0)[0], unit(1, 2), [(0, 5), (6, 10)]), text) == [(0, 5), (6, 10)]
    assert words_seen(Question(unit(0)[0], unit(1), [(0, 0)]), text) == [(0, 5)]


def test_marks_of_redaction_are_left_out() -> None:
    assert without_redactions("Charge [redacted-card] to [team]  [redacted-email]") == "Charge to [team]"


@given(st.text(max_size=200))
def test_any_text_has_content_words_in_order(text: str) -> None:
    spans = content_words(text)
    assert all(start < end <= len(text) for start, end in spans)
    assert spans == sorted(spans)


@given(st.integers(1, 5), st.integers(1, 8), st.integers(0, 6))
def test_closeness_is_a_cosine_whatever_the_numbers(tokens: int, passages: int, length: int) -> None:
    random = np.random.default_rng(tokens * 100 + passages * 10 + length)
    rows = random.normal(size=(tokens, WIDTH)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    stored_rows = [np.rint(rows[random.integers(0, tokens, length)] * 127).astype(np.int8) for _ in range(passages)]
    close = closeness(Question(rows[0], rows, [(k, k + 1) for k in range(tokens)]), [(0, 1)], stored_rows)
    assert len(close) == passages
    assert all(-1.02 <= value <= 1.02 for one in close for value in (one.tokens, *one.words))


def test_signals_take_the_best_passage_for_each_but_the_first_for_the_weakest_words() -> None:
    first = PassageSignals((0.9, 0.4, 0.2, 0.8), (True, False, False, False), 1.0, identifier=False)
    second = PassageSignals((0.9, 0.9, 0.9, 0.6), (True, True, True, False), 2.0, identifier=True)
    signals = signals_of([first, second], unknown=True)
    assert signals.weakest == pytest.approx(0.3)
    assert signals.paraphrased == pytest.approx(0.6)
    assert (signals.named, signals.standing_out, signals.identifier) == (0.75, 2.0, 1.0)
    assert (signals.unknown, signals.length) == (1.0, 4.0)


def test_a_passage_with_all_words_needs_no_paraphrase() -> None:
    signals = signals_of([PassageSignals((0.7,) * 20, (True,) * 20, 0.0, identifier=False)], unknown=False)
    assert (signals.paraphrased, signals.length) == (ALL_NAMED, 12)


def test_closer_words_never_make_an_answer_less_likely() -> None:
    calibration = calibration_from(FITTED)
    odds = [
        calibration.log_odds(
            signals_of([PassageSignals((close,) * 3, (False,) * 3, 2.0, identifier=False)], unknown=False)
        )
        for close in (0.2, 0.4, 0.6, 0.8)
    ]
    assert odds == sorted(odds)
    assert odds[0] < calibration.answerable < odds[-1]


def test_a_broken_calibration_is_refused() -> None:
    with pytest.raises(KeyError):
        Calibration.from_json({"weights": {}, "bias": 0, "answerable": 0, "relevant": 0})


@pytest.mark.django_db(databases=["default", "retrieval"])
def test_reasons_name_the_words_that_were_found_near_and_missing() -> None:
    index(LEAVE, "leave.md")
    index(DEPLOY, "deploy.md")
    result = found("How many vacation days does a giraffe get?")
    assert result.hits[0].path == "leave.md"
    assert hit_reasons(result.hits[0])[0] == "It has these words of the question: days."
    assert "Nothing in it is close to: giraffe." in [
        reason.replace("many, ", "") for reason in hit_reasons(result.hits[0])
    ]
    assert "“giraffe”" in verdict_reasons(result)[0]
    assert verdict_reasons(found("")) == []
