"""Ledger records: canonical, authentic, append-only, and free of secrets."""

from __future__ import annotations

import json

import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from audit.canonical import canonical_bytes, commitment
from audit.models import LedgerIsAppendOnly, PersonalText, Record
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


@pytest.mark.django_db
def test_data_is_redacted_however_deep_and_ids_survive() -> None:
    kept = {
        "id": "a1b2c3d4-1234-4321-8765-123456789012",
        "user": "user_abcdefghij234567abcd",
        "digest": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        "at": "2026-11-21T23:02:31.123456+00:00",
        "version": "1.2.3",
        "address": "10.0.0.12",
        "order": 1234567812345678,
        "share": 0.25,
        "missing": None,
    }
    said = {"arguments": [{"query": "mail ann@example.org", "password": "hunter2", "card": 4111111111111111}]}
    row = record(event="test.called", data={**kept, **said, "call ann@example.org": True})
    body = json.loads(bytes(row.body))
    assert body["data"] == {
        **kept,
        "share": "0.25",
        "arguments": [{"query": "mail [redacted-email]", "password": "[redacted-secret]", "card": "[redacted-card]"}],
        "call [redacted-email]": True,
    }
    assert body["redactions"] == {"data": {"email": 2, "secret": 1, "card": 1}}


@pytest.mark.django_db
def test_texts_about_another_person_are_theirs() -> None:
    record(event="test.named", actor_id="admin", person_id="ann", personal={"name": "Ann"})
    record(event="test.said", actor_id="admin", personal={"note": "Welcome"})
    assert json.loads(bytes(Record.objects.get(event="test.named").body))["person_id"] == "ann"
    assert dict(PersonalText.objects.values_list("text", "person_id")) == {"Ann": "ann", "Welcome": "admin"}
