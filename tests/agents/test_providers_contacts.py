"""Contacts are kept from a model's server and come back in what it answers, however its text is cut."""

from __future__ import annotations

import json
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from agents.providers.contacts import Contacts

ASKED = (
    "Call 0113 496 0199 or write to it@example.org, or hr@example.org; not it@example.org. Card 4111 1111 1111 1111."
)
ANSWERED = "Call [redacted-phone-3], then [redacted-email-1]; [redacted-card] [1] [redacted-email-9] [redacted-"


def asked() -> Contacts:
    contacts = Contacts()
    assert contacts.hide(ASKED) == (
        "Call [redacted-phone-3] or write to [redacted-email-1], or [redacted-email-2]; not [redacted-email-1]."
        " Card [redacted-card]."
    )
    return contacts


@given(st.lists(st.integers(min_value=0, max_value=len(ANSWERED)), max_size=8))
def test_any_cutting_gives_the_contacts_back(cuts: list[int]) -> None:
    contacts = asked()
    ends = [0, *sorted(cuts), len(ANSWERED)]
    pieces = [contacts.feed(ANSWERED[start:end]) for start, end in pairwise(ends)]
    assert "".join(pieces) + contacts.rest() == (
        "Call 0113 496 0199, then it@example.org; [redacted-card] [1] [redacted-email-9] [redacted-"
    )


def test_text_without_contacts_is_never_held_back() -> None:
    contacts = Contacts()
    contacts.hide("Nothing here, but password: hunter2hunter2")
    assert contacts.feed("see [") == "see ["


def test_only_what_may_become_a_mark_is_held_back() -> None:
    contacts = asked()
    assert [contacts.feed(piece) for piece in ("see [1", "] and [", "2] [red", "acted-email-1] ok")] == [
        "see [1", "] and ", "[2] ", "it@example.org ok",
    ]  # fmt: skip


def test_arguments_and_schemas_stay_json() -> None:
    contacts = asked()
    hidden = contacts.hide_arguments('{"to": "hr@example.org", "password": "x1y2"}')
    assert json.loads(hidden) == {"to": "[redacted-email-2]", "password": "[redacted-secret]"}
    assert json.loads(contacts.restored(hidden))["to"] == "hr@example.org"
    assert contacts.hide_arguments('{"to": hr@example.org') == '{"to": [redacted-email-2]'
    schema = {"properties": {"password": {"type": "string", "description": "of hr@example.org"}}}
    assert contacts.hide_schema(schema) == {
        "properties": {"password": {"type": "string", "description": "of [redacted-email-2]"}}
    }
