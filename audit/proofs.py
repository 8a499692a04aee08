"""Proofs about the ledger's tree as JSON: that a record is in it, and that it only ever grew (RFC 6962, section 2.1)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from audit import heads, merkle, tree_store
from audit.errors import BadLedgerQuery, NotSealed, TreeDamaged
from audit.models import Leaf, TreeHead


def tree_size() -> int:
    """How many leaves the newest head covers; 0 before the first."""
    head = heads.latest()
    return head.size if head else 0


def record_proof(record_id: UUID, *, size: int | None = None) -> dict[str, Any]:
    """How a record's leaf leads to the root of the first ``size`` leaves (of the newest head, if left out).

    Leaf data is the record's body, byte by byte. ``head`` is the signed head of that size, null when none was signed.
    Raises NotSealed, BadLedgerQuery for a size that doesn't hold the record, TreeDamaged.
    """
    place = Leaf.objects.filter(record_id=record_id).first()
    newest = tree_size()
    if place is None or place.seq >= newest:
        raise NotSealed("The record waits for the sealer. Ask again in some seconds.")
    size = newest if size is None else size
    if not place.seq < size <= newest:
        raise BadLedgerQuery("size", f"Give a size from {place.seq + 1} to {newest}.")
    path = merkle.inclusion_proof(_node, place.seq, size)
    return {
        "record_id": str(record_id),
        "seq": place.seq,
        "leaf": bytes(place.hash).hex(),
        "size": size,
        "root": merkle.root(_node, size).hex(),
        "proof": [value.hex() for value in path],
        "head": head_of(size),
    }


def consistency(first: int, second: int | None = None) -> dict[str, Any]:
    """That the tree of ``second`` leaves (the newest head's, if left out) begins with that of ``first``.

    Raises BadLedgerQuery for sizes that the ledger hasn't had, TreeDamaged.
    """
    newest = tree_size()
    second = newest if second is None else second
    if not 0 < second <= newest:
        raise BadLedgerQuery("to", f"Give a size from 1 to {newest}." if newest else "Nothing is sealed yet.")
    if not 0 < first <= second:
        raise BadLedgerQuery("from", f"Give a size from 1 to {second}.")
    return {
        "from": first,
        "to": second,
        "from_root": merkle.root(_node, first).hex(),
        "to_root": merkle.root(_node, second).hex(),
        "proof": [value.hex() for value in merkle.consistency_proof(_node, first, second)],
        "from_head": head_of(first),
        "to_head": head_of(second),
    }


def head_of(size: int) -> dict[str, Any] | None:
    """The signed head of exactly this size, if there is one."""
    head = TreeHead.objects.filter(size=size).first()
    return heads.as_json(head) if head else None


def _node(level: int, index: int) -> bytes:
    try:
        return tree_store.node(level, index)
    except LookupError as error:
        raise TreeDamaged(str(error)) from error
