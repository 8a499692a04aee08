"""Passages with what completes them, from the index to the answer."""

from __future__ import annotations

from datetime import date

import pytest

from agents.knowledge.passages import passages_completed, passages_of
from agents.providers.base import Passage
from agents.providers.extraction import compose
from agents.runtime.state import TurnState
from tests.agents.knowledge_index import OURS, THEIRS, found, index

pytestmark = pytest.mark.django_db(databases=["default", "retrieval"])

STEPS = "".join(
    f"{number}. Turn the wheel number {number} slowly until the needle of its gauge stands still, and write down what you "
    "read in the book that lies beside the door of the engine room.\n"
    for number in range(1, 19)
)
ENGINE = f"# Engine room\n\n## Starting the engine\n\nFrom the front to the back:\n\n{STEPS}\n## Cleaning\n\nUse oil.\n"
DISK = """# Runbook: disk full

For the alert `DiskSpaceLow`, when a disk is full.

## How much time is left

Look at the forecast of the disk, then at what is on it:

```
qw disk usage
```

## Growing the volume

It can't be undone.

```
qw disk grow orders-db --to 700Gi
```

## Afterwards

When the disk was full, write down what grew and how fast the disk became full.
"""


def completed(question: str, *, shown: int = 1) -> list[Passage]:
    result = found(question)
    passages = passages_of(result.hits[:shown], {})
    return passages_completed(passages, organization_id=OURS, question=question, index_version=result.index_version)


def test_steps_are_completed_from_the_first() -> None:
    index(ENGINE, "engine.md")
    question = "How do I turn the wheel number 17 when starting the engine?"
    (hit,) = passages_of(found(question).hits[:1], {})
    assert "17. Turn" in hit.text
    assert "\n2. Turn" not in hit.text
    passages = completed(question)
    assert {passage.heading for passage in passages} == {"Engine room > Starting the engine"}
    assert [passage.number for passage in passages] == list(range(1, len(passages) + 1))
    assert [passage.relevant for passage in passages] == [True] + [False] * (len(passages) - 1)
    assert compose(question, passages, True, 9).text.startswith(
        "From the front to the back:\n\n1. Turn the wheel number 1 "
    )


def test_a_runbook_is_answered_from_its_first_step_whichever_part_was_found() -> None:
    index(DISK, "disk.md")
    question = "What do I do when the disk is full?"
    found_alone = [
        passage for passage in passages_of(found(question).hits, {}) if passage.heading.endswith("Afterwards")
    ]
    passages = passages_completed(
        found_alone, organization_id=OURS, question=question, index_version=found(question).index_version
    )
    assert compose(question, passages, True, 9).text == (
        "Under “How much time is left”: Look at the forecast of the disk, then at what is on it:\n\n"
        "```\nqw disk usage\n```\n[3]\n\n"
        "Under “Growing the volume”: It can't be undone. [4]\n\n"
        "```\nqw disk grow orders-db --to 700Gi\n```\n[4]"
    )


def test_a_question_for_a_fact_brings_no_other_sections() -> None:
    index(DISK, "disk.md")
    passages = completed("Which alert says that a disk is full?")
    assert len(passages) == 1


def test_another_organisations_passages_complete_nothing() -> None:
    index(ENGINE, "engine.md", organization_id=THEIRS, document_id="engine.md")
    index(ENGINE.split("2. Turn", maxsplit=1)[0], "engine.md", document_id="engine.md")
    passages = completed("How do I turn the wheel number 1 when starting the engine?")
    assert all("2. Turn" not in passage.text for passage in passages)


def test_a_version_that_is_gone_completes_nothing() -> None:
    index(ENGINE, "engine.md")
    passages = passages_of(found("How do I start the engine?").hits[:1], {})
    assert passages_completed(passages, organization_id=OURS, question="How?", index_version="gone") == passages


def test_the_day_of_a_document_reaches_the_passage_and_survives_a_parked_turn() -> None:
    index(DISK, "disk.md", dated=date(2026, 3, 1))
    passages = completed("What do I do when the disk is full?")
    assert {passage.dated for passage in passages} == {date(2026, 3, 1)}
    assert {sentence.kind for passage in passages for sentence in passage.sentences} >= {"prose", "code"}
    state = TurnState(passages=passages)
    assert TurnState.from_json(state.as_json()) == state
