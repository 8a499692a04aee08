"""Simulated learners with a plan, against whom forecasts are measured. Written before the forecast, and without it in mind.

Each learner has a budget of minutes per weekday and items to do. What they really do comes of things that no forecast
is told: how often they turn up, whether they work evenly, at weekends or in bursts, whether a deadline hurries them,
how they slow down or warm to it, breaks of days or weeks, giving up for good, and how long items really take them.
What a forecast may see is in ``Seen``: the minutes of the items done by day, as planned, what is left, the budget.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

FIRST_DAY = date(2026, 1, 5)
HORIZON_DAYS = 365
LONGEST_PLAN = 60


@dataclass(frozen=True)
class Seen:
    """What is known on ``as_of``, at the end of that day. ``done`` has no days on which nothing was."""

    starts_on: date
    as_of: date
    ends_on: date
    done: Mapping[date, int]
    remaining_minutes: int
    minutes_per_weekday: tuple[int, ...]
    blackout: frozenset[date]


@dataclass(frozen=True)
class Simulated:
    """A learner, and the day on which they finish; None where they don't within ``HORIZON_DAYS`` of ``as_of``."""

    seen: Seen
    finished_on: date | None
    gave_up: bool


@dataclass
class _Person:
    """What drives one learner; nothing of it is seen."""

    style: str
    turns_up: float
    vigour: float
    speed: float
    drift: float
    hurries: bool
    break_chance: float
    give_up_chance: float


def simulate(seed: int) -> Simulated:
    """One learner, the same for the same seed."""
    while True:
        dice = random.Random(seed)
        found = _attempt(dice)
        if found is not None:
            return found
        seed += 1_000_003  # finished before anyone looked: another one


def _attempt(dice: random.Random) -> Simulated | None:
    person = _person(dice)
    budget = _budget(dice)
    days = dice.randint(30, LONGEST_PLAN)
    blackout = _blackout(dice, days)
    allowed = sum(_allowed(budget, blackout, FIRST_DAY + timedelta(days=day)) for day in range(days))
    items = _items(dice, round(allowed * dice.uniform(0.65, 0.9)))
    looked_at = dice.randint(7, days - 1)
    done, gave_up = _live(dice, person, budget, blackout, items, days, looked_at + HORIZON_DAYS)
    as_of = FIRST_DAY + timedelta(days=looked_at - 1)
    before = {day: minutes for day, minutes in done.items() if day <= as_of}
    remaining = sum(items) - sum(before.values())
    if remaining <= 0:
        return None
    finished = max(done) if sum(done.values()) == sum(items) else None
    seen = Seen(FIRST_DAY, as_of, FIRST_DAY + timedelta(days=days - 1), before, remaining, budget, blackout)
    return Simulated(seen, finished, gave_up)


def _person(dice: random.Random) -> _Person:
    return _Person(
        style=dice.choices(["even", "weekend", "bursts"], [0.55, 0.18, 0.27])[0],
        turns_up=dice.betavariate(4, 1.8),
        vigour=dice.lognormvariate(0.0, 0.3),
        speed=dice.lognormvariate(0.05, 0.25),
        drift=max(-0.01, dice.gauss(-0.003, 0.006)),
        hurries=dice.random() < 0.3,
        break_chance=dice.choice([0.002, 0.01, 0.03]),
        give_up_chance=dice.choice([0.0, 0.001, 0.003]),
    )


def _budget(dice: random.Random) -> tuple[int, ...]:
    week = [dice.choice([0, 30, 45, 60, 60, 90]) for _ in range(5)] + [
        dice.choice([0, 0, 0, 60, 120]) for _ in range(2)
    ]
    if sum(week) < 90:
        week[1] = week[3] = 60
    return tuple(week)


def _blackout(dice: random.Random, days: int) -> frozenset[date]:
    if dice.random() < 0.6:
        return frozenset()
    first = dice.randint(0, days - 1)
    return frozenset(FIRST_DAY + timedelta(days=first + offset) for offset in range(dice.choice([1, 2, 5, 9])))


def _items(dice: random.Random, minutes: int) -> list[int]:
    items: list[int] = []
    while minutes > 0:
        items.append(min(minutes, dice.choice([10, 20, 30, 30, 45, 60, 60, 90])))
        minutes -= items[-1]
    return items


def _allowed(budget: tuple[int, ...], blackout: frozenset[date], day: date) -> int:
    return 0 if day in blackout else budget[day.weekday()]


def _live(
    dice: random.Random,
    person: _Person,
    budget: tuple[int, ...],
    blackout: frozenset[date],
    items: list[int],
    days: int,
    until: int,
) -> tuple[dict[date, int], bool]:
    """Day by day: the planned minutes of the items done on each, and whether the learner gave up."""
    left = [(planned, planned * person.speed * dice.lognormvariate(0, 0.35)) for planned in items]
    done: dict[date, int] = {}
    away, burst, worked = 0, 0, 0.0
    for number in range(until):
        day = FIRST_DAY + timedelta(days=number)
        if dice.random() < person.give_up_chance:
            return done, True
        if away:
            away -= 1
            continue
        if dice.random() < person.break_chance:
            away = round(dice.lognormvariate(1.9, 0.8))
        burst = max(0, burst - 1) if burst else 3 * (person.style == "bursts" and dice.random() < 0.12)
        worked += _minutes(dice, person, day, _allowed(budget, blackout, day), sum(budget), burst, number, days)
        while left and worked >= left[0][1]:
            planned, real = left.pop(0)
            worked -= real
            done[day] = done.get(day, 0) + planned
        if not left:
            break
    return done, False


def _minutes(
    dice: random.Random, person: _Person, day: date, allowed: int, weekly: int, burst: int, number: int, days: int
) -> float:
    """How long the learner works on a day."""
    vigour = person.vigour * 2.718 ** (person.drift * number)
    if person.hurries and 0 <= days - number <= 8:
        vigour *= 1.8
    chance, minutes = person.turns_up, float(allowed)
    if person.style == "weekend":
        minutes = weekly * 0.4 if day.weekday() >= 5 else allowed * 0.2
    elif person.style == "bursts":
        minutes = weekly * 0.35 if burst else allowed * 0.35
        chance = 0.9 if burst else person.turns_up * 0.6
    return minutes * vigour * dice.lognormvariate(-0.1, 0.45) if dice.random() < chance else 0.0
