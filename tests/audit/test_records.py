"""Ledger records: canonical, authentic, append-only, and free of secrets."""

from __future__ import annotations

import json

import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from audit.canonical import canonical_bytes, commitment
from audit.models import LedgerIsAppendOnly, PersonalText, Record
from audit.redaction import redact
from audit.selectors import record_as_json, record_is_authentic
from audit.services import record

SCALARS = st.none() | st.booleans() | st.integers() | st.text()
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@pytest.mark.django_db
def test_a_record_holds_what_happened_and_is_authentic() -> None:
    row = record(event="test.happened", organization_id="o", actor_id="a", subject=("run", "7"), data={"count": 3})
    row.refresh_from_db()
    shown = record_as_json(row)
    assert (shown["event"], shown["subject"], shown["data"]) == (
        "test.happened",
        {"type": "run", "id": "7"},
        {"count": 3},
    )
    assert shown["authentic"] is True


@pytest.mark.django_db
def test_personal_text_stands_apart_bound_by_a_commitment() -> None:
    row = record(event="test.asked", actor_id="a", personal={"question": "Where is the key?"})
    text = PersonalText.objects.get(record=row)
    body = json.loads(bytes(row.body))
    assert "Where is" not in bytes(row.body).decode()
    assert body["texts"]["question"] == commitment(bytes(text.salt), text.text)
    assert commitment(bytes(text.salt), text.text + "!") != body["texts"]["question"]


@pytest.mark.django_db
def test_an_edited_record_is_no_longer_authentic(triggers_off: None) -> None:
    row = record(event="test.happened", data={"amount": 1})
    edited = bytes(row.body).replace(b'"amount":1', b'"amount":2')
    with connection.cursor() as cursor:
        cursor.execute("UPDATE audit_record SET body = %s WHERE event = 'test.happened'", [edited])
    row.refresh_from_db()
    assert record_is_authentic(row) is False


@pytest.mark.django_db
def test_records_cannot_be_changed_or_deleted() -> None:
    row = record(event="test.happened")
    for forbidden in (
        row.save,
        row.delete,
        Record.objects.all().delete,
        lambda: Record.objects.update(event="x"),
        lambda: Record.objects.bulk_update([row], ["event"]),
    ):
        with pytest.raises(LedgerIsAppendOnly):
            forbidden()
    assert Record.objects.get().event == "test.happened"


@pytest.mark.django_db
def test_a_record_shares_its_callers_fate() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        record(event="test.undone")
        raise ZeroDivisionError
    assert Record.objects.count() == 0


@given(VALUES)
def test_canonical_bytes_are_json_with_the_same_meaning(value: object) -> None:
    try:
        raw = canonical_bytes(value)
    except UnicodeEncodeError:
        return
    assert json.loads(raw) == value
    assert canonical_bytes(json.loads(raw)) == raw


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("write to ann.other@example.org now", "email"),
        ("card 4111 1111 1111 1111 please", "card"),
        ("key sk-abcdefghijklmnopqrstuvwx", "key"),
        ("AKIAABCDEFGHIJKLMNOP", "key"),
        ("password: hunter2hunter2", "secret"),
        ("call +44 20 7946 0958", "phone"),
        ("ssn 078-05-1120", "national-id"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0abc.c2lnbmF0dXJlMTIz", "token"),
    ],
)
def test_secrets_and_personal_data_are_redacted(text: str, kind: str) -> None:
    redacted = redact(text)
    assert f"[redacted-{kind}]" in redacted.text
    assert redacted.counts == {kind: 1}


@pytest.mark.parametrize(
    "text", ["order 1234567812345678", "released 2026-11-21 at 10:00", "version 1.2.3", "SEV1 INC-1187"]
)
def test_ordinary_text_stays(text: str) -> None:
    assert redact(text).text == text


@given(st.text(max_size=500))
def test_redaction_is_stable(text: str) -> None:
    once = redact(text).text
    assert redact(once).text == once
