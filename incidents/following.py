"""Follows an organisation's incidents as they change: every timeline entry once, in order, from any point on.

Entries are numbered in the order in which they are committed (``journal``), so whoever has seen number n asks for what is
above it. Followers of one organisation in one event loop share what is read: a change costs a query, not one for each.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary, WeakValueDictionary

from agents.runs.bell import on_topic
from agents.runs.database import through_outages
from incidents.models import IncidentLog, TimelineEntry
from incidents.ringing import topic_of

# A ring can be lost; so often a follower looks by itself.
LOOK_SECONDS = 5.0
OUTAGE_SECONDS = 30.0
PAGE = 100
# Who is further behind loads the list anew sooner than these are replayed.
MOST_REPLAYED = 2000
SHARED = 500
LONGEST_TEXT = 500


@dataclass(frozen=True, slots=True)
class Change:
    """One timeline entry as followers get it; ``text`` is its JSON. A ``reset`` tells to load what is shown anew."""

    seq: int
    text: str
    event: str = ""

    def as_sse(self) -> bytes:
        """A server-sent event; its id is where to go on."""
        name = f"event: {self.event}\n" if self.event else ""
        return f"id: {self.seq}\n{name}data: {self.text}\n\n".encode()


async def follow(organization_id: UUID, after: int) -> AsyncIterator[Change | None]:
    """Changes numbered above ``after``, for ever. None now and then, while nothing happens.

    A follower that is too far behind, or ahead of what there is, gets one ``reset`` and goes on from the end.
    Raises the database's error when it stays away for long; the follower then begins anew behind what it has.
    """
    async with on_topic(topic_of(organization_id)) as bell:
        feed = _Feed.of(organization_id)
        last = await through_outages(last_seq, OUTAGE_SECONDS, organization_id)
        seen = min(after, last)
        if after > last:
            yield _reset(last)
        while True:
            changes = await feed.above(seen)
            for change in changes:
                yield change
            if changes:
                seen = changes[-1].seq
            elif not await bell.wait(LOOK_SECONDS):
                yield None


class _Feed:
    """The newest changes of an organisation, as one event loop's followers read them."""

    def __init__(self, organization_id: UUID) -> None:
        self._organization_id = organization_id
        self._recent: deque[Change] = deque(maxlen=SHARED)
        # Everything above this number, up to the newest of the recent ones, is among them.
        self._floor: int | None = None
        self._read_at = 0.0
        self._reading = asyncio.Lock()

    @classmethod
    def of(cls, organization_id: UUID) -> _Feed:
        """The running event loop's; it goes when its last follower does."""
        feeds = _feeds.setdefault(asyncio.get_running_loop(), WeakValueDictionary())
        feed = feeds.get(organization_id)
        if feed is None:
            feed = feeds[organization_id] = cls(organization_id)
        return feed

    async def above(self, seen: int) -> list[Change]:
        """The next changes above a number, as far as they are there, or one ``reset``."""
        asked_at = time.monotonic()
        if self._floor is not None and seen < self._floor:
            return await self._read(seen)
        async with self._reading:
            found = self._shared(seen)
            # What another follower read since this one was woken holds for it too.
            if not found and self._read_at < asked_at:
                found = await self._read_on(seen)
            return found

    def _shared(self, seen: int) -> list[Change]:
        if self._floor is None or seen < self._floor:
            return []
        return [change for change in self._recent if change.seq > seen][:PAGE]

    async def _read_on(self, seen: int) -> list[Change]:
        began = time.monotonic()
        changes = await self._read(seen)
        self._read_at = began
        if changes and not changes[-1].event:
            self._keep(seen, changes)
        return changes

    def _keep(self, seen: int, changes: list[Change]) -> None:
        newest = self._recent[-1].seq if self._recent else None
        if self._floor is None or newest != seen:
            self._recent.clear()
            self._floor = seen
        for change in changes:
            if len(self._recent) == SHARED:
                self._floor = self._recent[0].seq
            self._recent.append(change)

    async def _read(self, seen: int) -> list[Change]:
        return await through_outages(changes_above, OUTAGE_SECONDS, self._organization_id, seen)


_feeds: WeakKeyDictionary[asyncio.AbstractEventLoop, WeakValueDictionary[UUID, _Feed]] = WeakKeyDictionary()


def last_seq(organization_id: UUID) -> int:
    """The number of the organisation's newest timeline entry, 0 before the first."""
    rows = IncidentLog.objects.for_organization(organization_id).values_list("last_seq", flat=True)
    return rows.first() or 0


def changes_above(organization_id: UUID, seen: int) -> list[Change]:
    """The next page of changes, or one ``reset`` where they are too many."""
    last = last_seq(organization_id)
    if last - seen > MOST_REPLAYED:
        return [_reset(last)]
    rows = TimelineEntry.objects.for_organization(organization_id).filter(seq__gt=seen).order_by("seq")
    return [_change(row) for row in rows.select_related("incident").defer("incident__summary")[:PAGE]]


def _reset(last: int) -> Change:
    return Change(last, json.dumps({"type": "reset", "seq": last}), "reset")


def _change(entry: TimelineEntry) -> Change:
    return Change(entry.seq, json.dumps(change_as_json(entry), ensure_ascii=False))


def change_as_json(entry: TimelineEntry) -> dict[str, Any]:
    """A timeline entry, and how its incident is now."""
    incident = entry.incident
    return {
        "type": "alert_correlated" if entry.kind == "alert.joined" else "incident_update",
        "seq": entry.seq,
        "incident_id": str(incident.pk),
        "kind": entry.kind,
        "at": entry.at.isoformat(),
        "actor_id": entry.actor_id,
        "text": entry.text[:LONGEST_TEXT],
        "data": entry.data,
        "number": incident.number,
        "title": incident.title,
        "status": incident.status,
        "severity": incident.severity,
        "source": incident.source_type,
        "assignee": incident.assignee_id,
        "alert_count": incident.alert_count,
        "firing_count": incident.firing_count,
    }
