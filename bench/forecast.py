"""Forecasts against 1,000 simulated learners: ``python -m bench.forecast`` measures, ``… --fit`` fits the constants anew.

Measured is how often the 80 % band holds the true date, and how wide it is, beside a simple rule: the pace so far goes
on, with a normal error from how much the days differ. Learners to measure on have other seeds than those to fit on.
Whoever doesn't finish within a year of the forecast has no true date; they are told of apart.
"""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from statistics import fmean, median, pstdev

from bench.learner_simulator import HORIZON_DAYS, Seen, Simulated, simulate
from learning.progress.forecast import FITTED, Fitted, Forecast, Workload, forecast_of, weekly_ratios

MEASURED = 1_000
FIRST_MEASURED, FIRST_FITTED = 0, 100_000
FITTED_ON = 600
LEVEL = 0.8


@dataclass(frozen=True)
class Figures:
    """Shares of true dates within, before and after the band; its median width in days; the mean interval score
    (Gneiting and Raftery 2007: width, and ten times what the true date is outside by); how many bands are open."""

    held: float
    early: float
    late: float
    width: float
    score: float
    open: float

    def __str__(self) -> str:
        return (
            f"held {self.held:6.1%}   before {self.early:5.1%}   after {self.late:5.1%}   "
            f"median width {self.width:5.1f} days   score {self.score:6.1f}   open {self.open:5.1%}"
        )


Forecaster = Callable[[Workload], Forecast]


def workload(seen: Seen) -> Workload:
    """What the forecast may know of a simulated learner."""
    return Workload(
        seen.starts_on, seen.as_of, seen.done, seen.remaining_minutes, seen.minutes_per_weekday, seen.blackout
    )


def learners(first_seed: int, finishing: int) -> tuple[list[Simulated], list[Simulated]]:
    """As many who finish as are asked for, and those met meanwhile who don't."""
    done: list[Simulated] = []
    never: list[Simulated] = []
    for seed in itertools.count(first_seed):
        learner = simulate(seed)
        (done if learner.finished_on else never).append(learner)
        if len(done) == finishing:
            return done, never
    raise AssertionError("seeds don't end")


def figures(found: Iterable[Simulated], forecaster: Forecaster) -> Figures:
    """How the bands of those who finish compare with their true dates."""
    rows = list(_bands(found, forecaster))
    return Figures(
        held=fmean(low <= true <= high for true, low, high in rows),
        early=fmean(true < low for true, low, _ in rows),
        late=fmean(true > high for true, _, high in rows),
        width=median(high - low for _, low, high in rows),
        score=fmean((high - low) + 2 / (1 - LEVEL) * max(low - true, 0, true - high) for true, low, high in rows),
        open=fmean(high >= HORIZON_DAYS for _, _, high in rows),
    )


def _bands(found: Iterable[Simulated], forecaster: Forecaster) -> Iterator[tuple[int, int, int]]:
    """Days from the forecast to the true date and to both ends of the band; beyond a year is a year."""
    for learner in found:
        as_of = learner.seen.as_of
        forecast = forecaster(workload(learner.seen))
        low, high = ((day - as_of).days if day else HORIZON_DAYS for day in (forecast.p10, forecast.p90))
        if learner.finished_on is not None:
            yield (learner.finished_on - as_of).days, low, high


def constant_pace(work: Workload) -> Forecast:
    """The simple rule that the forecast is compared with."""
    days = [work.starts_on + timedelta(days=n) for n in range((work.as_of - work.starts_on).days + 1)]
    minutes = [float(work.done.get(day, 0)) for day in days]
    pace = fmean(minutes)
    if not pace:
        return Forecast(None, None, None)
    expected = work.remaining_minutes / pace
    reach = 1.2816 * pstdev(minutes) * expected**0.5 / pace
    ends = [max(1, round(expected + shift)) for shift in (-reach, 0.0, reach)]
    p10, p50, p90 = (work.as_of + timedelta(days=n) if n <= HORIZON_DAYS else None for n in ends)
    return Forecast(p10, p50, p90)


def measure() -> None:
    done, never = learners(FIRST_MEASURED, MEASURED)
    started = time.perf_counter()
    ours = figures(done, forecast_of)
    each = (time.perf_counter() - started) / len(done)
    print(f"{len(done)} simulated learners who finish within a year; one forecast takes {each * 1000:.1f} ms")
    print(f"forecast        {ours}")
    print(f"constant pace   {figures(done, constant_pace)}")
    weeks = {"in weeks 1-2": range(14), "in weeks 3-4": range(14, 28), "later": range(28, 100)}
    for name, days in weeks.items():
        some = [each for each in done if (each.seen.as_of - each.seen.starts_on).days in days]
        print(f"  {name:13} {figures(some, forecast_of)}")
    print(f"{len(never)} more never finish within a year ({sum(each.gave_up for each in never)} gave up).")
    beyond = fmean(forecast_of(workload(each.seen)).p90 is None for each in never)
    whole = (ours.held * len(done) + beyond * len(never)) / (len(done) + len(never))
    print(f"  the band of {beyond:.1%} of them is open; counted as misses otherwise, {whole:.1%} of all are held")


def fit() -> None:
    """Print the constants whose bands hold about 80 % at the lowest interval score, on learners of their own."""
    done, never = learners(FIRST_FITTED, FITTED_ON)
    ratios = sorted(ratio for each in [*done, *never] for ratio in weekly_ratios(workload(each.seen)))
    size = len(ratios) / 12
    means = tuple(round(fmean(ratios[round(n * size) : round((n + 1) * size)]), 2) for n in range(12))
    print(f"weekly ratios of {len(done) + len(never)} learners: {means}")
    found = []
    for prior, half_life, spread in itertools.product((1.5, 3.0, 5.0), (4.0, 10.0), (0.45, 0.5, 0.55, 0.6)):
        fitted = Fitted(means, prior, half_life, spread)
        found.append((figures(done, lambda work, fitted=fitted: forecast_of(work, fitted)), fitted))
    for each, fitted in sorted(found, key=lambda pair: (abs(pair[0].held - LEVEL) > 0.015, pair[0].score)):
        print(f"weeks {fitted.prior_weeks}  half-life {fitted.half_life_weeks:4}  spread {fitted.spread}  {each}")


if __name__ == "__main__":
    print(f"constants: {FITTED}")
    fit() if "--fit" in sys.argv else measure()
