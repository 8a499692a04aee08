"""RFC 6962, section 2.1, word for word over lists of leaf data: slow, recursive, and written without the product's code."""

from __future__ import annotations

import hashlib
from functools import cache


class NaiveTree:
    """The tree over ``data``; positions are those of the RFC's D[a:b]."""

    def __init__(self, data: list[bytes]) -> None:
        self.data = data
        self.hash = cache(self._hash)

    def _hash(self, start: int, stop: int) -> bytes:
        """MTH(D[start:stop])."""
        count = stop - start
        if count == 0:
            return hashlib.sha256().digest()
        if count == 1:
            return hashlib.sha256(bytes([0]) + self.data[start]).digest()
        middle = start + split(count)
        return hashlib.sha256(bytes([1]) + self.hash(start, middle) + self.hash(middle, stop)).digest()

    def path(self, index: int, size: int) -> list[bytes]:
        """PATH(index, D[0:size])."""
        return self._path(index, 0, size)

    def _path(self, index: int, start: int, stop: int) -> list[bytes]:
        count = stop - start
        if count == 1:
            return []
        middle = split(count)
        if index < middle:
            return [*self._path(index, start, start + middle), self.hash(start + middle, stop)]
        return [*self._path(index - middle, start + middle, stop), self.hash(start, start + middle)]

    def proof(self, first: int, size: int) -> list[bytes]:
        """PROOF(first, D[0:size])."""
        return self._subproof(first, 0, size, True)

    def _subproof(self, first: int, start: int, stop: int, complete: bool) -> list[bytes]:
        count = stop - start
        if first == count:
            return [] if complete else [self.hash(start, stop)]
        middle = split(count)
        if first <= middle:
            return [*self._subproof(first, start, start + middle, complete), self.hash(start + middle, stop)]
        return [*self._subproof(first - middle, start + middle, stop, False), self.hash(start, start + middle)]


def split(count: int) -> int:
    """The largest power of two smaller than ``count``."""
    power = 1
    while power * 2 < count:
        power *= 2
    return power
