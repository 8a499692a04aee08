"""Sealing: every record gets one place in the tree, and a signed head says what the tree is."""

from __future__ import annotations

import pytest

from audit import heads, merkle, sealing
from audit.merkle import CompactRange, leaf_hash
from audit.models import Leaf, Record, TreeHead, TreeNode, Unsealed
from audit.services import record
from audit.tree_store import node

pytestmark = pytest.mark.django_db


def records(count: int) -> list[Record]:
    return [record(event="test.happened", data={"number": number}) for number in range(count)]


def naive_root(rows: list[Record]) -> bytes:
    tree = CompactRange()
    for row in rows:
        tree.append(leaf_hash(bytes(row.body)))
    return tree.root()


def test_records_are_sealed_in_their_order_under_a_signed_head() -> None:
    rows = records(300)
    assert sealing.lag()["waiting"] == 300
    assert sealing.seal(limit=257) == 257
    assert sealing.seal_all() == 43
    assert list(Leaf.objects.values_list("seq", "record_id")) == [(seq, row.pk) for seq, row in enumerate(rows)]
    assert [(row.level, row.index) for row in TreeNode.objects.all()] == [(8, 0)]
    assert [head.size for head in TreeHead.objects.order_by("size")] == [257, 300]
    head = heads.latest()
    assert head is not None
    assert bytes(head.root) == naive_root(rows) == merkle.root(node, 300)
    assert heads.head_is_authentic(head)
    assert [saved["size"] for saved in heads.saved()] == [257, 300]
    assert list(heads.saved())[-1] == heads.as_json(head)
    assert sealing.lag() == {"waiting": 0, "oldest_seconds": 0.0}
    assert (sealing.seal(), sealing.seal_all()) == (0, 0)


@pytest.mark.parametrize("field", ["size", "root", "at", "key_id", "public_key", "signature"])
def test_a_head_with_one_changed_field_is_not_authentic(field: str) -> None:
    records(3)
    sealing.seal_all()
    head = heads.as_json(heads.latest())
    assert heads.head_is_authentic(head)
    changed = head["size"] + 1 if field == "size" else f"{'1' if head[field][0] == '0' else '0'}{head[field][1:]}"
    assert not heads.head_is_authentic({**head, field: changed})
    assert not heads.head_is_authentic({**head, field: None})
    del head[field]
    assert heads.head_is_authentic(head) is (field == "public_key")


def test_a_queue_row_without_its_record_is_passed_over_and_recorded() -> None:
    import uuid

    gone = uuid.uuid4()
    Unsealed.objects.create(record_id=gone)
    kept = records(1)[0]
    Unsealed.objects.create(record_id=kept.pk)
    assert sealing.seal_all() == 4
    told = Record.objects.get(event="audit.record_missing")
    assert told.subject_id == str(gone)
    assert list(Leaf.objects.values_list("record_id", flat=True)) == [kept.pk, told.pk]
    assert Unsealed.objects.count() == 0
