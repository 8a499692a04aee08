"""What to do next, and who may need a hand: both from numbers, each with its reason in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from learning.progress.pace import Pace

ActionKind = Literal["overdue", "today", "review", "assess", "next", "plan"]
PLAN_PAGE, SKILLS_PAGE = "/learning/plan", "/learning/skills"

SLOW_RATIO = 0.6
SLOW_AFTER_MINUTES = 120
QUIET_DAYS = 14
LATE_DAYS = 14


@dataclass(frozen=True, slots=True)
class OpenItem:
    """An item of a plan that is still to be done."""

    id: str
    title: str
    date: date
    minutes: int


@dataclass(frozen=True, slots=True)
class NextAction:
    """The next best thing to do and why; ``item`` is the plan's item, where it is one."""

    kind: ActionKind
    title: str
    why: str
    url: str
    item: str | None = None
    minutes: int | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "item": self.item,
            "title": self.title,
            "why": self.why,
            "url": self.url,
            "minutes": self.minutes,
        }


@dataclass(frozen=True, kw_only=True)
class Situation:
    """What the advice is drawn from. ``open_items`` are in order of date and position."""

    today: date
    has_plan: bool
    assessed: bool
    open_items: Sequence[OpenItem]
    reviews_due: int


def next_action(situation: Situation) -> NextAction:
    """What is overdue comes first, then what is for today, reviews, saying what one knows, the next item; without
    anything left to do, a plan."""
    today, items = situation.today, situation.open_items
    late = [item for item in items if item.date < today]
    if late:
        return _item_action("overdue", late[0], _overdue_why(late, today))
    if due := [item for item in items if item.date == today]:
        minutes = sum(item.minutes for item in due)
        return _item_action("today", due[0], f"It is planned for today: {_items(len(due))}, {minutes} minutes in all.")
    if situation.reviews_due:
        title = f"Review {_count(situation.reviews_due, 'skill')}"
        return NextAction("review", title, "What isn't looked at again is forgotten; it is due now.", PLAN_PAGE)
    if not situation.assessed:
        why = "A plan leaves out what you know already; nothing is known of that yet."
        return NextAction("assess", "Say what you know already", why, SKILLS_PAGE)
    if items:
        days = (items[0].date - today).days
        return _item_action("next", items[0], f"Nothing is due; this is planned in {_count(days, 'day')}.")
    why = "Everything of your plan is done." if situation.has_plan else "You have no plan yet."
    return NextAction("plan", "Make a plan", why, PLAN_PAGE)


def risk_of(*, pace: Pace, overdue: Sequence[date], last_study: date | None, begun: date, today: date) -> str:
    """Why a learner with a running plan may need a hand; empty where nothing says so.

    ``overdue`` are the dates of what is, ``begun`` the first day of the plan.
    """
    quiet = (today - max(last_study or begun, begun)).days
    if quiet >= QUIET_DAYS:
        return f"No study for {quiet} days."
    if overdue and (days := (today - min(overdue)).days) >= LATE_DAYS:
        return f"The oldest of {_items(len(overdue))} overdue was due {days} days ago."
    if pace.ratio is not None and pace.ratio < SLOW_RATIO and pace.due >= SLOW_AFTER_MINUTES:
        return f"{pace.done} of {pace.due} planned minutes are done."
    return ""


def day_text(day: date) -> str:
    """A date in words, such as 3 November 2026."""
    return f"{day.day} {day:%B %Y}"


def last_of(days: int, starts_on: date) -> date:
    """The last day of a plan."""
    return starts_on + timedelta(days=days - 1)


def _overdue_why(late: Sequence[OpenItem], today: date) -> str:
    days = (today - late[0].date).days
    text = f"It was due on {day_text(late[0].date)}, {_count(days, 'day')} ago."
    others = len(late) - 1
    more = "item is" if others == 1 else "items are"
    return f"{text} {others} more {more} overdue." if others else text


def _item_action(kind: ActionKind, item: OpenItem, why: str) -> NextAction:
    return NextAction(kind, item.title, why, f"{PLAN_PAGE}#item-{item.id}", item.id, item.minutes)


def _items(count: int) -> str:
    return _count(count, "item")


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
