"""The day that a document says it is of."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.retrieval.dates import date_read, date_said
from agents.retrieval.loading import load_document

TODAY = datetime.date(2026, 11, 21)


def said(text: str = "", path: str = "notes.md", noted: tuple[str, ...] = (), **named: object) -> str | None:
    found = date_said(named, text, path, noted, today=TODAY)
    return found.isoformat() if found else None


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-03-14", "2026-03-14"), ("2026/3/14", "2026-03-14"), ("2026-03-14T10:00:00Z", "2026-03-14"),
        ("14 March 2026", "2026-03-14"), ("14th of March 2026, by ops", "2026-03-14"), ("March 14, 2026", "2026-03-14"),
        ("14-Mar-2026", "2026-03-14"), ("14. März 2026", "2026-03-14"), ("14.03.2026", "2026-03-14"),
        ("3.4.2026", "2026-04-03"), ("14/03/2026", "2026-03-14"), ("03/14/2026", "2026-03-14"),
        ("03/04/2026", None), ("2026年3月14日", "2026-03-14"), ("2026-02-30", None), ("14 Smarch 2026", None),
        ("soon", None), ("", None), ("99999999999", None),
    ],
)  # fmt: skip
def test_dates_are_read_in_the_ways_that_people_write_them(written: str, expected: str | None) -> None:
    found = date_read(written)
    assert (found.isoformat() if found else None) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Date: 14 March 2026", "2026-03-14"), ("Dated 14 March 2026", "2026-03-14"),
        ("**Last updated:** 2026-03-14", "2026-03-14"), ("*Last reviewed: 3 March 2025*", "2025-03-03"),
        ("| Last updated | 4 Jan 2024 |", "2024-01-04"), ("> Effective from: 1 May 2025", "2025-05-01"),
        ("Stand: 3. März 2025", "2025-03-03"), ("更新日：2025年3月4日", "2025-03-04"),
        ("Effective 1 March 2026 the allowance rises.", None), ("The date of the meeting is 2024-01-01.", None),
        ("Date: 2099-01-01", None), ("Date: 0999-01-01", None), ("Review date: 2027-01-01", None),
    ],
)  # fmt: skip
def test_a_labelled_opening_line_dates_a_document(line: str, expected: str | None) -> None:
    assert said(f"# Title\n\n{line}\n\nText.") == expected


def test_what_outranks_what() -> None:
    line, path = "Last updated: 2024-04-04", "archive/2023-03-03-notes.md"
    assert said(line, path, ("D:20220202",), updated=datetime.date(2025, 5, 5), date="2021-01-01") == "2025-05-05"
    assert said(line, path, ("D:20220202",), date="nonsense") == "2024-04-04"
    assert said("Date: 2020-01-01\nLast reviewed: 2020-02-02\nUpdated: 2020-03-03") == "2020-03-03"
    assert said("", path, ("D:20220202",)) == "2023-03-03"
    assert said("", "2023-03-03/20240404 plan.md") == "2024-04-04"
    assert said("", "notes.pdf", ("", "D:20220202101112+01'00'")) == "2022-02-02"
    assert said("", "SVC-20269999.md") is None


def test_a_line_far_below_says_nothing() -> None:
    assert said("\n\n".join(["Words."] * 20) + "\n\nDate: 2026-03-14") is None


@pytest.mark.parametrize(
    ("content", "path", "expected"),
    [
        (
            b"---\nlast_reviewed: 2026-03-14\ndate: 2020-01-01\nreview_date: 2027-01-01\n---\nText.",
            "a.md",
            "2026-03-14",
        ),
        (b'<meta property="article:modified_time" content="2026-03-14T09:00"><p>Text</p>', "a.html", "2026-03-14"),
        (b'<p>Text of <time datetime="2026-03-14">March</time></p>', "a.html", "2026-03-14"),
        (b":date: 2026-03-14\n\nText\n====\n\nWords.\n", "a.rst", "2026-03-14"),
        (b"a,b\n1,2\n", "rates-2026-03-14.csv", "2026-03-14"),
        (b"Last updated: 14 March 2026\n\nText.", "a.txt", "2026-03-14"),
        (b"---\nreview_date: 2027-01-01\n---\nText.", "a.md", None),
    ],
)
def test_every_format_gives_its_date(content: bytes, path: str, expected: str | None) -> None:
    assert load_document(content, path).metadata.get("date") == expected


@given(st.text(max_size=60))
def test_any_value_is_a_date_or_none(value: str) -> None:
    assert date_read(value) is None or isinstance(date_read(value), datetime.date)
