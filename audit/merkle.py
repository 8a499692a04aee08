"""The Merkle tree of the ledger: hashes, the compact form of a growing tree, proofs and their checks.

The tree, its hashes and both proofs are those of RFC 6962, section 2.1; the checks are those of RFC 9162, 2.1.3.2 and
2.1.4.2. Nothing here reads a database: a ``NodeReader`` gives the hash of a complete subtree by its level (0 for
leaves) and its index among the subtrees of that level.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence

NodeReader = Callable[[int, int], bytes]

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """SHA-256 over 0x00 and a record's bytes."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256 over 0x01 and the hashes of two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class CompactRange:
    """A tree that grows at its right edge, as the roots of its complete subtrees, largest first."""

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        levels = [level for level in reversed(range(size.bit_length())) if size >> level & 1]
        self.size = size
        self._peaks: list[tuple[int, bytes]] = list(zip(levels, peaks, strict=True))

    def append(self, value: bytes, *, level: int = 0) -> list[tuple[int, int, bytes]]:
        """Add a leaf, or a complete subtree of 2**level leaves; the (level, index, hash) that became complete by it.

        Raises ValueError when such a subtree can't stand here.
        """
        if self.size & ((1 << level) - 1):
            raise ValueError(f"A subtree of level {level} can't begin at {self.size}.")
        self.size += 1 << level
        complete = [(level, (self.size >> level) - 1, value)]
        while self._peaks and self._peaks[-1][0] == level:
            value = node_hash(self._peaks.pop()[1], value)
            level += 1
            complete.append((level, (self.size >> level) - 1, value))
        self._peaks.append((level, value))
        return complete

    def root(self) -> bytes:
        """The root hash; that of the empty tree while there is no leaf."""
        if not self._peaks:
            return EMPTY_ROOT
        root = self._peaks[-1][1]
        for _, peak in reversed(self._peaks[:-1]):
            root = node_hash(peak, root)
        return root


def peaks(read: NodeReader, size: int) -> list[bytes]:
    """The roots of the complete subtrees that a tree of this size consists of, largest first."""
    found, start = [], 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            found.append(read(level, start >> level))
            start += 1 << level
    return found


def root(read: NodeReader, size: int) -> bytes:
    """The root hash of the first ``size`` leaves."""
    return CompactRange(size, peaks(read, size)).root()


def inclusion_proof(read: NodeReader, index: int, size: int) -> list[bytes]:
    """The hashes that lead from leaf ``index`` to the root of the first ``size`` leaves, nearest first."""
    if not 0 <= index < size:
        raise ValueError(f"There is no leaf {index} in a tree of {size}.")
    proof, start, stop = [], 0, size
    while stop - start > 1:
        middle = start + _split(stop - start)
        if index < middle:
            proof.append(_range_root(read, middle, stop))
            stop = middle
        else:
            proof.append(_range_root(read, start, middle))
            start = middle
    return proof[::-1]


def consistency_proof(read: NodeReader, first: int, second: int) -> list[bytes]:
    """The hashes which show that the tree of ``second`` leaves begins with that of ``first`` leaves."""
    if not 0 < first <= second:
        raise ValueError(f"A tree of {second} can't be shown to continue one of {first}.")
    proof, start, stop, whole = [], 0, second, True
    while first != stop:
        middle = start + _split(stop - start)
        if first <= middle:
            proof.append(_range_root(read, middle, stop))
            stop = middle
        else:
            proof.append(_range_root(read, start, middle))
            start, whole = middle, False
    if not whole:
        proof.append(_range_root(read, start, stop))
    return proof[::-1]


def inclusion_holds(*, leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the proof shows that the leaf hash is at ``index`` in the tree of ``size`` leaves with this root."""
    if not 0 <= index < size:
        return False
    node, last, value = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            value = node_hash(sibling, value)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            value = node_hash(value, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and value == root


def consistency_holds(
    *, first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether the proof shows that the tree with the second root begins with the tree with the first."""
    if not 0 < first <= second:
        return False
    if first == second:
        return not proof and first_root == second_root
    path = [first_root, *proof] if first & (first - 1) == 0 else list(proof)
    if not path:
        return False
    node, last = first - 1, second - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    older = newer = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            older, newer = node_hash(sibling, older), node_hash(sibling, newer)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            newer = node_hash(newer, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and older == first_root and newer == second_root


def _split(size: int) -> int:
    """The largest power of two below ``size``."""
    return 1 << (size - 1).bit_length() - 1


def _range_root(read: NodeReader, start: int, stop: int) -> bytes:
    """The root over leaves ``start`` to ``stop``, where ``start`` is a multiple of the largest subtree therein."""
    size = stop - start
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return read(level, start >> level)
    middle = start + _split(size)
    return node_hash(_range_root(read, start, middle), _range_root(read, middle, stop))
