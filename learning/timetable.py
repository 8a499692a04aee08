"""How the items of a plan lie within their days: one after another, in order of position. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date as date_type
from typing import Protocol
from uuid import UUID


class Timed(Protocol):
    """An item as far as its time is concerned."""

    @property
    def uid(self) -> UUID: ...
    @property
    def date(self) -> date_type: ...
    @property
    def position(self) -> int: ...
    @property
    def minutes(self) -> int: ...


def minutes_before(items: Iterable[Timed]) -> dict[UUID, int]:
    """For each item the minutes of those before it on its day, by uid.

    Done and skipped items keep their place, so that settling one moves no other.
    """
    starts: dict[UUID, int] = {}
    filled: defaultdict[date_type, int] = defaultdict(int)
    for item in sorted(items, key=lambda each: (each.date, each.position, each.uid)):
        starts[item.uid] = filled[item.date]
        filled[item.date] += item.minutes
    return starts
