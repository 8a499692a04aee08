"""Whatever somebody does to the ledger's tables with raw SQL, verification names the first record that isn't as it was."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction

from audit import heads, sealing
from audit.canonical import authentication_code, canonical_bytes, key_id
from audit.merkle import leaf_hash
from audit.models import Leaf, Pruned, Record, TreeHead, Unsealed
from audit.services import record
from audit.verification import Report, verify
from tests.audit.tampering import sql

pytestmark = pytest.mark.django_db

# Leaves of the ledger below: one full block of the tree, then three heads of their own.
SEALED = 260
EDITED, OTHER = 257, 258
OTHER_KEY = "another key of thirty-two characters and more"


@pytest.fixture
def ledger(triggers_off: None) -> list[Record]:
    """Sealed records, the last four each under a head of its own, and two that wait. Each third has two texts."""
    rows = [made(number) for number in range(SEALED - 4)]
    sealing.seal_all()
    for number in range(SEALED - 4, SEALED):
        rows.append(made(number))
        sealing.seal_all()
    return [*rows, made(SEALED), made(SEALED + 1)]


def made(number: int) -> Record:
    texts = {"question": f"How many days, {number}?", "answer": "25."} if number % 3 == 2 else {}
    return record(
        event="test.happened", organization_id="o", actor_id="a", subject=("run", number), trace_id="t",
        data={"number": number}, personal=texts,
    )  # fmt: skip


@contextmanager
def undone() -> Iterator[None]:
    # Not an atomic block: the sealer refuses to work in one.
    savepoint = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(savepoint)


def pk(row: Record) -> Any:
    """A record's id as raw SQL takes it."""
    return Record._meta.pk.get_db_prep_value(row.pk, connection)


def edit(row: Record, column: str, value: Any) -> None:
    assert sql(f"UPDATE audit_record SET {column} = %s WHERE id = %s", value, pk(row)) == 1


def bad(report: Report) -> tuple[Any, Any]:
    assert (report.state, report.first_bad is not None) == ("tampered", True), report
    return report.first_bad["seq"], report.first_bad["record_id"]


def first_bad_after(attack: Callable[[], Any], **given: Any) -> tuple[Any, Any]:
    """Leaf and record that verification names after an attack, which is undone."""
    with undone():
        attack()
        return bad(verify(**given))


def test_an_untouched_ledger_is_sound(ledger: list[Record]) -> None:
    report = verify()
    assert (report.state, report.checked, report.first_bad) == ("sound", SEALED + 2, None)
    assert report.head == heads.as_json(heads.latest())
    assert report.warnings == ["2 records wait for the sealer: nothing proves yet that they stay."]
    unproven = "The tail is unproven without a saved head: it could have been cut and written anew."
    assert verify(saved_heads=[]).warnings == [*report.warnings, unproven]
    older = [heads.as_json(TreeHead.objects.get(size=SEALED - 1))]
    assert "from leaf 259 on" in verify(saved_heads=older).warnings[1]
    assert verify(from_seq=256).checked == 6
    assert verify(organization_id="o").checked == SEALED + 2
    assert verify(organization_id="none of it").checked == 0
    late = verify(seconds=0)
    assert (late.state, late.first_bad) == ("unchecked", None)


def test_every_column_of_a_record_counts(ledger: list[Record]) -> None:
    row, waiting = ledger[EDITED], ledger[SEALED]
    changes = {
        "at": waiting.at, "event": "test.other", "organization_id": "p", "actor_id": "b", "subject_type": "user",
        "subject_id": "8", "trace_id": "u", "body": bytes(row.body).replace(b"257", b"258"), "key_id": "0" * 16,
        "code": "0" * 64,
    }  # fmt: skip
    assert {*changes, "id"} == {field.column for field in Record._meta.concrete_fields}
    for column, value in changes.items():
        named = first_bad_after(lambda column=column, value=value: edit(row, column, value))
        assert (column, *named) == (column, EDITED, str(row.pk))
        if column != "at":
            named = first_bad_after(lambda column=column, value=value: edit(waiting, column, value))
            assert (column, *named) == (column, None, str(waiting.pk))
    stranger = uuid.uuid4()
    assert first_bad_after(lambda: edit(row, "id", pk(Record(id=stranger)))) == (EDITED, str(row.pk))
    both = lambda: (edit(ledger[OTHER], "code", "0" * 64), edit(row, "event", "test.other"))  # noqa: E731
    assert first_bad_after(both) == (EDITED, str(row.pk))
    assert first_bad_after(both, organization_id="o") == (EDITED, str(row.pk))


def delete(row: Record) -> None:
    sql("DELETE FROM audit_personaltext WHERE record_id = %s", pk(row))
    sql("DELETE FROM audit_record WHERE id = %s", pk(row))


def test_records_deleted_and_inserted(ledger: list[Record]) -> None:
    row, waiting = ledger[EDITED], ledger[SEALED]

    def insert(*, queued: bool, replayed: bool = False) -> None:
        copy = Record.objects.get(pk=row.pk)
        copy.pk, copy._state.adding = uuid.UUID(int=7), True
        if not replayed:
            body = canonical_bytes({"forged": True})
            copy.body, copy.code = body, authentication_code(OTHER_KEY, body)
        copy.save()
        if queued:
            Unsealed.objects.create(record_id=copy.pk)

    assert first_bad_after(lambda: delete(row)) == (EDITED, str(row.pk))
    assert first_bad_after(lambda: delete(waiting)) == (None, str(waiting.pk))
    for queued in (True, False):
        for replayed in (True, False):
            attack = lambda queued=queued, replayed=replayed: insert(queued=queued, replayed=replayed)  # noqa: E731
            assert first_bad_after(attack) == (None, str(uuid.UUID(int=7)))


def test_records_reordered_and_signed_by_other_keys(ledger: list[Record]) -> None:
    row, other = ledger[EDITED], ledger[OTHER]
    named = (EDITED, str(row.pk))

    def swap(column: str) -> None:
        values = [Record.objects.values_list(column, flat=True).get(pk=each.pk) for each in (other, row)]
        edit(row, column, values[0])
        edit(other, column, values[1])

    def swap_leaves(columns: str) -> None:
        pair = [Leaf.objects.get(seq=seq) for seq in (EDITED, OTHER)]
        sql("DELETE FROM audit_leaf WHERE seq IN (%s, %s)", EDITED, OTHER)
        for leaf, twin in (pair, pair[::-1]):
            given = {"record_id": twin.record_id, "hash": twin.hash if columns == "all" else leaf.hash}
            Leaf.objects.create(seq=leaf.seq, **given)

    def sign_anew(name: str) -> None:
        edit(row, "code", authentication_code(OTHER_KEY, bytes(row.body)))
        edit(row, "key_id", name)

    assert first_bad_after(lambda: swap("body")) == named
    assert first_bad_after(lambda: swap("at")) == named
    assert first_bad_after(lambda: swap_leaves("record_id")) == (EDITED, str(other.pk))
    assert first_bad_after(lambda: swap_leaves("all")) == (EDITED, str(other.pk))
    assert first_bad_after(lambda: sign_anew(key_id(OTHER_KEY))) == named
    assert first_bad_after(lambda: sign_anew(row.key_id)) == named


def test_leaves_nodes_and_heads(ledger: list[Record]) -> None:
    row, newest = ledger[EDITED], ledger[SEALED - 1]
    forged = b"f" * 32
    attacks: list[tuple[tuple[int, Record], str]] = [
        ((EDITED, row), f"UPDATE audit_leaf SET hash = %s WHERE seq = {EDITED}"),
        ((SEALED - 1, newest), f"UPDATE audit_treehead SET root = %s WHERE size = {SEALED}"),
        ((SEALED - 1, newest), f"UPDATE audit_treehead SET signature = %s WHERE size = {SEALED}"),
        ((EDITED, row), f"UPDATE audit_treehead SET root = %s WHERE size = {EDITED + 1}"),
        ((0, ledger[0]), "UPDATE audit_treenode SET hash = %s"),
    ]
    for (seq, expected), statement in attacks:
        assert first_bad_after(lambda statement=statement: sql(statement, forged)) == (seq, str(expected.pk)), statement
    others: list[tuple[int | None, Record | None, str]] = [
        (EDITED, row, f"UPDATE audit_leaf SET record_id = '{uuid.UUID(int=7).hex}' WHERE seq = {EDITED}"),
        (EDITED, None, f"UPDATE audit_leaf SET seq = 999 WHERE seq = {EDITED}"),
        (EDITED, None, f"DELETE FROM audit_leaf WHERE seq = {EDITED}"),
        (SEALED - 1, None, f"DELETE FROM audit_leaf WHERE seq = {SEALED - 1}"),
        (SEALED - 1, newest, f"DELETE FROM audit_treehead WHERE size = {SEALED}"),
        (0, ledger[0], "DELETE FROM audit_treehead"),
        (SEALED - 1, newest, f"UPDATE audit_treehead SET key_id = 'k' WHERE size = {SEALED}"),
        (SEALED - 1, newest, f"UPDATE audit_treehead SET at = '2020-01-01' WHERE size = {SEALED}"),
        (EDITED, row, f"UPDATE audit_treehead SET size = 999 WHERE size = {EDITED + 1}"),
        (0, ledger[0], "DELETE FROM audit_treenode"),
        (0, ledger[0], "UPDATE audit_treenode SET level = 16"),
    ]
    for seq, record_named, statement in others:
        with undone():
            sql(statement)
            found = bad(verify())
        if statement.startswith("UPDATE audit_leaf SET record_id"):
            assert found == (EDITED, str(uuid.UUID(int=7)))
        else:
            assert found == (seq, str(record_named.pk) if record_named else None), statement
    index = connection.ops.quote_name("index")
    stray = f"INSERT INTO audit_treenode (level, {index}, hash) VALUES (8, 1, %s)"
    assert first_bad_after(lambda: sql(stray, forged)) == (None, None)
    leaf = lambda: Leaf.objects.create(seq=SEALED, record_id=ledger[SEALED].pk, hash=forged)  # noqa: E731
    assert first_bad_after(leaf) == (SEALED, str(ledger[SEALED].pk))


def test_a_cut_ledger_is_proven_by_a_saved_head_alone(ledger: list[Record]) -> None:
    saved = heads.as_json(heads.latest())
    with undone():
        for seq in range(EDITED, SEALED):
            delete(ledger[seq])
        sql("DELETE FROM audit_leaf WHERE seq >= %s", EDITED)
        sql("DELETE FROM audit_treehead WHERE size > %s", EDITED)
        without = verify(saved_heads=[])
        assert (without.state, without.checked) == ("sound", EDITED + 2)
        assert "The tail is unproven" in without.warnings[1]
        assert bad(verify(saved_heads=[saved])) == (EDITED, None)
        # Sealed again by somebody who took the saved heads away too, other records stand where the old ones stood.
        kept = heads.saved_path().read_bytes()
        heads.saved_path().unlink()
        for number in range(5):
            made(number)
        sealing.seal_all()
        assert verify(saved_heads=[]).state == "sound"
        assert bad(verify(saved_heads=[saved]))[0] == EDITED
    heads.saved_path().write_bytes(kept)
    unsigned = {**saved, "signature": "00" * 64}
    assert bad(verify(saved_heads=[unsigned])) == (None, None)
    with undone():
        sql("DELETE FROM audit_treehead WHERE size = %s", SEALED - 1)
        assert verify(saved_heads=[saved]).state == "sound"
        assert bad(verify())[0] == SEALED - 2


def test_texts_and_the_queue(ledger: list[Record]) -> None:
    row, waiting = ledger[EDITED], ledger[SEALED + 1]
    assert row.texts.count() == 2
    named = (EDITED, str(row.pk))
    where = "WHERE record_id = %s AND name = 'question'"
    changes = {"text": "Another?", "salt": b"s" * 32, "name": "note", "person_id": "b", "record_id": pk(ledger[OTHER])}
    for column, value in changes.items():
        attack = lambda column=column, value=value: sql(  # noqa: E731
            f"UPDATE audit_personaltext SET {column} = %s {where}", value, pk(row)
        )
        expected = (OTHER, str(ledger[OTHER].pk)) if column == "record_id" else named
        assert first_bad_after(attack) == expected, column
    inserted = "INSERT INTO audit_personaltext (record_id, name, person_id, salt, text) VALUES (%s, 'x', '', %s, 'y')"
    assert first_bad_after(lambda: sql(inserted, pk(row), b"s" * 32)) == named
    alone = uuid.UUID(int=7)
    assert first_bad_after(lambda: sql(inserted, pk(Record(id=alone)), b"s" * 32)) == (None, str(alone))
    with undone():
        sql("DELETE FROM audit_personaltext")
        assert verify().state == "sound"

    queue = "WHERE record_id = %s"
    stranger = Unsealed._meta.get_field("record_id").get_db_prep_value(uuid.UUID(int=7), connection)
    assert first_bad_after(lambda: sql(f"DELETE FROM audit_unsealed {queue}", pk(waiting))) == (None, str(waiting.pk))
    attack = lambda: sql(f"UPDATE audit_unsealed SET record_id = %s {queue}", stranger, pk(waiting))  # noqa: E731
    assert first_bad_after(attack)[0] is None
    for again in (row, waiting):
        twice = lambda again=again: Unsealed.objects.create(record_id=again.pk)  # noqa: E731
        assert first_bad_after(twice) == (None, str(again.pk))
    # The sealer notes what was gone when its turn came.
    with undone():
        sql("DELETE FROM audit_record WHERE id = %s", pk(ledger[SEALED]))
        sealing.seal_all()
        told = Record.objects.get(event="audit.record_missing")
        assert bad(verify()) == (SEALED + 1, str(told.pk))


def test_only_what_a_sealed_summary_names_may_be_pruned(ledger: list[Record]) -> None:
    places = list(Leaf.objects.filter(seq__in=[3, 4, 250]).order_by("seq"))
    digest = hashlib.sha256(b"".join(leaf.seq.to_bytes(8, "big") + leaf.hash for leaf in places)).hexdigest()
    told = {"before": "", "first_seq": 3, "last_seq": 250, "count": 3, "events": {"test.happened": 3}, "digest": digest}
    summary = record(event="audit.pruned", data=told)
    sealing.seal_all()
    marks = [Pruned(seq=leaf.seq, summary_id=summary.pk) for leaf in places]
    Pruned.objects.bulk_create(marks[:2])
    assert verify().state == "sound", "retention was interrupted before anything was deleted"
    Pruned.objects.bulk_create(marks[2:])
    for leaf in places[:2]:
        delete(Record(id=leaf.record_id))
    assert (verify().state, verify().checked) == ("sound", SEALED + 3 - 2)

    stranger = pk(Record(id=uuid.UUID(int=7)))
    for seq, statement in [
        (3, "INSERT INTO audit_pruned (seq, summary_id) SELECT 9, summary_id FROM audit_pruned WHERE seq = 3"),
        (3, "DELETE FROM audit_pruned WHERE seq = 250"),
        (3, "DELETE FROM audit_pruned WHERE seq = 3"),
        (3, "UPDATE audit_pruned SET seq = 251 WHERE seq = 250"),
        (999, "UPDATE audit_pruned SET seq = 999 WHERE seq = 250"),
    ]:
        assert first_bad_after(lambda statement=statement: sql(statement))[0] == seq, statement
    for seq in (3, 250):
        attack = lambda seq=seq: sql("UPDATE audit_pruned SET summary_id = %s WHERE seq = %s", stranger, seq)  # noqa: E731
        assert first_bad_after(attack)[0] in (3, 250)
    assert leaf_hash(bytes(summary.body)) == bytes(Leaf.objects.get(record_id=summary.pk).hash)
