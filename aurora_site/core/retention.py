"""What an organisation may let go after some days. Each app registers its kinds when it starts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class Prune(Protocol):
    """Removes what an organisation has from before a time, and records it with counts, in the same transaction; tells how
    much that is. May be called again when it was interrupted. ``dry_run`` counts and changes nothing."""

    def __call__(self, *, organization_id: str, before: datetime, dry_run: bool = False) -> int: ...


@dataclass(frozen=True, kw_only=True)
class Kind:
    """Something that is kept for so many days, at least ``minimum_days``, or for ever."""

    name: str
    meaning: str
    minimum_days: int
    prune: Prune


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Let organisations say how long something is kept."""
    _kinds[kind.name] = kind


def kinds() -> dict[str, Kind]:
    """All kinds, by name."""
    return dict(sorted(_kinds.items()))
