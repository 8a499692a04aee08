"""The database itself refuses to change the ledger, asked by plain SQL or by the ORM."""

from __future__ import annotations

import uuid

import pytest
from django.db import DatabaseError, connection, models, transaction
from django.utils import timezone

from audit import triggers
from audit.models import Leaf, PersonalText, Pruned, Record, TreeHead, TreeNode
from audit.services import record
from tests.audit.tampering import sql

pytestmark = pytest.mark.django_db


@pytest.fixture
def row() -> Record:
    row = record(event="test.happened")
    Leaf.objects.create(seq=0, record_id=row.id, hash=b"h" * 32)
    TreeNode.objects.create(level=8, index=0, hash=b"h" * 32)
    TreeHead.objects.create(size=1, root=b"h" * 32, at=timezone.now(), key_id="k", signature=b"s" * 64)
    return row


@pytest.mark.parametrize(
    ("table", "column"),
    [("record", "event"), ("leaf", "hash"), ("treenode", "hash"), ("treehead", "root"), ("pruned", "summary_id")],
)
def test_update_and_delete_are_refused(row: Record, table: str, column: str) -> None:
    Pruned.objects.create(seq=7, summary_id=uuid.uuid4())
    statements = [f"UPDATE audit_{table} SET {column} = {column}", f"DELETE FROM audit_{table}"]
    if connection.vendor == "postgresql":
        statements.append(f"TRUNCATE audit_{table} CASCADE")
    for statement in statements:
        with pytest.raises(DatabaseError, match=r"The ledger is append-only\."), transaction.atomic():
            sql(statement)
    assert (Record.objects.get().event, Leaf.objects.count(), TreeHead.objects.count()) == ("test.happened", 1, 1)


def test_personal_texts_may_be_erased_but_not_changed() -> None:
    text = record(event="test.said", personal={"note": "hello"}).texts.get()
    for column in ("text", "salt", "name", "person_id", "record_id"):
        with pytest.raises(DatabaseError, match=r"The ledger is append-only\. UPDATE of"), transaction.atomic():
            sql(f"UPDATE audit_personaltext SET {column} = {column}")
    text.text = "goodbye"
    with pytest.raises(DatabaseError), transaction.atomic():
        text.save()
    assert PersonalText.objects.get().text == "hello"
    assert PersonalText.objects.all().delete()[0] == 1


def test_the_orm_is_refused_too(row: Record) -> None:
    plain = models.QuerySet(Record)
    for forbidden in (plain.delete, lambda: plain.update(event="x"), lambda: plain._raw_delete("default")):
        with pytest.raises(DatabaseError, match=r"The ledger is append-only\."), transaction.atomic():
            forbidden()
    assert Record.objects.get().event == "test.happened"


def test_a_record_may_go_once_retention_says_so(row: Record) -> None:
    other = record(event="test.stays")
    Leaf.objects.create(seq=1, record_id=other.id, hash=b"i" * 32)
    Pruned.objects.create(seq=0, summary_id=uuid.uuid4())
    assert Record.objects.filter(pk=row.pk)._raw_delete("default") == 1
    with pytest.raises(DatabaseError), transaction.atomic():
        Record.objects.filter(pk=other.pk)._raw_delete("default")
    assert Record.objects.get() == other


@pytest.mark.skipif(connection.vendor != "postgresql", reason="triggers can't be dropped in a transaction of MySQL")
def test_missing_and_disabled_triggers_are_told_and_made_again() -> None:
    assert triggers.missing() == []
    sql("DROP TRIGGER audit_leaf_update_refused ON audit_leaf")
    sql("ALTER TABLE audit_record DISABLE TRIGGER audit_record_truncate_refused")
    assert triggers.missing() == ["audit_leaf_update_refused", "audit_record_truncate_refused"]
    triggers.install("default")
    assert triggers.missing() == []
