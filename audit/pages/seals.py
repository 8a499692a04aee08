"""The state of the tree as pages show it: its newest signed head, where else that is kept, and what waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from audit import anchors, heads, saved_heads, stored_tree
from audit.anchors import AnchorState
from audit.models import TreeHead


@dataclass(frozen=True)
class Seal:
    """The newest head. ``saved`` is the largest authentic one kept outside the database (None without any),
    ``unreadable`` says why that can't be told, ``anchor`` how the place stands that heads are sent to besides (None
    without one), ``fault`` how the stored tree contradicts a signed head (empty when it doesn't)."""

    head: TreeHead | None
    is_authentic: bool
    saved: dict[str, Any] | None
    unreadable: str = ""
    anchor: AnchorState | None = None
    fault: str = ""

    @property
    def size(self) -> int:
        return self.head.size if self.head else 0

    @property
    def root(self) -> bytes:
        return bytes(self.head.root) if self.head else b""

    @property
    def at(self) -> datetime | None:
        return self.head.at if self.head else None

    @property
    def saved_size(self) -> int:
        return int(self.saved["size"]) if self.saved else 0

    @property
    def is_saved(self) -> bool:
        """Whether exactly this head is kept outside the database."""
        return self.saved is not None and (self.saved["size"], self.saved["root"]) == (self.size, self.root.hex())

    @property
    def is_anchored(self) -> bool:
        """Whether the anchor has exactly this head."""
        return self.anchor is not None and (self.anchor.size, self.anchor.root) == (self.size, self.root.hex())

    @property
    def contradiction(self) -> str:
        """How the database contradicts a signed head kept outside of it; empty when it doesn't."""
        if self.saved is None:
            return self.fault
        if self.saved_size > self.size:
            return (
                f"A signed head kept outside the database covers {self.saved_size:,} records, "
                f"the database's own only {self.size:,}: records were cut off."
            )
        if self.saved_size == self.size and not self.is_saved:
            return f"A signed head kept outside the database has another root for the same {self.size:,} records."
        return self.fault


def current_seal() -> Seal:
    """Read anew at each call."""
    # The file before the database: a head is saved after it is stored, so that it is never ahead of what is read next.
    saved, anchor, unreadable, fault = None, None, "", ""
    try:
        saved = saved_heads.largest()
        fault = stored_tree.fault()
        anchor = anchors.state() if settings.AURORA_LEDGER_ANCHOR else None
    except OSError as error:
        unreadable = f"The file of saved heads can't be read: {error.strerror or error}."
    head = heads.latest()
    return Seal(
        head=head,
        is_authentic=head is not None and heads.head_is_authentic(head),
        saved=saved,
        unreadable=unreadable,
        anchor=anchor,
        fault=fault,
    )
