"""One range of leaves: each against its record, and the tree above them against its stored nodes and signed heads.

A range begins at a multiple of 256. The tree before it is taken as the stored nodes have it, which the ranges before check
in turn, and in any case the next signed head: so ranges can be checked by several processes, and a ledger from anywhere on.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from audit import heads
from audit.keys import hmac_keys
from audit.merkle import CompactRange, peaks
from audit.models import TreeHead, TreeNode
from audit.tree_store import STRIDE, node
from audit.verifying import rows
from audit.verifying.findings import Finding
from audit.verifying.records import RecordChecker, StoredRecord, StoredText

BLOCK = 1 << STRIDE
# Leaves read at once: some 4 MB with their records.
CHUNK = 16 * BLOCK
# Written by the sealer when somebody deleted a record that waited.
RECORD_MISSING = "audit.record_missing"


@dataclass(frozen=True)
class Range:
    """Leaves ``start`` to ``stop``, ``start`` a multiple of 256; ``roots`` are what heads outside of the database give as
    roots of sizes within. Without ``records`` leaves are taken at their word."""

    start: int
    stop: int
    roots: Sequence[tuple[int, bytes]] = ()
    records: bool = True


@dataclass
class Checked:
    """How many records and personal texts a range held up to its first finding."""

    records: int = 0
    texts: int = 0
    finding: Finding | None = None


def check(given: Range) -> Checked:
    """Check a range until something is found. Raises django.db.DatabaseError."""
    try:
        tree = CompactRange(given.start, peaks(node, given.start))
    except LookupError as error:
        return Checked(finding=Finding(given.start, given.start, None, str(error)))
    walk = _Walk(given, tree)
    for start in range(given.start, given.stop, CHUNK):
        walk.checked.finding = walk.chunk(start, min(start + CHUNK, given.stop))
        if walk.checked.finding:
            break
    else:
        walk.checked.finding = walk.suspicion
    return walk.checked


class _Walk:
    """A range half checked: the tree up to here."""

    def __init__(self, given: Range, tree: CompactRange) -> None:
        self.checked = Checked()
        self._given = given
        self._tree = tree
        self._nodes = _stored_nodes(given)
        self._checker = RecordChecker(hmac_keys())
        # The newest size at which a head agreed, and a stored node that didn't since: the next head tells whose fault it is.
        self._proven = given.start
        self.suspicion: Finding | None = None
        self._heads: dict[int, list[Finding | bytes]] = {}

    def chunk(self, start: int, stop: int) -> Finding | None:
        """Go on by some leaves: the first of them that is wrong, or the place where the tree is, whatever comes first."""
        self._heads = _heads_within(start, stop, self._given.roots)
        hashes, fault = self._hashes(start, stop) if self._given.records else _bare_hashes(start, stop)
        return self._grow(hashes) or fault

    def _hashes(self, start: int, stop: int) -> tuple[list[bytes], Finding | None]:
        """The leaf hashes up to the first wrong record."""
        texts = rows.sealed_texts(start, stop)
        hashes: list[bytes] = []
        for seq, record_id, stored, is_pruned, *columns in rows.sealed(start, stop):
            expected = start + len(hashes)
            if seq != expected:
                return hashes, Finding(expected, expected, None, f"The leaf {expected} is missing.")
            if columns[0] is None:
                what = None if is_pruned else "The record was deleted."
            else:
                what = self._record_fault(StoredRecord._make(columns), stored, texts.get(seq, ()))
            if what:
                return hashes, Finding(seq, seq, _uuid_text(record_id), what)
            hashes.append(stored)
        return hashes, _gap(start + len(hashes), stop)

    def _record_fault(self, record: StoredRecord, stored: bytes, texts: Sequence[StoredText]) -> str | None:
        self.checked.records += 1
        self.checked.texts += len(texts)
        if what := self._checker.fault(record, texts):
            return what
        if sha256(b"\x00" + record.body).digest() != stored:
            return "The leaf's hash isn't that of the record's bytes."
        if record.event == RECORD_MISSING:
            return f"The record {record.subject_id} was deleted before it was sealed; this one says so."
        return None

    def _grow(self, hashes: Sequence[bytes]) -> Finding | None:
        """Add leaves to the tree; the first head or node that says otherwise."""
        for offset in range(0, len(hashes), BLOCK):
            block = hashes[offset : offset + BLOCK]
            inner = range(self._tree.size + 1, self._tree.size + BLOCK)
            quick = len(block) == BLOCK and self._heads.keys().isdisjoint(inner)
            for value in [_block_root(block)] if quick else block:
                if finding := self._step(value, STRIDE if quick else 0):
                    return finding
        return None

    def _step(self, value: bytes, level: int) -> Finding | None:
        complete = self._tree.append(value, level=level)
        if heads_here := self._heads.get(self._tree.size):
            if finding := self._head_finding(heads_here):
                return finding
            if self.suspicion:
                return self.suspicion
            self._proven = self._tree.size
        for at_level, index, subtree in complete:
            if at_level and at_level % STRIDE == 0 and self._nodes.get((at_level, index)) != subtree:
                self._suspect(at_level, index)
        return None

    def _head_finding(self, heads_here: Iterable[Finding | bytes]) -> Finding | None:
        size, root = self._tree.size, self._tree.root()
        for head in heads_here:
            if isinstance(head, Finding):
                return head
            if head != root:
                what = (
                    f"The signed head of size {size} gives another root: among the leaves {self._proven} to {size - 1}"
                    " some were replaced, reordered or inserted."
                )
                return Finding(size - 1, self._proven, None, what)
        return None

    def _suspect(self, level: int, index: int) -> None:
        is_there = (level, index) in self._nodes
        what = f"The stored node of level {level}, index {index} {'is wrong' if is_there else 'is missing'}."
        self.suspicion = self.suspicion or Finding(self._tree.size - 1, index << level, None, what)


def _bare_hashes(start: int, stop: int) -> tuple[list[bytes], Finding | None]:
    hashes: list[bytes] = []
    for seq, _, stored in rows.leaves(start, stop):
        if seq != start + len(hashes):
            break
        hashes.append(stored)
    return hashes, _gap(start + len(hashes), stop)


def _gap(reached: int, stop: int) -> Finding | None:
    return None if reached == stop else Finding(reached, reached, None, f"The leaf {reached} is missing.")


def _block_root(hashes: Sequence[bytes]) -> bytes:
    """The root over so many leaf hashes, a power of two."""
    level = list(hashes)
    while len(level) > 1:
        pairs = iter(level)
        level = [sha256(b"\x01" + left + right).digest() for left, right in zip(pairs, pairs, strict=True)]
    return level[0]


def _stored_nodes(given: Range) -> dict[tuple[int, int], bytes]:
    """The stored hashes of the subtrees that become complete within a range."""
    found: dict[tuple[int, int], bytes] = {}
    for level in range(STRIDE, given.stop.bit_length(), STRIDE):
        nodes = TreeNode.objects.filter(level=level, index__gte=given.start >> level, index__lt=given.stop >> level)
        found |= {(level, index): bytes(value) for index, value in nodes.values_list("index", "hash")}
    return found


def _heads_within(start: int, stop: int, saved: Sequence[tuple[int, bytes]]) -> dict[int, list[Finding | bytes]]:
    """What heads of sizes within say: their root, or that they aren't signed."""
    found: dict[int, list[Finding | bytes]] = defaultdict(list)
    for head in TreeHead.objects.filter(size__gt=start, size__lte=stop):
        found[head.size].append(bytes(head.root) if heads.head_is_authentic(head) else unsigned(head.size))
    for size, root in saved:
        if start < size <= stop:
            found[size].append(root)
    return dict(found)


def unsigned(size: int) -> Finding:
    """A head in the database that no known key signed."""
    what = f"The head of size {size} isn't signed by a key of this installation."
    return Finding(size - 1, size - 1, None, what)


def _uuid_text(value: bytes) -> str:
    return str(uuid.UUID(bytes=value))
