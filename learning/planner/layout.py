"""Works laid out over days: one after the other, in parts where they are longer than a day, with reviews between."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from learning.planner.capacity import Capacity, Day
from learning.planner.rules import REVIEW_INTERVALS, REVIEW_MINUTES, SHORTEST_PART
from learning.planner.works import Work


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a work on a day."""

    date: date
    minutes: int
    work: Work


@dataclass(frozen=True, slots=True, order=True)
class Review:
    """A skill (by id) to be looked at again from a date on; ``number`` 0 for one that was due before the plan."""

    due_on: date
    skill: str
    number: int
    minutes: int


@dataclass(frozen=True, slots=True)
class PlacedReview:
    date: date
    review: Review


@dataclass(slots=True)
class Layout:
    pieces: list[Piece] = field(default_factory=list)
    reviews: list[PlacedReview] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Fill:
    """How full days get: a share of each, and whether any part will do, however short."""

    share: float
    any_part: bool = False


def lay_out(works: Sequence[Work], reviews: Sequence[Review], capacity: Capacity, fill: Fill) -> Layout | None:
    """The works over the days in their order, or None where they don't fit.

    With ``Fill(1, any_part=True)`` works always fit whose minutes, with those of all reviews that may come between, are
    not more than the capacity: no day is left before it is full while there is a work left.
    """
    return _Filling(works, reviews, fill).over(capacity.days)


class _Filling:
    def __init__(self, works: Sequence[Work], reviews: Sequence[Review], fill: Fill) -> None:
        self._works = works
        self._reviews = list(reviews)
        heapq.heapify(self._reviews)
        self._fill = fill
        self._next = 0
        self._left = works[0].minutes if works else 0
        self._layout = Layout()
        self._last = {skill: work.rank for work in works if work.kind == "study" for skill in work.skills}

    def over(self, days: Sequence[Day]) -> Layout | None:
        for day in days:
            if day.share:
                used = self._place_reviews(day)
                self._place_works(day, used)
        return self._layout if self._next == len(self._works) else None

    def _place_reviews(self, day: Day) -> int:
        """Reviews that are due, on at most half of the day while there is something left to study."""
        most = day.share if self._next == len(self._works) else max(day.share // 2, min(day.share, REVIEW_MINUTES))
        used = 0
        waiting: list[Review] = []
        today: set[str] = set()
        while self._reviews and self._reviews[0].due_on <= day.date:
            review = heapq.heappop(self._reviews)
            if used + review.minutes > most or review.skill in today:
                waiting.append(review)
                continue
            used += review.minutes
            today.add(review.skill)
            self._layout.reviews.append(PlacedReview(day.date, review))
            self._follow_up(review.skill, review.number, day.date)
        for review in waiting:
            heapq.heappush(self._reviews, review)
        return used

    def _follow_up(self, skill: str, number: int, on: date) -> None:
        """After a review, or the last part of a study (number 1 is next), when the skill is to be looked at again."""
        if 0 < number < len(REVIEW_INTERVALS):
            due = on + timedelta(days=REVIEW_INTERVALS[number])
            heapq.heappush(self._reviews, Review(due, skill, number + 1, REVIEW_MINUTES))

    def _place_works(self, day: Day, used: int) -> None:
        room = (day.share if self._fill.any_part else int(day.share * self._fill.share)) - used
        reserve = day.share - used
        while self._next < len(self._works):
            minutes = self._part(room, reserve)
            if minutes <= 0:
                return
            work = self._works[self._next]
            self._layout.pieces.append(Piece(day.date, minutes, work))
            self._left -= minutes
            room, reserve = room - minutes, reserve - minutes
            if self._left == 0:
                self._finish(work, day.date)

    def _part(self, room: int, reserve: int) -> int:
        """How much of the work goes into the room; the day's reserve is for the end of a work alone."""
        left = self._left
        if self._fill.any_part or left <= room:
            return min(left, room)
        if left <= reserve and left - room < SHORTEST_PART:
            return left
        part = min(room, left - SHORTEST_PART)
        return part if part >= SHORTEST_PART else 0

    def _finish(self, work: Work, on: date) -> None:
        if work.kind == "study":
            for skill in work.skills:
                if self._last[skill] == work.rank:
                    due = on + timedelta(days=REVIEW_INTERVALS[0])
                    heapq.heappush(self._reviews, Review(due, skill, 1, REVIEW_MINUTES))
        self._next += 1
        if self._next < len(self._works):
            self._left = self._works[self._next].minutes
