"""Learners with a plan, at a moment that tests set."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from learning.models import ItemState, PlanState
from tests.factories.learning import LearnerFactory, PlanFactory, PlanItemFactory

# A Thursday, ten o'clock in Berlin.
NOW = datetime(2026, 11, 19, 9, tzinfo=UTC)
TODAY = NOW.date()


def clock(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    """Set the time that everybody sees."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: moment)


def learner(**fields):
    """Who is to be reminded by mail, between eight and six in Berlin."""
    return LearnerFactory(
        **{"name": "Mira", "email": "mira@example.org", "time_zone": "Europe/Berlin", "start_date": TODAY, **fields}
    )


def active_plan(who, *dates: date, done: tuple[date, ...] = ()):
    """A plan since two weeks with open items on dates, and items done on others, at noon in UTC."""
    plan = PlanFactory(learner=who, state=PlanState.ACTIVE, active_for=who, starts_on=TODAY - timedelta(days=14))
    for day in dates:
        PlanItemFactory(plan=plan, date=day, title=f"Study of {day}")
    for day in done:
        settled = datetime.combine(day, datetime.min.time(), tzinfo=UTC) + timedelta(hours=12)
        PlanItemFactory(plan=plan, date=day, title=f"Done on {day}", state=ItemState.DONE, settled_at=settled)
    return plan
