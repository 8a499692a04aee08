"""When a learner will be done: dates between which the end lies with a probability of 80 %.

The minutes that are left are worked off on paper some hundred times. Each time every coming week has the ratio of done
to allowed minutes of a week drawn at random (a bootstrap, Efron 1979): of the learner's own weeks, recent ones rather,
or of those of learners in general, who count the less the more is known of this one (shrinkage). One factor for the
whole run stands for what the past can't tell. The constants were fitted to simulated learners by ``bench/forecast.py``;
how, and how well it holds, is in docs/learning/progress.md. The same input gives the same dates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from statistics import NormalDist
from typing import Any, Literal

import numpy as np

HORIZON_DAYS = 365
RUNS = 400
DAYS_PER_WEEK = 7
Reason = Literal["", "no_plan", "finished", "no_time", "beyond_horizon"]


@dataclass(frozen=True)
class Fitted:
    """What was fitted: the weekly ratios of learners in general, how many weeks they count for, the half-life in weeks
    of a learner's own weeks, and the deviation of the factor (of its logarithm)."""

    ratios: tuple[float, ...] = (0.0, 0.0, 0.08, 0.2, 0.3, 0.39, 0.47, 0.55, 0.65, 0.79, 0.98, 1.5)
    prior_weeks: float = 1.5
    half_life_weeks: float = 10.0
    spread: float = 0.5


FITTED = Fitted()


@dataclass(frozen=True)
class Workload:
    """What a forecast is made from. ``done`` holds planned minutes of the items done, by day, up to ``as_of``, the last
    day that counts as over; ``remaining_minutes`` those of the items that aren't."""

    starts_on: date
    as_of: date
    done: Mapping[date, int]
    remaining_minutes: int
    minutes_per_weekday: Sequence[int]
    blackout: frozenset[date] = frozenset()

    def minutes_on(self, day: date) -> int:
        """What a day allows."""
        return 0 if day in self.blackout else self.minutes_per_weekday[day.weekday()]


@dataclass(frozen=True, slots=True)
class Forecast:
    """The day by which the learner is done in 10, 50 and 90 of 100 cases; None where that is more than a year away, or
    for a ``reason``."""

    p10: date | None
    p50: date | None
    p90: date | None
    reason: Reason = ""

    def as_json(self) -> dict[str, Any]:
        days = {"p10": self.p10, "p50": self.p50, "p90": self.p90}
        return {name: day.isoformat() if day else None for name, day in days.items()} | {"reason": self.reason}


def forecast_of(work: Workload, fitted: Fitted = FITTED) -> Forecast:
    """When the rest will be done."""
    if work.remaining_minutes <= 0:
        return Forecast(None, None, None, "finished")
    coming = [work.as_of + timedelta(days=number + 1) for number in range(HORIZON_DAYS)]
    allowed = np.array([work.minutes_on(day) for day in coming], dtype=float)
    if not allowed.any():
        return Forecast(None, None, None, "no_time")
    ends = np.sort(_days_needed(work.remaining_minutes, allowed, _ratios_of_weeks(work, fitted)))
    p10, p50, p90 = (
        coming[day] if day < HORIZON_DAYS else None for day in (ends[round(RUNS * share)] for share in (0.1, 0.5, 0.9))
    )
    return Forecast(p10, p50, p90, "" if p50 else "beyond_horizon")


def _ratios_of_weeks(work: Workload, fitted: Fitted) -> np.ndarray:
    """For each run the ratio of done to allowed minutes in each coming week: (runs, weeks)."""
    own = weekly_ratios(work)
    weights = np.array([2 ** (-age / fitted.half_life_weeks) for age in range(len(own))])
    prior = np.full(len(fitted.ratios), fitted.prior_weeks / len(fitted.ratios))
    chances = np.concatenate([weights, prior])
    ratios = np.concatenate([np.array(own, dtype=float), np.array(fitted.ratios)])
    places, normals = _dice()
    drawn = ratios[np.searchsorted(np.cumsum(chances / chances.sum())[:-1], places, side="right")]
    factors = np.exp(fitted.spread * normals)
    return drawn * factors[:, None]


def _days_needed(remaining: int, allowed: np.ndarray, ratios: np.ndarray) -> np.ndarray:
    """For each run the days before that of the last minute; at least HORIZON_DAYS where it isn't reached."""
    allowed_by = np.concatenate([[0.0], np.cumsum(allowed)])
    week_starts = allowed_by[np.minimum(np.arange(ratios.shape[1] + 1) * DAYS_PER_WEEK, len(allowed))]
    done_by = np.cumsum(ratios * np.diff(week_starts), axis=1)
    reached = done_by >= remaining
    week = reached.argmax(axis=1)
    runs = np.arange(len(ratios))
    before = np.where(week > 0, done_by[runs, week - 1], 0.0)
    # Within the week in which it is reached, the rest takes as many of the allowed minutes as the week's ratio says.
    spent = week_starts[week] + (remaining - before) / np.maximum(ratios[runs, week], 1e-9)
    days = np.searchsorted(allowed_by[1:], spent - 1e-6)
    return np.where(reached.any(axis=1), days, HORIZON_DAYS)


@cache
def _dice() -> tuple[np.ndarray, np.ndarray]:
    """The same throws for everyone: one from 0 to 1 for each run and week, and evenly spread normal ones for the runs."""
    normal = NormalDist()
    evenly = [normal.inv_cdf((run + 0.5) / RUNS) for run in range(RUNS)]
    weeks = -(-HORIZON_DAYS // DAYS_PER_WEEK)
    return np.random.default_rng(20260105).random((RUNS, weeks)), np.array(evenly)


def weekly_ratios(work: Workload) -> list[float]:
    """Done over allowed minutes of the weeks that end with ``as_of``, the latest first; those without time are left out.

    Days before the first whole week are added to it.
    """
    days = (work.as_of - work.starts_on).days + 1
    weeks = max(1, days // DAYS_PER_WEEK) if days > 0 else 0
    ratios = []
    for number in range(weeks):
        last = work.as_of - timedelta(days=number * DAYS_PER_WEEK)
        length = DAYS_PER_WEEK if number < weeks - 1 else days - number * DAYS_PER_WEEK
        span = [last - timedelta(days=back) for back in range(length)]
        if allowed := sum(work.minutes_on(day) for day in span):
            ratios.append(sum(work.done.get(day, 0) for day in span) / allowed)
    return ratios
