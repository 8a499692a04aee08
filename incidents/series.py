"""What one fingerprint ever said, and the times that it fired. Pure.

Deliveries come late, twice and in any order, so alerts are never changed step by step: every event of a fingerprint is
kept in its place in time, and the alerts are computed from all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

FIRING, RESOLVED, FLOOR = "firing", "resolved", "floor"
# A person ended it, whatever its source goes on to say.
CLOSED = "closed"
ENDS = frozenset({RESOLVED, CLOSED})
# A source that repeats for so long after that what a person closed, says that it fires still; less is an echo.
ECHO = timedelta(minutes=5)
# Events are let go when they become many or old; what an alert still needs stays.
MOST_EVENTS, KEPT_EVENTS = 200, 100
KEPT_FOR = timedelta(days=2)


class Event(NamedTuple):
    """``status`` was said so many ``times`` for the time ``at``."""

    at: datetime
    status: str
    times: int

    @property
    def place(self) -> tuple[datetime, bool]:
        """Where it stands among the others: what began and ended at once has ended."""
        return self.at, self.status in ENDS


@dataclass(frozen=True)
class Episode:
    """One time that something was wrong, from its first firing to its end (None while it fires). ``count``: times said."""

    started_at: datetime
    ended_at: datetime | None
    count: int


@dataclass(frozen=True)
class History:
    """The events of a fingerprint in order of time. What happened before ``floor`` was let go."""

    events: Sequence[Event] = ()
    floor: datetime | None = field(default=None)

    @classmethod
    def from_json(cls, stored: Sequence[Sequence[Any]]) -> History:
        """The history from ``AlertSeries.events``."""
        events = [Event(datetime.fromisoformat(at), status, count) for at, status, count in stored]
        floor = next((event.at for event in events if event.status == FLOOR), None)
        return cls(tuple(event for event in events if event.status != FLOOR), floor)

    def as_json(self) -> list[list[Any]]:
        """As ``AlertSeries.events`` stores it: ``[time in ISO 8601, status, count]``."""
        ahead = [Event(self.floor, FLOOR, 0)] if self.floor else []
        return [[event.at.isoformat(), event.status, event.times] for event in (*ahead, *self.events)]

    def with_events(self, new: Iterable[tuple[datetime, str]]) -> History:
        """The history with more in it; what is older than its floor is left out."""
        counts = {(event.at, event.status): event.times for event in self.events}
        for at, status in new:
            if (at, status) in counts or self.floor is None or at > self.floor:
                counts[at, status] = counts.get((at, status), 0) + 1
        events = [Event(at, status, count) for (at, status), count in counts.items()]
        return replace(self, events=tuple(sorted(events, key=lambda event: event.place)))

    def closed(self, now: datetime) -> History:
        """The history with its end as a person said, after all that is in it."""
        return self.with_events([(max([now, *(event.at for event in self.events)]), CLOSED)])

    def place_of(self, at: datetime, status: str, received_at: datetime) -> datetime:
        """When something that was said counts. That it fires, said again of a time before a person closed it and long after
        they did, counts from then on, unless its source says that it ended."""
        closed = max((event.at for event in self.events if event.status == CLOSED), default=None)
        if status != FIRING or closed is None or at > closed or received_at <= closed + ECHO:
            return at
        ended = any(event.status == RESOLVED and event.at >= at for event in self.events)
        return at if ended else received_at

    def shortened(self, reopen_within: timedelta) -> History:
        """The same without what is old or too much: the newest alerts come out alike."""
        first_kept = self._first_kept()
        if not first_kept:
            return self
        before, kept = self.events[:first_kept], tuple(self.events[first_kept:])
        going_on = fold(self.events, reopen_within)
        own = next((each for each in going_on if _covers(each, kept[0].at)), None)
        if own is not None and own.started_at < kept[0].at:
            said = sum(event.times for event in before if event.status == FIRING and event.at >= own.started_at)
            kept = (Event(own.started_at, FIRING, said), *kept)
        return History(kept, max(event.at for event in before))

    def _first_kept(self) -> int:
        """How many events may go; those that stay begin with a firing one."""
        if not self.events:
            return 0
        old = sum(event.at < self.events[-1].at - KEPT_FOR for event in self.events)
        many = len(self.events) - KEPT_EVENTS if len(self.events) > MOST_EVENTS else 0
        wanted = max(old, many)
        # Ends that came before their beginnings stay: the beginnings may be on their way.
        if not wanted:
            return 0
        firing = [index for index, event in enumerate(self.events) if event.status == FIRING]
        if not firing:
            return wanted
        found = next((index for index in firing if index >= wanted), firing[-1])
        # One event that stands for those before it is no saving.
        return found if found > 1 else 0


def fold(events: Iterable[Event], reopen_within: timedelta) -> list[Episode]:
    """The times that it fired, in order. ``events`` are in order of time.

    It ends when it is first said to be resolved or closed. Firing again within ``reopen_within`` of the end goes on with
    it; later is another one. Resolved without a firing before is none.
    """
    episodes: list[Episode] = []
    for at, status, times in events:
        last = episodes[-1] if episodes else None
        if status in ENDS:
            if last is not None and last.ended_at is None:
                episodes[-1] = replace(last, ended_at=at)
        elif last is None or (last.ended_at is not None and at - last.ended_at > reopen_within):
            episodes.append(Episode(at, None, times))
        else:
            episodes[-1] = replace(last, ended_at=None, count=last.count + times)
    return episodes


def changes(events: Iterable[Event]) -> list[datetime]:
    """When it changed its state: began to fire, or ended."""
    found, fired = [], False
    for at, status, _ in events:
        if (status == FIRING) != fired:
            found.append(at)
        fired = status == FIRING
    return found


def is_flapping(events: Iterable[Event], now: datetime, *, most: int, within: timedelta) -> bool:
    """Whether it changed its state at least ``most`` times in the time ``within`` before now."""
    return sum(now - within < at for at in changes(events)) >= most


def is_restless(events: Iterable[Event], now: datetime, *, within: timedelta) -> bool:
    """Whether it changed its state at all in the time ``within`` before now."""
    return any(now - within < at for at in changes(events))


def _covers(episode: Episode, at: datetime) -> bool:
    return episode.started_at <= at and (episode.ended_at is None or at <= episode.ended_at)
