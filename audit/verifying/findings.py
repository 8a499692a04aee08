"""What verification finds."""

from __future__ import annotations

from dataclasses import dataclass

# Behind all that is sealed: records that have no place in the tree.
UNPLACED = 1 << 62


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that isn't as it was written. ``position`` is the leaf at which it shows, in whose order findings are
    told; ``seq`` and ``record_id`` name the first record that it touches, where there is one."""

    position: int
    seq: int | None
    record_id: str | None
    what: str


def first(*findings: Finding | None) -> Finding | None:
    """The finding that comes first in the ledger's order; None when there is none."""
    return min((item for item in findings if item is not None), key=lambda item: item.position, default=None)
