"""Steps, commands, lists and tables in answers."""

from __future__ import annotations

from dataclasses import replace

from tests.agents.extracts import answer, document, passage

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
LEVELS = "| Level | Meaning |\n|---|---|\n" + "".join(f"| L{number} | level {number} |\n" for number in range(1, 13))
GROWING = """Messages wait safely in the queue. If a message is stuck, move it:

```
qw queue move-head emails
```
"""
DISK = """# Runbook: disk full

For the alert `DiskSpaceLow`.

## How much time is left

Look at the forecast.

```
qw disk usage
```

## On a database

Find out what grew:

| Cause | What to do |
|---|---|
| logs | delete files older than two days |
| a report | cancel the query |

## Growing the volume

The safest way for all stores.

```
qw disk grow orders-db --to 700Gi
```

## Afterwards

Write down what grew and how fast.
"""
LONG = "# Setting up\n\nThe steps:\n\n" + "".join(
    f"{number}. Do thing number {number} with great care and look at what it gives before you go on.\n"
    for number in range(1, 13)
)


def test_steps_are_given_whole_and_in_order_and_cited_once() -> None:
    found = answer("How do I book leave?", passage(BOOKING, {"Enter": 0.6}))
    assert found.text == (
        "1. Check your team's calendar. It shows clashes.\n"
        "2. Enter the days in the people system.\n"
        "3. Wait for your manager. [1]"
    )


def test_steps_that_two_passages_share_begin_with_the_first() -> None:
    first, second = document(LONG, {"number 9": 0.8}, title="Setting up")[:2]
    found = answer("How do I do thing number 9?", replace(second, number=1), replace(first, number=2, relevant=False))
    assert found.text.startswith("The steps:\n\n1. Do thing number 1 with")
    lines = [line.split(".")[0] for line in found.text.splitlines() if line[:1].isdigit()]
    assert lines == [str(number) for number in range(1, len(lines) + 1)]
    assert found.text.endswith("There is more in “Setting up”. [2]")


def test_of_a_procedure_that_is_long_the_beginning_is_given() -> None:
    passages = document(LONG, {"number 2 ": 0.8}, title="Setting up")
    found = answer("How do I set this up?", *passages)
    assert "1. Do thing number 1 " in found.text
    assert "12. Do thing" not in found.text
    assert "There is more in “Setting up”." in found.text


def test_a_runbook_is_given_from_its_first_step_and_says_what_follows() -> None:
    passages = document(DISK, {"Write down": 0.7, "alert": 0.6}, title="Runbook: disk full")
    late = [passages[-1], *passages[:-1]]
    found = answer(
        "What do I do when the disk is full?",
        *(replace(each, number=number, relevant=number <= 2) for number, each in enumerate(late, 1)),
    )
    assert found.text == (
        "Under “How much time is left”: Look at the forecast. [3]\n\n"
        "```\nqw disk usage\n```\n[3]\n\n"
        "Under “On a database”: Find out what grew:\n\n"
        "| Cause | What to do |\n|---|---|\n| logs | delete files older than two days |\n| a report | cancel the query |\n"
        "[4]\n\n"
        "Under “Growing the volume”: The safest way for all stores. [5]\n\n"
        "```\nqw disk grow orders-db --to 700Gi\n```\n[5]"
    )


def test_a_paragraph_that_tells_how_is_given_from_its_beginning() -> None:
    text = "Fill in the form at https://jobs.example.com. Say how you know them. They get a message."
    found = answer("How do I recommend somebody?", passage(text, {"Say": 0.7, "form": 0.4}))
    assert found.text == "Fill in the form at https://jobs.example.com. Say how you know them. They get a message. [1]"


def test_one_item_alone_loses_its_number() -> None:
    found = answer("Who agrees to my leave?", passage(BOOKING, {"manager": 0.6}))
    assert found.text == "Wait for your manager. [1]"


def test_a_list_asked_for_is_given_whole_with_its_introduction() -> None:
    text = "These are free:\n\n- coffee\n- fruit\n\nLunch is not."
    found = answer("Which things are free?", passage(text, {"coffee": 0.6}))
    assert found.text == "These are free:\n\n- coffee\n- fruit [1]"


def test_nested_items_keep_their_place() -> None:
    text = "You need:\n\n- a laptop\n  - with a charger\n- a key\n"
    assert answer("Which things do I need?", passage(text, {"laptop": 0.6})).text == (
        "You need:\n\n- a laptop\n  - with a charger\n- a key [1]"
    )


def test_a_command_is_shown_whole_with_its_introduction() -> None:
    found = answer("Which command rolls checkout back?", passage(ROLLBACK, {"roll it back": 0.7}))
    assert found.text == (
        "If checkout fails after a release, roll it back:\n\n"
        "```bash\nqw rollback checkout --env production\n```\n[1]\n\n"
        "It takes about 90 seconds. [1]"
    )


def test_code_that_was_cut_is_put_together_again() -> None:
    lines = "".join(f"    step_{number} = call(number={number}, careful=True)\n" for number in range(9))
    passages = document(f"Run this:\n\n```python\ndef go():\n{lines}```\n", {"Run": 0.8}, title="Go", max_tokens=90)
    assert len(passages) > 1
    found = answer("How do I run this?", *passages)
    numbers = " ".join(f"[{number}]" for number in range(1, len(passages) + 1))
    assert found.text == f"Run this:\n\n```python\ndef go():\n{lines}```\n{numbers}"


def test_of_code_whose_end_is_not_at_hand_the_fence_is_closed() -> None:
    lines = "".join(f"step_{number} = call(number={number}, careful=True)\n" for number in range(9))
    first = document(f"Run this:\n\n```python\n{lines}```\n", {"Run": 0.8}, title="Go", max_tokens=90)[0]
    assert answer("How do I run this?", first).text.endswith("\n```\n[1]")


def test_steps_of_a_section_come_before_remarks() -> None:
    found = answer(
        "The queue is growing, what now?",
        passage(GROWING, {"wait safely": 0.65, "stuck": 0.5}, title="Runbook: queue backlog"),
    )
    assert found.text == (
        "Messages wait safely in the queue. If a message is stuck, move it:\n\n```\nqw queue move-head emails\n```\n[1]"
    )


def test_of_a_table_the_row_that_was_asked_for_is_shown_below_its_header() -> None:
    found = answer("What does PAY-4012 mean?", passage(CODES, {"PAY-4012": 0.5, "PAY-5030": 0.4}))
    assert found.text == "| Code | Meaning |\n|---|---|\n| PAY-4012 | card declined by the bank |\n[1]"
    assert [(segment.text, segment.passage_number) for segment in found.segments] == [
        ("| PAY-4012 | card declined by the bank |", 1)
    ]


def test_a_small_table_is_shown_whole_where_all_of_it_was_asked_for() -> None:
    found = answer("Which error codes are there?", passage(CODES, {"PAY-4012": 0.5, "PAY-5030": 0.4}))
    assert found.text == f"{CODES.strip()}\n[1]"


def test_of_a_larger_table_the_best_rows_are_shown_in_their_order() -> None:
    scores = {"L12": 0.2, "L11": 0.78, "L10": 0.2, "L7": 0.8, "L3": 0.76}
    found = answer("Which levels are there?", passage(LEVELS, scores))
    assert found.text == ("| Level | Meaning |\n|---|---|\n| L3 | level 3 |\n| L7 | level 7 |\n| L11 | level 11 |\n[1]")


def test_a_row_whose_header_is_in_another_passage_still_has_it() -> None:
    whole = passage(CODES, {"PAY-4012": 0.5})
    row = next(sentence for sentence in whole.sentences if sentence.kind == "row")
    rest = replace(whole, text=whole.text[row.start - whole.start :], start=row.start, sentences=[row])
    assert answer("What does PAY-4012 mean?", rest).text == (
        "| Code | Meaning |\n|---|---|\n| PAY-4012 | card declined by the bank |\n[1]"
    )


def test_rows_of_a_csv_file_are_shown_as_a_table() -> None:
    csv = "item,price,notes\nlaptop,900,for all\nscreen,310,\n"
    found = answer("How much is a screen?", *document(csv, {"screen": 0.6}, title="Catalogue", path="catalogue.csv"))
    assert found.text == "| item | price |\n| --- | --- |\n| screen | 310 |\n[1]"


def test_a_table_with_a_column_for_each_thing_compared_is_shown_whole() -> None:
    text = "| | Hybrid | Remote |\n|---|---|---|\n| Desk | bookable | none |\n| Office | Tuesdays | never |\n"
    found = answer("Compare hybrid and remote contracts", passage(text, {"Desk": 0.6}))
    assert found.text == f"{text}[1]"
