"""The tree as the database holds it, against its own newest head and those kept outside."""

from __future__ import annotations

import time
from pathlib import Path

from django.db.models import Subquery
from django.db.models.functions import Coalesce

from audit import heads, merkle, saved_heads
from audit.errors import LedgerDamagedError
from audit.keys import public_keys
from audit.merkle import CompactRange, peaks
from audit.models import Leaf, TreeHead
from audit.tree_store import node

# How long the result of a look counts where there are many.
REMEMBER_SECONDS = 10.0

# Where, when, and what was found.
_looked: tuple[Path, float, str] | None = None


def stored_tree(*, is_compared: bool = True) -> CompactRange:
    """The stored tree. Raises LedgerDamagedError when it contradicts its head or, if ``is_compared``, a saved one; and
    OSError when saved heads can't be read."""
    # The file before the database, which is never behind it.
    saved = saved_heads.largest() if is_compared else None
    head = heads.latest()
    if problem := saved_heads.contradiction(saved, head):
        raise LedgerDamagedError(problem)
    size = Coalesce(Subquery(TreeHead.objects.order_by("-size").values("size")[:1]), 0)
    if Leaf.objects.filter(seq__gte=size).exists():
        raise LedgerDamagedError("There are leaves beyond the newest head.")
    if head is None:
        return CompactRange()
    try:
        tree = CompactRange(head.size, peaks(node, head.size))
        _refuse_contradiction(head, tree)
        if saved is not None and saved["size"] < head.size and merkle.root(node, saved["size"]).hex() != saved["root"]:
            raise LedgerDamagedError(saved_heads.rewritten(saved))
    except LookupError as error:
        raise LedgerDamagedError(str(error)) from error
    return tree


def _refuse_contradiction(head: TreeHead, tree: CompactRange) -> None:
    if tree.root() != bytes(head.root):
        raise LedgerDamagedError(f"The tree of {head.size} leaves isn't the one whose root its head gives.")
    if head.key_id in public_keys() and not heads.head_is_authentic(head):
        raise LedgerDamagedError(f"The signature of the head at {head.size} is wrong.")


def fault() -> str:
    """How the stored tree contradicts a signed head, as of the last seconds; empty when it doesn't. Raises OSError."""
    global _looked  # noqa: PLW0603 one memory a process
    place = heads.saved_path()
    if _looked is None or _looked[0] != place or time.monotonic() - _looked[1] > REMEMBER_SECONDS:
        _looked = place, time.monotonic(), _fault()
    return _looked[2]


def _fault() -> str:
    try:
        stored_tree()
    except LedgerDamagedError as error:
        return str(error)
    return ""
