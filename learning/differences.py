"""What is different between two versions of a plan. Pure: items are anything with the attributes of PlanItem."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from learning.timetable import Timed, minutes_before

# What of an item is shown to its learner, apart from its day. Where it starts follows from the others of its day.
COMPARED = ("minutes", "title", "kind", "part", "parts")


class Compared(Timed, Protocol):
    """An item of a plan as far as versions are told apart by it."""

    @property
    def uid(self) -> UUID: ...
    @property
    def title(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def part(self) -> int: ...
    @property
    def parts(self) -> int: ...


@dataclass(frozen=True)
class Difference:
    """What a version added, removed, moved to another day, and changed otherwise; ``kept`` counts what stayed as it was.

    ``added`` and ``removed`` hold ``{"uid", "title", "date", "minutes"}``, ``moved`` ``{"uid", "title", "from", "to"}``,
    ``changed`` ``{"uid", "title", "date", "changes": {name: {"from", "to"}}}``, where the name ``start`` stands for the
    minutes of the day's items before it. Dates are ISO 8601.
    """

    added: list[dict[str, Any]] = field(default_factory=list)
    removed: list[dict[str, Any]] = field(default_factory=list)
    moved: list[dict[str, Any]] = field(default_factory=list)
    changed: list[dict[str, Any]] = field(default_factory=list)
    kept: int = 0

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.removed or self.moved or self.changed)

    @property
    def touched(self) -> frozenset[str]:
        """The uids of the items in both versions that a calendar shows otherwise now."""
        return frozenset(row["uid"] for row in (*self.moved, *self.changed))

    def as_json(self) -> dict[str, Any]:
        return {
            "added": self.added,
            "removed": self.removed,
            "moved": self.moved,
            "changed": self.changed,
            "kept": self.kept,
        }


def difference(before: Iterable[Compared], after: Iterable[Compared]) -> Difference:
    """What ``after`` does otherwise than ``before``; items are the same where their ``uid`` is."""
    old, new = {item.uid: item for item in before}, {item.uid: item for item in after}
    old_starts, new_starts = minutes_before(old.values()), minutes_before(new.values())
    both = [uid for uid in new if uid in old]
    moved = [_moved(old[uid], new[uid]) for uid in both if old[uid].date != new[uid].date]
    changes = {uid: _changes(old[uid], new[uid], old_starts[uid], new_starts[uid]) for uid in both}
    changed = [_changed(new[uid], changes[uid]) for uid in both if changes[uid]]
    touched = {row["uid"] for row in (*moved, *changed)}
    return Difference(
        added=[_row(item) for uid, item in new.items() if uid not in old],
        removed=[_row(item) for uid, item in old.items() if uid not in new],
        moved=moved,
        changed=changed,
        kept=len(both) - len(touched),
    )


def _row(item: Compared) -> dict[str, Any]:
    return {"uid": str(item.uid), "title": item.title, "date": item.date.isoformat(), "minutes": item.minutes}


def _moved(old: Compared, new: Compared) -> dict[str, Any]:
    return {
        "uid": str(new.uid),
        "title": new.title,
        "from": old.date.isoformat(),
        "to": new.date.isoformat(),
    }


def _changed(item: Compared, changes: Mapping[str, Any]) -> dict[str, Any]:
    return {"uid": str(item.uid), "title": item.title, "date": item.date.isoformat(), "changes": changes}


def _changes(old: Compared, new: Compared, old_start: int, new_start: int) -> dict[str, Any]:
    values = {name: (getattr(old, name), getattr(new, name)) for name in COMPARED}
    if _names_in(old.title) == _names_in(new.title):
        del values["title"]
    if old.date == new.date:
        values["start"] = (old_start, new_start)
    return {name: {"from": one, "to": other} for name, (one, other) in values.items() if one != other}


def _names_in(title: str) -> list[str]:
    """What a title names, in no order: "SQL and Git" says the same as "Git and SQL"."""
    kind, mark, names = title.partition(": ")
    parts = re.split(r", | and ", names if mark else kind)
    return [kind if mark else "", *sorted(parts)]
