"""What counts as a difference between two versions of an item."""

from datetime import date
from types import SimpleNamespace
from uuid import UUID

import pytest

from learning.differences import difference


def item(title):
    return SimpleNamespace(
        uid=UUID(int=1), title=title, kind="project", part=1, parts=1, minutes=40, date=date(2026, 1, 6), position=0
    )


@pytest.mark.parametrize(
    ("before", "after", "is_same"),
    [
        ("Project: SQL and Git", "Project: Git and SQL", True),
        ("Check: SQL, Git and Linux", "Check: Linux, SQL and Git", True),
        ("Project: SQL and Git", "Project: SQL", False),
        ("Project: SQL", "Check: SQL", False),
        ("SQL: the basics", "The basics: SQL", False),
    ],
)
def test_the_same_skills_in_another_order_are_no_change(before, after, is_same):
    found = difference([item(before)], [item(after)])

    assert found.is_empty == is_same
    assert [row["changes"] for row in found.changed] == ([] if is_same else [{"title": {"from": before, "to": after}}])
