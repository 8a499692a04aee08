"""What the tests of the sealer share: records to seal, and what must hold of the tree whatever happened."""

from __future__ import annotations

from audit import heads, merkle, sealing
from audit.merkle import CompactRange, leaf_hash
from audit.models import Leaf, Record, TreeHead, Unsealed
from audit.services import record
from audit.tree_store import node


def records(count: int) -> list[Record]:
    return [record(event="test.happened", data={"number": number}) for number in range(count)]


def root_of(bodies: list[bytes]) -> bytes:
    """The root over records' bytes, computed without what is stored of the tree."""
    tree = CompactRange()
    for body in bodies:
        tree.append(leaf_hash(body))
    return tree.root()


def assert_whole(*, sealed: int) -> None:
    """Each record has one leaf, without gap; each head signs the tree of its size; all of them are saved; nothing waits."""
    bodies = dict(Record.objects.values_list("pk", "body"))
    leaves = list(Leaf.objects.order_by("seq").values_list("seq", "record_id"))
    assert [seq for seq, _ in leaves] == list(range(sealed))
    assert {record_id for _, record_id in leaves} == set(bodies)
    in_order = [bytes(bodies[record_id]) for _, record_id in leaves]
    signed = list(TreeHead.objects.order_by("size"))
    assert signed[-1].size == sealed
    for head in signed:
        assert bytes(head.root) == root_of(in_order[: head.size]) == merkle.root(node, head.size)
        assert heads.head_is_authentic(head)
    assert list(heads.saved()) == [heads.as_json(head) for head in signed]
    assert Unsealed.objects.count() == 0
    assert sealing.lag() == {"waiting": 0, "oldest_seconds": 0.0}
