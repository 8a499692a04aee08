"""What a selection asks of the calendar, reviews included, and whether it is there."""

from __future__ import annotations

import math
from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import timedelta

from learning.planner.capacity import Capacity
from learning.planner.keeping import kept_reviews
from learning.planner.rules import MAXIMUM_DAYS, REVIEWS_AT_MOST
from learning.planner.types import PlanRequest, ReviewDue


def charged_reviews(request: PlanRequest, needed: Container[str]) -> list[ReviewDue]:
    """The reviews that count, those of the plan before included that go on, by date. ``needed`` are skills to be learned.

    Reviews count that are due within the longest plan there can be, however long this one is. So a longer plan never has
    less time for learning than a shorter one.
    """
    last = request.today + timedelta(days=MAXIMUM_DAYS)
    refused = {
        (skill, item.date)
        for item in request.kept
        if item.kind == "review" and item.state != "planned"
        for skill in item.skills
    }
    due = [
        review
        for review in (*request.reviews, *kept_reviews(request, needed))
        if review.due_on <= last
        and review.minutes > 0
        and not any(skill == review.skill and on >= review.due_on for skill, on in refused)
    ]
    return sorted(due, key=lambda review: (review.due_on, review.skill, review.minutes))


def minutes_to_learn(available: int, reviews: Sequence[ReviewDue]) -> int:
    """What the reviews leave of the minutes."""
    return available - min(sum(review.minutes for review in reviews), int(available * REVIEWS_AT_MOST))


def minutes_needed(learning: int, reviews: Sequence[ReviewDue]) -> int:
    """The least minutes of which the reviews leave as many as are asked for learning."""
    if not learning:
        return 0
    asked = sum(review.minutes for review in reviews)
    needed = min(learning + asked, math.floor(learning / (1 - REVIEWS_AT_MOST)))
    while minutes_to_learn(needed, reviews) < learning:
        needed += 1
    return needed


@dataclass(frozen=True, slots=True)
class Time:
    """The capacity, the reviews that are charged to it, and the minutes of milestones that only have to end."""

    capacity: Capacity
    reviews: Sequence[ReviewDue]
    ending: int

    @property
    def learning(self) -> int:
        """The minutes that are left to learn something new."""
        return minutes_to_learn(self.capacity.minutes, self.reviews) - self.ending
