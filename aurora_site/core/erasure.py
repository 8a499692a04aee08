"""Erasing a person: apps hand in erasers where they start; ``accounts.services.erasure`` calls them in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from uuid import UUID


@dataclass(frozen=True)
class Person:
    """Whom to erase: an account's id and what it said of its person; either may be empty where it isn't known.

    ``organizations`` are those of which the person was the only member: what only they could read goes with them.
    """

    id: str = ""
    email: str = ""
    name: str = ""
    organizations: tuple[UUID, ...] = ()


# Removes what an app keeps of a person, in the caller's transaction; how many rows of what kind. Calling it again, for
# what came in meanwhile, does no harm.
Eraser = Callable[[Person], Mapping[str, int]]


@dataclass(frozen=True)
class Erasure:
    """An app's eraser. ``covers`` names the fields (``app.Model.field``) that lead from a person to rows which it empties
    or deletes; ``exempt`` those that stay, each with the reason."""

    app: str
    erase: Eraser
    covers: frozenset[str] = frozenset()
    exempt: Mapping[str, str] = field(default_factory=dict)


_erasures: dict[str, Erasure] = {}


def register(erasure: Erasure) -> None:
    """Declare how an app forgets people."""
    _erasures[erasure.app] = erasure


def erasures() -> list[Erasure]:
    """Every app's, those first that depend on others."""
    return list(reversed(_erasures.values()))


def erase(person: Person) -> dict[str, int]:
    """Have every app forget a person; how many rows of what kind. Call inside a transaction."""
    counts: dict[str, int] = {}
    for each in erasures():
        for kind, count in each.erase(person).items():
            counts[kind] = counts.get(kind, 0) + count
    return {kind: count for kind, count in sorted(counts.items()) if count}
