"""Documents that disagree, and documents of which the newest counts."""

from __future__ import annotations

from datetime import date

from tests.agents.extracts import answer, document, passage

OLD, NEW = date(2024, 5, 3), date(2026, 3, 1)


def test_documents_that_disagree_are_both_shown_the_newest_first() -> None:
    found = answer(
        "How many days of leave do I get?",
        passage("Employees get 25 days of leave a year.", {"25": 0.8}, title="Handbook", dated=OLD),
        passage(
            "Every employee gets 28 days of leave a year.", {"28": 0.75}, number=2, title="Leave policy", dated=NEW
        ),
    )
    assert found.text == (
        "The documents disagree.\n\n"
        "“Leave policy” (1 March 2026): Every employee gets 28 days of leave a year. [2]\n\n"
        "“Handbook” (3 May 2024): Employees get 25 days of leave a year. [1]"
    )
    assert found.answered


def test_rows_that_disagree_are_shown_as_tables() -> None:
    table = "| Item | Price |\n|---|---|\n| laptop | £{} |\n| screen | £310 |\n"
    found = answer(
        "How much does a laptop cost?",
        passage(table.format(900), {"laptop": 0.8}, title="Catalogue", dated=NEW),
        passage(table.format(950), {"laptop": 0.8}, number=2, title="Old catalogue", dated=OLD),
    )
    assert found.text == (
        "The documents disagree.\n\n"
        "“Catalogue” (1 March 2026):\n\n| Item | Price |\n|---|---|\n| laptop | £900 |\n[1]\n\n"
        "“Old catalogue” (3 May 2024):\n\n| Item | Price |\n|---|---|\n| laptop | £950 |\n[2]"
    )


def test_rows_of_different_things_are_no_contradiction() -> None:
    table = "| Milestone | Date |\n|---|---|\n| {} | {} |\n"
    found = answer(
        "When is the milestone design agreed?",
        passage(table.format("design agreed", "14 August 2026"), {"design": 0.8}, title="Checkout"),
        passage(table.format("new design agreed on", "2 October 2026"), {"design": 0.8}, number=2, title="Search"),
    )
    assert not found.text.startswith("The documents disagree")


def test_one_allows_what_the_other_forbids() -> None:
    found = answer(
        "Can I use private laptops for work?",
        passage("Private laptops may be used for work.", {"may": 0.8}, title="Remote work"),
        passage("Private laptops must not be used for work.", {"must": 0.8}, number=2, title="Equipment", dated=NEW),
    )
    assert found.text == (
        "The documents disagree.\n\n"
        "“Equipment” (1 March 2026): Private laptops must not be used for work. [2]\n\n"
        "“Remote work”: Private laptops may be used for work. [1]"
    )


def test_values_of_different_things_are_no_contradiction() -> None:
    found = answer(
        "How long are logs kept?",
        passage("Logs are kept for 30 days.", {"Logs": 0.8}, title="Logs"),
        passage("Traces are kept for 7 days.", {"Traces": 0.7}, number=2, title="Traces"),
    )
    assert found.text == "Logs are kept for 30 days. [1]"


def test_two_values_in_one_document_are_no_contradiction() -> None:
    text = "# Leave\n\nYou get 25 days of leave a year.\n\n## Apprentices\n\nYou get 28 days of leave a year.\n"
    found = answer("How many days of leave do I get?", *document(text, {"25": 0.8, "28": 0.7}))
    assert not found.text.startswith("The documents disagree")


def test_what_a_newer_document_repeats_is_quoted_from_it() -> None:
    found = answer(
        "How many days of leave do I get?",
        passage("Employees get 25 days of leave a year.", {"25": 0.8}, title="Policy 2024", dated=OLD),
        passage("All employees get 25 days of leave a year.", {"25": 0.78}, number=2, title="Policy 2026", dated=NEW),
    )
    assert found.text == "All employees get 25 days of leave a year. [2]"


def test_where_the_latest_was_asked_for_the_newest_document_comes_first() -> None:
    found = answer(
        "What was the latest incident?",
        passage("In this incident shoppers could not pay.", {"pay": 0.7}, title="Incident in May", dated=OLD),
        passage("In this incident search was slow.", {"search": 0.65}, number=2, title="Incident in March", dated=NEW),
    )
    assert found.segments[-1].passage_number == 2
    assert "search was slow" in found.text.partition("[2]")[0]
