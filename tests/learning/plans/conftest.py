"""A day of one's own: what a learner's today is."""

from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest

from learning.selectors import plans
from tests.learning.plans.catalogue import MONDAY


class Clock:
    def __init__(self) -> None:
        self.moment: datetime = MONDAY

    def now(self) -> datetime:
        return self.moment

    def forward(self, **by: int) -> None:
        self.moment += timedelta(**by)


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """A Monday for plans; all else, such as how long a sign-in holds, goes by the real time."""
    clock = Clock()
    monkeypatch.setattr(plans, "timezone", SimpleNamespace(now=clock.now))
    return clock
