"""What an import has under way, and what it came to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from learning.imports.refusals import Refusals

BATCH_ROWS = 1000
Item = TypeVar("Item")


@dataclass
class Counts:
    """Rows by their kind: ``{"resources": 12}``."""

    created: Counter[str] = field(default_factory=Counter)
    updated: Counter[str] = field(default_factory=Counter)
    unchanged: Counter[str] = field(default_factory=Counter)

    def note(self, kind: str, *, created: int = 0, updated: int = 0, unchanged: int = 0) -> None:
        for counter, number in ((self.created, created), (self.updated, updated), (self.unchanged, unchanged)):
            if number:
                counter[kind] += number


@dataclass
class Importing:
    """One import: whose it is, what was refused, counted and noted so far. ``tick`` is told how many rows were read or
    written: each row counts once for both."""

    organization_id: UUID
    actor_id: str
    tick: Callable[[int], object]
    refusals: Refusals = field(default_factory=Refusals)
    counts: Counts = field(default_factory=Counts)
    notes: list[str] = field(default_factory=list)
    rows: int = 0

    def chunks(self, items: Sequence[Item], size: int = BATCH_ROWS) -> Iterator[Sequence[Item]]:
        """Parts of a list, telling how far it is after each."""
        for start in range(0, len(items), size):
            chunk = items[start : start + size]
            yield chunk
            self.tick(len(chunk))


def changed_fields(row: Any, wanted: dict[str, Any]) -> Collection[str]:
    """Sets what is wanted of a row; the names of what that changes."""
    changed = [name for name, value in wanted.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, wanted[name])
    return changed
