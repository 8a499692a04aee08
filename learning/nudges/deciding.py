"""What a learner is to be reminded of: pure functions over plain facts.

An occasion is named so that it comes once: an overdue reminder by the day of the newest item that is late, a review by the
day of the newest that is due, a streak by its day, a finished plan by its id. So nothing is said again until there is
something new, and of what is late or due not more often than every third day.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from learning.nudges import wording

# Of the same kind there are at least so many days between two reminders.
DAYS_BETWEEN = 3
# Who has done nothing for so long isn't reminded of what is late any more; the weekly digest still comes.
DAYS_UNTIL_QUIET = 21
SHORTEST_STREAK = 2
MONDAY = 0

Kind = Literal["overdue", "streak", "review", "finished", "digest"]


@dataclass(frozen=True, slots=True)
class Task:
    """An item of the plan that isn't done."""

    title: str
    date: date
    minutes: int


@dataclass(frozen=True, slots=True)
class DueReview:
    """A skill that is to be looked at again since a day."""

    skill: str
    due_on: date


@dataclass(frozen=True, slots=True)
class FinishedPlan:
    """A plan of which nothing is left to do."""

    id: str
    days: int
    done: int
    skipped: int


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of one learner, on ``today`` by their clock.

    ``overdue`` are items of days before, oldest first; ``next_task`` is what would be done now. ``streak`` counts the days
    of a streak that is at risk today, ``freezes`` the missed days that it can stand. ``last_active`` is when something was
    done last, or when the plan was made. ``last_made`` is the day on which the latest reminder of each kind was made,
    ``made`` the occasions of those, and ``is_mailed`` says whether the day's only mail is made already.
    """

    today: date
    is_evening: bool = False
    overdue: Sequence[Task] = ()
    next_task: Task | None = None
    reviews: Sequence[DueReview] = ()
    finished: Sequence[FinishedPlan] = ()
    streak: int = 0
    freezes: int = 0
    has_studied_today: bool = False
    last_active: date | None = None
    last_made: Mapping[str, date] = field(default_factory=dict)
    made: frozenset[tuple[str, str]] = frozenset()
    is_mailed: bool = False
    has_plan: bool = False


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A reminder to be made."""

    kind: Kind
    occasion: str
    title: str
    text: str


def drafts(facts: Facts) -> list[Draft]:
    """The reminders that are to be made now, the most important first. The same facts give the same."""
    found = [draft for decide in _DECISIONS for draft in decide(facts)]
    return [draft for draft in found if (draft.kind, draft.occasion) not in facts.made]


def digest_is_due(facts: Facts) -> bool:
    """Whether the week's digest is to be made: on Mondays, for who has a plan or did something lately."""
    is_told = ("digest", digest_occasion(facts.today)) in facts.made
    return facts.today.weekday() == MONDAY and not is_told and (facts.has_plan or not _is_quiet(facts))


def digest_occasion(today: date) -> str:
    """The ISO week that a digest of that day is sent in, such as ``2026-W47``."""
    year, week, _ = today.isocalendar()
    return f"{year}-W{week:02}"


def _finished(facts: Facts) -> list[Draft]:
    return [
        Draft(kind="finished", occasion=plan.id, title=wording.FINISHED, text=wording.finished(plan))
        for plan in facts.finished
    ]


def _streak(facts: Facts) -> list[Draft]:
    if facts.streak < SHORTEST_STREAK or facts.has_studied_today or not facts.is_evening:
        return []
    return [
        Draft(
            kind="streak",
            occasion=facts.today.isoformat(),
            title=f"Your streak of {facts.streak} days is at risk",
            text=wording.streak(facts.streak, facts.freezes, facts.next_task),
        )
    ]


def _overdue(facts: Facts) -> list[Draft]:
    if not facts.overdue or _is_quiet(facts) or _was_lately(facts, "overdue"):
        return []
    newest = max(task.date for task in facts.overdue)
    return [
        Draft(
            kind="overdue",
            occasion=newest.isoformat(),
            title=f"{wording.count(len(facts.overdue), 'item')} of your plan {wording.is_are(len(facts.overdue))} late",
            text=wording.overdue(facts.overdue),
        )
    ]


def _review(facts: Facts) -> list[Draft]:
    if not facts.reviews or _is_quiet(facts) or _was_lately(facts, "review"):
        return []
    newest = max(review.due_on for review in facts.reviews)
    return [
        Draft(
            kind="review",
            occasion=newest.isoformat(),
            title=f"{wording.count(len(facts.reviews), 'skill')} to look at again",
            text=wording.reviews(facts.reviews),
        )
    ]


def _is_quiet(facts: Facts) -> bool:
    return facts.last_active is None or (facts.today - facts.last_active).days > DAYS_UNTIL_QUIET


def _was_lately(facts: Facts, kind: str) -> bool:
    last = facts.last_made.get(kind)
    return last is not None and (facts.today - last).days < DAYS_BETWEEN


_DECISIONS: tuple[Callable[[Facts], list[Draft]], ...] = (_finished, _streak, _overdue, _review)
