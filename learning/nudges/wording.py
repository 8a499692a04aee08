"""The texts of reminders, as plain text: paragraphs parted by empty lines, and lists whose lines begin with a dash.

The titles in them are of whoever wrote the catalogue; each is kept to one line and to a bounded length.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from learning.nudges.deciding import DueReview, FinishedPlan, Task

FINISHED = "You have finished your plan"
LONGEST_LIST = 8
LONGEST_LINE = 160


def overdue(tasks: Sequence[Task]) -> str:
    """What was planned for days before."""
    lines = [f"{line(task.title)}, {duration(task.minutes)}, planned for {day(task.date)}" for task in tasks]
    return (
        f"Not done yet:\n\n{bullets(lines)}\n\n"
        "Do what is left, skip what you don't need, or replan: then Aurora spreads the rest over the days that remain."
    )


def streak(days: int, freezes: int, task: Task | None) -> str:
    """That nothing is done today, and what that means."""
    ends = (
        f"Without anything today a freeze is used; you have {freezes}."
        if freezes
        else "Without anything today it ends."
    )
    text = f"You have learned on {days} days in a row, and nothing is done today yet. {ends}"
    return f"{text}\n\nNext: {line(task.title)}, {duration(task.minutes)}." if task else text


def reviews(due: Sequence[DueReview]) -> str:
    """Skills that are to be looked at again."""
    lines = [f"{line(review.skill)}, since {day(review.due_on)}" for review in due]
    return f"These are about to be forgotten; a few minutes each keep them:\n\n{bullets(lines)}"


def finished(plan: FinishedPlan) -> str:
    """What was done of a plan, and what may come after."""
    skipped = f", {plan.skipped} skipped" if plan.skipped else ""
    return (
        f"Nothing is left of your plan of {plan.days} days: {count(plan.done, 'item')} done{skipped}.\n\n"
        "See on the progress page what you have reached, or make the next plan."
    )


def bullets(lines: Sequence[str]) -> str:
    """A list; of a long one the beginning, and how many more there are."""
    shown = [f"- {each}" for each in lines[:LONGEST_LIST]]
    if len(lines) > LONGEST_LIST:
        shown.append(f"- and {len(lines) - LONGEST_LIST} more")
    return "\n".join(shown)


def line(text: str) -> str:
    """A text of others on one line without control characters."""
    clean = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    return clean if len(clean) <= LONGEST_LINE else clean[: LONGEST_LINE - 1] + "…"


def day(when: date) -> str:
    """Such as ``Thu 19 Nov``."""
    return f"{when:%a} {when.day} {when:%b}"


def duration(minutes: int) -> str:
    """Such as ``45 min`` or ``1 h 30 min``."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{rest} min"
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def count(number: int, noun: str) -> str:
    """Such as ``1 item``, ``2 items``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def is_are(number: int) -> str:
    return "is" if number == 1 else "are"
