"""Random requests, and the rules that every plan has to keep."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta

from learning.planner import (
    Belief,
    Calendar,
    KeptItem,
    PlannedItem,
    PlanOutcome,
    PlanRequest,
    ResourceOption,
    ReviewDue,
    SkillNode,
)

START = date(2026, 11, 23)


def random_request(seed: int) -> PlanRequest:
    """A goal, a catalogue and a calendar. Some have no time, no resources or nothing left to learn."""
    draw = random.Random(seed)
    names = [f"s{number}" for number in range(draw.randint(1, 12))]
    skills = {
        name: SkillNode(
            name, f"Skill {name}", frozenset(draw.sample(names[:place], min(place, draw.choice((0, 1, 1, 2, 3)))))
        )
        for place, name in enumerate(names)
    }
    minutes = tuple(draw.choice((0, 7, 15, 30, 45, 60, 120)) for _ in range(7)) if draw.random() < 0.95 else (0,) * 7
    days = draw.randint(30, 60)
    return PlanRequest(
        skills=skills,
        resources=[_resource(draw, f"r{number:02}", names) for number in range(draw.randint(0, 25))],
        targets={name: draw.randint(1, 10) / 10 for name in draw.sample(names, draw.randint(1, len(names)))},
        mastery={name: Belief(draw.random()) for name in draw.sample(names, draw.randint(0, len(names)))},
        calendar=Calendar(
            START,
            days,
            minutes,
            draw.choice((None, None, 0, 45, 120, 300)),
            frozenset(START + timedelta(days=draw.randint(0, 60)) for _ in range(draw.randint(0, 10))),
        ),
        today=START + timedelta(days=draw.choice((-3, 0, 0, 0, 5, 29, 61))),
        reviews=[
            ReviewDue(name, START + timedelta(days=draw.randint(-20, 70)), draw.choice((5, 10)))
            for name in draw.sample(names, draw.randint(0, len(names)))
        ],
        completed=frozenset(f"r{draw.randint(0, 24):02}" for _ in range(draw.randint(0, 4))),
        dropped=frozenset(draw.sample(names, draw.choice((0, 0, 1)))),
    )


def _resource(draw: random.Random, identity: str, names: list[str]) -> ResourceOption:
    taught = draw.sample(names, min(len(names), draw.choice((1, 1, 1, 2, 3))))
    return ResourceOption(
        id=identity,
        title=f"Resource {identity}",
        minutes=draw.choice((5, 20, 33, 45, 60, 90, 120, 240, 600)),
        gains={name: draw.randint(1, 7) / 10 for name in taught},
        level=draw.randint(0, 2),
        rating=draw.choice((None, draw.randint(0, 50) / 10)),
    )


def kept_from(items: list[PlannedItem]) -> list[KeptItem]:
    """The items of a plan as those that the next is made from, as they are stored."""
    return [
        KeptItem(
            uid=item.uid or f"uid{number:03}",
            date=item.date,
            minutes=item.minutes,
            kind=item.kind,
            title=item.title,
            state=item.state,
            resource=item.resource,
            skills=item.skills,
            gains=item.gains,
            part=item.part,
            parts=item.parts,
        )
        for number, item in enumerate(items)
    ]


def check_rules(request: PlanRequest, outcome: PlanOutcome) -> None:
    """Raises AssertionError for whatever a plan must not do."""
    items = list(outcome.items)
    assert items == sorted(items, key=lambda item: (item.date, item.position))
    planned = [item for item in items if item.state == "planned"]
    _check_calendar(request, items, planned)
    _check_resources(request, planned)
    _check_prerequisites(request, planned)
    _check_gain(request, outcome, planned)
    _check_milestones(outcome, planned)
    for item in planned:
        assert item.reason
        assert len(item.title) <= 200


def _check_calendar(request: PlanRequest, items: list[PlannedItem], planned: list[PlannedItem]) -> None:
    used: dict[date, int] = defaultdict(int)
    weeks: dict[int, int] = defaultdict(int)
    changed = {item.date for item in planned}
    for item in items:
        if item.state != "skipped":
            used[item.date] += item.minutes
            weeks[(item.date - request.calendar.starts_on).days // 7] += item.minutes
    for day in changed:
        assert day >= request.today
        assert used[day] <= request.calendar.minutes_on(day)
        if request.calendar.weekly_minutes is not None:
            assert weeks[(day - request.calendar.starts_on).days // 7] <= request.calendar.weekly_minutes
    places: dict[date, list[int]] = defaultdict(list)
    for item in items:
        assert item.minutes >= 1
        places[item.date].append(item.position)
    assert all(positions == list(range(len(positions))) for positions in places.values())


def _check_resources(request: PlanRequest, planned: list[PlannedItem]) -> None:
    options = {option.id: option for option in request.resources}
    parts: dict[str, list[PlannedItem]] = defaultdict(list)
    for item in planned:
        assert (item.kind == "study") == (item.resource is not None)
        if item.resource is not None:
            parts[item.resource].append(item)
            assert set(item.skills) <= set(options[item.resource].gains)
    done: dict[str, list[KeptItem]] = defaultdict(list)
    for kept in request.kept:
        if kept.state == "done" and kept.resource:
            done[kept.resource].append(kept)
    for resource, own in parts.items():
        assert resource not in request.completed
        finished = done[resource]
        assert sum(item.minutes for item in (*own, *finished)) == max(
            options[resource].minutes, sum(item.minutes for item in finished) + 1
        )
        if not finished:
            assert [item.part for item in own] == list(range(1, len(own) + 1))
            assert {item.parts for item in own} == {len(own)}
    reviews = [(item.date, item.skills) for item in planned if item.kind == "review"]
    assert len(reviews) == len(set(reviews))


def _check_prerequisites(request: PlanRequest, planned: list[PlannedItem]) -> None:
    """Prerequisites of a studied skill, direct or not, are over before it; direct ones are mastered or planned."""
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    for place, item in enumerate(planned):
        if item.kind == "study":
            for skill in item.skills:
                first.setdefault(skill, place)
                last[skill] = place
    for skill, place in first.items():
        for earlier in _ancestors(request, skill):
            assert last.get(earlier, -1) < place, (earlier, skill)
        for earlier in request.skills[skill].prerequisites:
            belief = request.mastery.get(earlier, Belief(0))
            assert belief.mean >= 0.5 - 1e-6 or earlier in last, (earlier, skill)


def _ancestors(request: PlanRequest, skill: str) -> set[str]:
    found: set[str] = set()
    pending = [skill]
    while pending:
        for earlier in request.skills[pending.pop()].prerequisites - found:
            found.add(earlier)
            pending.append(earlier)
    return found


def _check_gain(request: PlanRequest, outcome: PlanOutcome, planned: list[PlannedItem]) -> None:
    gained: dict[str, float] = defaultdict(float)
    for item in planned:
        for skill, gain in item.gains.items():
            gained[skill] += gain
    gaps = {
        skill: max(0.0, level - request.mastery.get(skill, Belief(0)).mean)
        for skill, level in request.targets.items()
        if skill not in request.dropped
    }
    assert abs(outcome.gap - sum(gaps.values())) < 1e-4
    assert abs(outcome.gain - sum(min(gap, gained[skill]) for skill, gap in gaps.items())) < 1e-4
    for skill, gap in gaps.items():
        assert abs(outcome.unreached.get(skill, 0.0) - max(0.0, gap - gained[skill])) < 1e-4


def _check_milestones(outcome: PlanOutcome, planned: list[PlannedItem]) -> None:
    for number, milestone in enumerate(outcome.milestones):
        ends = [item for item in planned if item.milestone == number and item.kind in ("project", "check")]
        assert ends
        assert {item.skills for item in ends} == {milestone.skills}
        assert ends[-1].date == milestone.due_on
    assert {item.milestone for item in planned if item.kind != "review"} == set(range(len(outcome.milestones)))


def with_smaller_budget(request: PlanRequest, seed: int) -> PlanRequest:
    """The same with less time: fewer minutes, days or weekly minutes, or more days without any."""
    draw = random.Random(seed)
    calendar = request.calendar
    minutes = tuple(draw.randint(0, most) if draw.random() < 0.5 else most for most in calendar.minutes_per_weekday)
    weekly = calendar.weekly_minutes
    return replace(
        request,
        calendar=replace(
            calendar,
            minutes_per_weekday=draw.choice((minutes, calendar.minutes_per_weekday)),
            days=draw.choice((calendar.days, draw.randint(30, calendar.days))),
            weekly_minutes=draw.choice((weekly, draw.randint(0, 300 if weekly is None else weekly))),
            blackout=calendar.blackout
            | {START + timedelta(days=draw.randint(0, 60)) for _ in range(draw.randint(0, 5))},
        ),
    )
