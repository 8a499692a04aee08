"""The stored tree: leaves, and above them every eighth level of complete subtrees; what lies between is computed."""

from __future__ import annotations

from audit.merkle import CompactRange
from audit.models import Leaf, TreeNode

# Levels apart: a subtree's hash is computed from 256 stored ones at most.
STRIDE = 8


def node(level: int, index: int) -> bytes:
    """The hash of a complete subtree of 2**level leaves. Raises LookupError when some of it isn't stored."""
    height = level % STRIDE
    values = _stored(level - height, index << height, 1 << height)
    if len(values) != 1 << height:
        raise LookupError(f"The ledger's tree lacks nodes below level {level}, index {index}.")
    tree = CompactRange()
    for value in values:
        tree.append(value)
    return tree.root()


def _stored(level: int, start: int, count: int) -> list[bytes]:
    if level == 0:
        leaves = Leaf.objects.filter(seq__gte=start, seq__lt=start + count).order_by("seq")
        return [bytes(value) for value in leaves.values_list("hash", flat=True)]
    nodes = TreeNode.objects.filter(level=level, index__gte=start, index__lt=start + count).order_by("index")
    return [bytes(value) for value in nodes.values_list("hash", flat=True)]
