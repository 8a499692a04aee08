"""Goals, catalogues and calendars for ``bench.planner``: random ones from a seed."""

from __future__ import annotations

import random
from datetime import date

from learning.planner import Belief, Calendar, PlanRequest, ResourceOption, SkillNode

START = date(2026, 11, 23)


def small_case(seed: int) -> PlanRequest:
    """Up to ten skills and 24 resources; the time is enough for a part of the goal up to all of it."""
    draw = random.Random(f"small {seed}")
    minutes = tuple(draw.choice((0, 0, 5, 10, 15, 20, 30, 45)) for _ in range(7))
    return _case(draw, draw.randint(3, 10), draw.randint(3, 24), minutes)


def medium_case(seed: int) -> PlanRequest:
    """15 to 30 skills and 40 to 100 resources, as a small team's catalogue has for a role."""
    draw = random.Random(f"medium {seed}")
    minutes = (draw.choice((15, 30, 45, 60, 90)),) * 5 + (0, 0)
    return _case(draw, draw.randint(15, 30), draw.randint(40, 100), minutes)


def _case(draw: random.Random, count: int, resources: int, minutes: tuple[int, ...]) -> PlanRequest:
    names = [f"skill{number}" for number in range(count)]
    skills = {
        name: SkillNode(name, name, frozenset(draw.sample(names[:number], min(number, draw.choice((0, 1, 1, 2))))))
        for number, name in enumerate(names)
    }
    return PlanRequest(
        skills=skills,
        resources=[_resource(draw, f"resource{number}", names) for number in range(resources)],
        targets={name: draw.randint(4, 10) / 10 for name in draw.sample(names, draw.randint(1, count))},
        mastery={name: Belief(draw.randint(0, 7) / 10) for name in draw.sample(names, draw.randint(0, count))},
        calendar=Calendar(START, draw.randint(30, 60), minutes, draw.choice((None, None, 60, 120))),
        today=START,
    )


def _resource(draw: random.Random, identity: str, names: list[str]) -> ResourceOption:
    taught = draw.sample(names, draw.choice((1, 1, 1, 2, 2, 3)) if len(names) > 2 else 1)
    return ResourceOption(
        id=identity,
        title=identity,
        minutes=draw.choice((20, 30, 45, 60, 90, 120, 180, 240, 360, 600)),
        gains={name: draw.randint(1, 6) / 10 for name in taught},
        level=draw.randint(0, 2),
        rating=draw.choice((None, draw.randint(20, 50) / 10)),
    )


def large_case(seed: int, *, targets: int = 40, minutes: int = 90) -> PlanRequest:
    """60 days, 1,000 skills in ten layers, 10,000 resources."""
    draw = random.Random(f"large {seed}")
    names = [f"skill{number:04}" for number in range(1000)]
    skills = {}
    for number, name in enumerate(names):
        below = names[number // 100 * 100 - 100 : number // 100 * 100] if number >= 100 else []
        skills[name] = SkillNode(name, name, frozenset(draw.sample(below, draw.randint(0, 3)) if below else ()))
    resources = [_resource(draw, f"resource{number:05}", names) for number in range(10_000)]
    return PlanRequest(
        skills=skills,
        resources=resources,
        targets={name: draw.randint(4, 10) / 10 for name in draw.sample(names, targets)},
        mastery={name: Belief(draw.randint(0, 9) / 10) for name in draw.sample(names, 500)},
        calendar=Calendar(START, 60, (minutes,) * 5 + (0, 0)),
        today=START,
    )
