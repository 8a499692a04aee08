"""A tree that somebody changed: the sealer signs nothing on top of what contradicts a signed head."""

from __future__ import annotations

import pytest
from django.utils import timezone

from audit import heads, merkle, sealing
from audit.errors import LedgerDamagedError
from audit.merkle import CompactRange
from audit.models import TreeHead
from audit.tree_store import node
from tests.audit.tampering import sql
from tests.audit.whole import records

pytestmark = pytest.mark.django_db

DAMAGES = {
    "a leaf's hash": "UPDATE audit_leaf SET hash = %s WHERE seq = 4",
    "the head's root": "UPDATE audit_treehead SET root = %s WHERE size = 5",
    "the head's signature": "UPDATE audit_treehead SET signature = %s WHERE size = 5",
    "a leaf that is gone": "DELETE FROM audit_leaf WHERE seq = 4 AND hash <> %s",
    "a leaf beyond the head": "INSERT INTO audit_leaf (seq, record_id, hash) SELECT 5, id, %s FROM audit_record"
    " WHERE id NOT IN (SELECT record_id FROM audit_leaf)",
    "all heads and leaves but the queue's": "DELETE FROM audit_treehead WHERE signature <> %s",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_nothing_is_signed_on_top_of_a_tree_that_contradicts_a_head(
    damage: str, triggers_off: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that starts looks at the tree first; one that seals goes on from the tree that it knows."""
    records(5)
    sealing.seal_all()
    records(1)
    assert sql(DAMAGES[damage], b"\x01" * 32) == 1
    monkeypatch.setattr(sealing, "_sealed", CompactRange())
    before = TreeHead.objects.count()
    with pytest.raises(LedgerDamagedError):
        sealing.seal_all()
    assert (TreeHead.objects.count(), sealing.lag()["waiting"]) == (before, 1)


def test_a_rewritten_tree_is_found_by_a_saved_head(triggers_off: None) -> None:
    """Somebody who holds the signing key still can't contradict what was saved."""
    records(2)
    sealing.seal_all()
    saved = list(heads.saved())
    sql("UPDATE audit_leaf SET hash = %s WHERE seq = 1", b"\x01" * 32)
    sql("DELETE FROM audit_treehead")
    heads.sign(size=2, root=merkle.root(node, 2), at=timezone.now()).save()
    records(1)
    with pytest.raises(LedgerDamagedError, match="head was saved at 2 leaves"):
        sealing.seal_all()
    assert list(heads.saved()) == saved
