"""A layout that changes as little as can be: items stay on their day, late ones come to the first that fits.

Two ways are tried. The first moves nothing but what is late or new, into time that is free. The second lets late work
take its turn first and moves what follows to the next day with room, in the order of the plan: the serial schedule
generation scheme of project scheduling (Kolisch, 1996) with the dates before as release dates.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from datetime import date, timedelta

from learning.planner.capacity import Capacity
from learning.planner.keeping import Before
from learning.planner.layout import Layout, Piece, PlacedReview, Review
from learning.planner.problem import Problem
from learning.planner.rules import REVIEW_INTERVALS, REVIEW_MINUTES, SHORTEST_PART
from learning.planner.works import Work


class Room:
    """What is free on each day, the bounds of weeks included."""

    def __init__(self, capacity: Capacity) -> None:
        self.days = capacity.days
        self._day = {day.date: day.minutes for day in capacity.days}
        self._weeks = dict(capacity.weeks)
        self._week_of = {day.date: day.week for day in capacity.days}

    def on(self, day: date) -> int:
        return min(self._day.get(day, 0), self._weeks[self._week_of[day]]) if day in self._day else 0

    def take(self, day: date, minutes: int) -> None:
        self._day[day] -= minutes
        self._weeks[self._week_of[day]] -= minutes

    def first(self, minutes: int, earliest: date, latest: date = date.max, but: Container[date] = ()) -> date | None:
        """The first day with room, between these dates and none of some."""
        for day in self.days:
            if earliest <= day.date <= latest and self.on(day.date) >= minutes and day.date not in but:
                return day.date
        return None


class Staying:
    """One attempt. ``layout`` gives it, or None where something doesn't fit."""

    def __init__(
        self, problem: Problem, works: Sequence[Work], reviews: Sequence[Review], capacity: Capacity, before: Before
    ) -> None:
        self._works = works
        self._before = before
        self._room = Room(capacity)
        self._today = capacity.days[0].date if capacity.days else date.max
        self._placed: dict[int, list[Piece]] = {}
        self._reviews = _ReviewsAgain(works, reviews, before, self._room, self._today)
        self._earlier = _earlier_works(problem, works)
        self._later: dict[int, list[int]] = {work.rank: [] for work in works}
        for rank, earlier in self._earlier.items():
            for one in earlier:
                self._later[one].append(rank)

    def layout(self, *, only_late: bool) -> Layout | None:
        """``only_late`` moves nothing else than what is late or new."""
        self._reviews.keep_due()
        if only_late:
            if not self._keep_all():
                return None
            self._reviews.of_studies(self._placed, only_kept=True)
        self._reviews.place_due()
        for work in self._works:
            if work.rank not in self._placed and not self._place(work):
                return None
        self._reviews.of_studies(self._placed)
        pieces = [piece for work in self._works for piece in self._placed[work.rank]]
        return Layout(pieces, self._reviews.placed)

    def _keep_all(self) -> bool:
        """Puts every work whose pieces all lie ahead where it was; False where that breaks an order or a day."""
        for work in self._works:
            pieces = self._before.fitting_pieces(work)
            if not pieces or pieces[0].date < self._today:
                continue
            for piece in pieces:
                if self._room.on(piece.date) < piece.minutes:
                    return False
                self._put(work, piece.date, piece.minutes)
        return all(self._orderly(rank) for rank in self._placed)

    def _orderly(self, rank: int) -> bool:
        dates = [piece.date for piece in self._placed[rank]]
        earlier = max((self._placed[one][-1].date for one in self._earlier[rank] if one in self._placed), default=None)
        return dates == sorted(dates) and (earlier is None or earlier <= dates[0])

    def _place(self, work: Work) -> bool:
        earliest = max([self._today, *(self._placed[one][-1].date for one in self._earlier[work.rank])])
        latest = min(
            (self._placed[one][0].date for one in self._later[work.rank] if one in self._placed),
            default=self._room.days[-1].date if self._room.days else earliest,
        )
        pieces = self._before.fitting_pieces(work)
        if not pieces:
            return self._split(work, earliest, latest)
        for piece in pieces:
            day = self._room.first(piece.minutes, max(earliest, piece.date), latest)
            if day is None:
                return False
            self._put(work, day, piece.minutes)
            earliest = day
        return True

    def _split(self, work: Work, earliest: date, latest: date) -> bool:
        """Places a work anew, in parts that are not too short."""
        left = work.minutes
        for day in self._room.days:
            if not earliest <= day.date <= latest:
                continue
            part = _part(left, self._room.on(day.date))
            if part:
                self._put(work, day.date, part)
                left -= part
            if not left:
                return True
        return False

    def _put(self, work: Work, day: date, minutes: int) -> None:
        self._room.take(day, minutes)
        self._placed.setdefault(work.rank, []).append(Piece(day, minutes, work))


class _ReviewsAgain:
    """The reviews of an attempt: where they were if that isn't too early, else on the first day with room, if any."""

    def __init__(
        self, works: Sequence[Work], reviews: Sequence[Review], before: Before, room: Room, today: date
    ) -> None:
        self._room = room
        self._today = today
        self._due = sorted(reviews)
        self._kept = {skill: [item.date for item in items] for skill, items in before.reviews.items()}
        self._studies: dict[str, list[int]] = {}
        for work in works:
            if work.kind == "study":
                for skill in work.skills:
                    self._studies.setdefault(skill, []).append(work.rank)
        self._done: dict[tuple[str, int], date] = {}
        self._days: dict[str, set[date]] = {}
        self.placed: list[PlacedReview] = []

    def keep_due(self) -> None:
        """Those that were due before the plan, where they were."""
        self._due = [review for review in self._due if not self._keep(review)]

    def place_due(self) -> None:
        """Those of them that couldn't stay."""
        for review in self._due:
            self._place(review)

    def of_studies(self, placed: Mapping[int, Sequence[Piece]], *, only_kept: bool = False) -> None:
        """The reviews that follow the studies that are placed."""
        ends = {
            skill: max(placed[rank][-1].date for rank in ranks)
            for skill, ranks in self._studies.items()
            if all(rank in placed for rank in ranks)
        }
        for skill in sorted(ends, key=lambda skill: (ends[skill], skill)):
            on = ends[skill]
            for number, days in enumerate(REVIEW_INTERVALS, start=1):
                if (skill, number) not in self._done:
                    review = Review(on + timedelta(days=days), skill, number, REVIEW_MINUTES)
                    if not (self._keep(review) or (not only_kept and self._place(review))):
                        break
                on = self._done[skill, number]

    def _keep(self, review: Review) -> bool:
        for day in self._kept.get(review.skill, ()):
            free = self._room.on(day) >= review.minutes and day not in self._days.get(review.skill, ())
            if free and day >= max(review.due_on, self._today):
                self._kept[review.skill].remove(day)
                self._put(review, day)
                return True
        return False

    def _place(self, review: Review) -> bool:
        day = self._room.first(review.minutes, max(review.due_on, self._today), but=self._days.get(review.skill, ()))
        if day is not None:
            self._put(review, day)
        return day is not None

    def _put(self, review: Review, day: date) -> None:
        self._room.take(day, review.minutes)
        self._done[review.skill, review.number] = day
        self._days.setdefault(review.skill, set()).add(day)
        self.placed.append(PlacedReview(day, review))


def _part(left: int, room: int) -> int:
    if left <= room:
        return left
    part = min(room, left - SHORTEST_PART)
    return part if part >= SHORTEST_PART else 0


def _earlier_works(problem: Problem, works: Sequence[Work]) -> dict[int, list[int]]:
    """For each work those that have to be over before: of prerequisites, and what a milestone's end closes."""
    studies: dict[str, list[int]] = {}
    for work in works:
        if work.kind == "study":
            for skill in work.skills:
                studies.setdefault(skill, []).append(work.rank)
    after = {need.skill: need.after for need in problem.needs}
    earlier: dict[int, list[int]] = {}
    for work in works:
        if work.kind == "study":
            found = {rank for skill in work.skills for one in after[skill] for rank in studies.get(one, ())}
        else:
            found = {rank for skill in work.skills for rank in studies.get(skill, ())}
            found |= {one.rank for one in works if one.kind == "project" and one.milestone == work.milestone}
        earlier[work.rank] = sorted(one for one in found if one < work.rank)
    return earlier


def stay(
    problem: Problem, works: Sequence[Work], reviews: Sequence[Review], capacity: Capacity, before: Before
) -> Layout | None:
    """The layout nearest to the plan before, or None where that can't be had without splitting things anew."""
    for only_late in (True, False):
        layout = Staying(problem, works, reviews, capacity, before).layout(only_late=only_late)
        if layout is not None:
            return layout
    return None
