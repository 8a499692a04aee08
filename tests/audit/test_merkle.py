"""The ledger's tree against RFC 6962, read literally: roots, inclusion and consistency proofs, for every size to 1,000."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit import merkle
from tests.audit.naive_tree import NaiveTree

pytestmark = pytest.mark.any_main

SIZES = 1000
DATA = [hashlib.sha512(str(number).encode()).digest()[: number % 65] for number in range(SIZES)]
NAIVE = NaiveTree(DATA)
# The inputs and roots of the certificate transparency project's own tests.
PUBLISHED_DATA = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
PUBLISHED_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@cache
def read(level: int, index: int) -> bytes:
    """The product's node reader, fed by the product's own hashes of complete subtrees."""
    if level == 0:
        return merkle.leaf_hash(DATA[index])
    return merkle.node_hash(read(level - 1, 2 * index), read(level - 1, 2 * index + 1))


def telling(size: int) -> list[int]:
    """Positions below ``size`` where the shape of the tree changes, and some that chance picks."""
    chance = random.Random(size)
    powers = {1 << bit for bit in range(size.bit_length())}
    edges = {size - power for power in powers} | powers | {power - 1 for power in powers} | {size // 2}
    found = sorted(position for position in edges if 0 <= position < size)
    return sorted({0, size - 1, *chance.sample(found, min(4, len(found))), chance.randrange(size)})


def spoiled(proof: list[bytes], chance: random.Random) -> Iterator[list[bytes]]:
    """The proof with one bit changed, one hash left out, doubled or added, and two that changed places."""
    if proof:
        place, bit = chance.randrange(len(proof)), chance.randrange(256)
        changed = int.from_bytes(proof[place], "big") ^ (1 << bit)
        yield [*proof[:place], changed.to_bytes(32, "big"), *proof[place + 1 :]]
        yield [*proof[:place], *proof[place + 1 :]]
        yield [*proof[:place], proof[place], *proof[place:]]
    if len(proof) > 1:
        yield [proof[1], proof[0], *proof[2:]]
    yield [*proof, bytes(32)]


def test_roots_are_those_that_others_published() -> None:
    tree = merkle.CompactRange()
    for size, root in enumerate(PUBLISHED_ROOTS):
        if size:
            tree.append(merkle.leaf_hash(bytes.fromhex(PUBLISHED_DATA[size - 1])))
        assert tree.root().hex() == root


def test_roots_of_all_sizes() -> None:
    tree = merkle.CompactRange()
    for size in range(SIZES + 1):
        assert tree.size == size
        assert tree.root() == merkle.root(read, size) == NAIVE.hash(0, size), size
        resumed = merkle.CompactRange(size, merkle.peaks(read, size))
        if size < SIZES:
            complete = tree.append(read(0, size))
            assert resumed.append(read(0, size)) == complete
            assert complete == [
                (level, size >> level, read(level, size >> level))
                for level in range(size.bit_length() + 1)
                if (size + 1) % (1 << level) == 0
            ]


def test_inclusion_proofs_of_all_sizes() -> None:
    with pytest.raises(ValueError, match="no leaf 0 in a tree of 0"):
        merkle.inclusion_proof(read, 0, 0)
    for size in range(1, SIZES + 1):
        root, chance = NAIVE.hash(0, size), random.Random(size)
        for index in range(size) if size <= 32 else telling(size):
            proof = merkle.inclusion_proof(read, index, size)
            leaf = read(0, index)
            assert proof == NAIVE.path(index, size), (index, size)
            assert merkle.inclusion_holds(leaf=leaf, index=index, size=size, proof=proof, root=root), (index, size)
            for wrong in spoiled(proof, chance):
                assert not merkle.inclusion_holds(leaf=leaf, index=index, size=size, proof=wrong, root=root)
            for other in {index - 1, index + 1, index ^ 1, size - 1 - index} - {index}:
                assert not merkle.inclusion_holds(leaf=leaf, index=other, size=size, proof=proof, root=root)
            assert not merkle.inclusion_holds(leaf=root, index=index, size=size, proof=proof, root=leaf) or size == 1
        for index in (-1, size):
            with pytest.raises(ValueError, match="no leaf"):
                merkle.inclusion_proof(read, index, size)
            assert not merkle.inclusion_holds(leaf=read(0, 0), index=index, size=size, proof=[], root=root)


def test_consistency_proofs_of_all_sizes() -> None:
    for second in range(1, SIZES + 1):
        second_root, chance = NAIVE.hash(0, second), random.Random(second)
        for first in range(1, second + 1) if second <= 32 else [at or second for at in telling(second)]:
            first_root = NAIVE.hash(0, first)
            proof = merkle.consistency_proof(read, first, second)
            assert proof == NAIVE.proof(first, second), (first, second)
            assert consistent(first, second, first_root, second_root, proof), (first, second)
            assert not consistent(first, second, bytes(32), second_root, proof)
            assert not consistent(first, second, first_root, bytes(32), proof)
            for wrong in spoiled(proof, chance):
                assert not consistent(first, second, first_root, second_root, wrong), (first, second)
            for other in {first - 1, first + 1} & set(range(second + 2)):
                assert not consistent(other, second, first_root, second_root, proof), (other, first, second)


def consistent(first: int, second: int, first_root: bytes, second_root: bytes, proof: list[bytes]) -> bool:
    return merkle.consistency_holds(
        first=first, second=second, first_root=first_root, second_root=second_root, proof=proof
    )


@pytest.mark.parametrize(("first", "second"), [(0, 0), (0, 5), (-1, 5), (6, 5), (-1, -1)])
def test_sizes_that_no_tree_has(first: int, second: int) -> None:
    with pytest.raises(ValueError, match="can't be shown to continue"):
        merkle.consistency_proof(read, first, second)
    assert not consistent(first, second, merkle.EMPTY_ROOT, merkle.EMPTY_ROOT, [])


def test_a_proof_is_for_one_size() -> None:
    """The size is proven too where it shapes the path: no two sizes share root and proof."""
    for size in range(2, 130):
        for index in telling(size):
            proof, root = merkle.inclusion_proof(read, index, size), NAIVE.hash(0, size)
            for other in range(1, 140):
                holds = merkle.inclusion_holds(leaf=read(0, index), index=index, size=other, proof=proof, root=root)
                assert holds is (sides(index, other) == sides(index, size)), (index, size, other)


def sides(index: int, size: int) -> list[bool]:
    """On which side each sibling on the path stands, from the leaf up."""
    if index >= size:
        return []
    found, start, stop = [], 0, size
    while stop - start > 1:
        middle = start + (1 << (stop - start - 1).bit_length() - 1)
        found.append(index >= middle)
        start, stop = (middle, stop) if index >= middle else (start, middle)
    return found[::-1]


@settings(max_examples=40)
@given(st.data())
def test_subtrees_stand_in_for_their_leaves(data: st.DataObject) -> None:
    """A tree made of complete subtrees wherever one fits has the root of the tree made of leaves."""
    size = data.draw(st.integers(0, SIZES))
    tree, start = merkle.CompactRange(), 0
    while start < size:
        fitting = [level for level in range(11) if start % (1 << level) == 0 and start + (1 << level) <= size]
        level = data.draw(st.sampled_from(fitting))
        tree.append(read(level, start >> level), level=level)
        start += 1 << level
    assert (tree.size, tree.root()) == (size, NAIVE.hash(0, size))


def test_subtrees_that_do_not_fit_are_refused() -> None:
    tree = merkle.CompactRange()
    tree.append(read(0, 0))
    with pytest.raises(ValueError, match="level 1 can't begin at 1"):
        tree.append(read(1, 0), level=1)
    with pytest.raises(ValueError, match="shorter"):
        merkle.CompactRange(3, [read(1, 0)])
    assert (tree.size, tree.root()) == (1, read(0, 0))
