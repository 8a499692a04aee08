"""What the ledger can't answer, and why."""

from __future__ import annotations


class BadLedgerQuery(ValueError):
    """A filter, page or size that can't be; ``field`` names it."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


class NotSealed(Exception):
    """The record has no place in the tree yet."""


class TreeDamaged(Exception):
    """The stored tree lacks what a proof needs; ``verify_audit`` says more."""


class LedgerDamagedError(Exception):
    """The stored tree contradicts a head that was signed, so nothing may be signed on top of it."""
