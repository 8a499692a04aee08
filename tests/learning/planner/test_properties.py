"""What holds of every plan, on random graphs, catalogues, budgets and calendars."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learning.planner import Calendar, PlanOutcome, PlanRequest, plan
from learning.planner.capacity import typical_week
from tests.learning.planner.cases import check_rules, kept_from, random_request, with_smaller_budget

SEEDS = st.integers(0, 2**32)
# An example is so many cases in a row: making one costs hypothesis more than planning it.
CASES_IN_A_ROW = 10


def rules_are_kept(seed: int) -> None:
    request = random_request(seed)
    check_rules(request, plan(request))


def same_input_same_plan(seed: int) -> None:
    request = random_request(seed)
    outcome = plan(request)
    draw = random.Random(seed)
    shuffled = replace(
        request,
        skills=dict(draw.sample(list(request.skills.items()), len(request.skills))),
        resources=draw.sample(list(request.resources), len(request.resources)),
        targets=dict(draw.sample(list(request.targets.items()), len(request.targets))),
        mastery=dict(draw.sample(list(request.mastery.items()), len(request.mastery))),
        reviews=draw.sample(list(request.reviews), len(request.reviews)),
    )
    assert plan(shuffled) == outcome


def more_time_never_closes_less(seed: int) -> None:
    request = random_request(seed)
    smaller = with_smaller_budget(request, seed)
    assert plan(request).gain >= plan(smaller).gain


def verdicts_hold(seed: int) -> None:
    request = random_request(seed)
    outcome = plan(request)
    verdict = outcome.verdict
    missed = max(outcome.unreached.values(), default=0.0)
    assert verdict.feasible == (missed <= 0.02)
    assert verdict.feasible == (verdict.code in ("feasible", "reached"))
    if verdict.extend_days is not None:
        days = request.calendar.days + verdict.extend_days
        assert days <= 60
        longer = replace(request, calendar=replace(request.calendar, days=days))
        assert plan(longer).verdict.feasible
    if verdict.drop:
        assert plan(replace(request, dropped=request.dropped | set(verdict.drop))).verdict.feasible
    if verdict.code == "too_little_time" and verdict.available_minutes and not outcome_lacks_resources(outcome):
        factor = verdict.needed_weekly_hours * 60 / typical_week(request.calendar)
        assert plan(replace(request, calendar=_scaled(request.calendar, factor))).verdict.feasible


def outcome_lacks_resources(outcome: PlanOutcome) -> bool:
    return any(words in outcome.verdict.text for words in ("Nothing that is offered", "No way was found"))


def _scaled(calendar: Calendar, factor: float) -> Calendar:
    return replace(
        calendar,
        minutes_per_weekday=tuple(round(minutes * factor + 0.5) for minutes in calendar.minutes_per_weekday),
        weekly_minutes=None if calendar.weekly_minutes is None else round(calendar.weekly_minutes * factor + 0.5),
    )


def going_on_changes_nothing(seed: int) -> None:
    request = random_request(seed)
    first = plan(request)
    again = replace(request, kept=kept_from(list(first.items)))
    second = plan(again)
    check_rules(again, second)
    assert [(item.date, item.position, item.minutes, item.title, item.reason) for item in second.items] == [
        (item.date, item.position, item.minutes, item.title, item.reason) for item in first.items
    ]
    assert [item.uid for item in second.items] == [item.uid for item in again.kept]
    assert second.milestones == first.milestones
    assert second.verdict == first.verdict


def replanning_keeps_what_is_settled(seed: int) -> None:
    request = later(seed)
    outcome = plan(request)
    check_rules(request, outcome)
    settled = {item.uid: item for item in request.kept if item.state != "planned"}
    given_back = {item.uid: item for item in outcome.items if item.state != "planned"}
    assert settled.keys() == given_back.keys()
    for uid, item in settled.items():
        own = given_back[uid]
        assert (own.date, own.minutes, own.kind, own.title, own.state, own.resource, own.skills, own.part) == (
            item.date,
            item.minutes,
            item.kind,
            item.title,
            item.state,
            item.resource,
            item.skills,
            item.part,
        )
    refused = {item.resource for item in request.kept if item.state == "skipped" and item.resource}
    assert not refused & {item.resource for item in outcome.items if item.state == "planned"}
    uids = [item.uid for item in outcome.items if item.uid]
    assert len(uids) == len(set(uids))
    assert set(uids) <= {item.uid for item in request.kept}
    again = replace(request, kept=kept_from(list(outcome.items)))
    second = plan(again)
    assert [(item.date, item.minutes, item.title, item.part, item.parts) for item in second.items] == [
        (item.date, item.minutes, item.title, item.part, item.parts) for item in outcome.items
    ]
    assert {item.uid for item in second.items} == {item.uid for item in again.kept}


def later(seed: int) -> PlanRequest:
    """A plan gone on from after some days, in which some things were done, some skipped and some missed."""
    request = random_request(seed)
    draw = random.Random(seed)
    passed = draw.randint(0, 20)
    today = max(request.today, request.calendar.starts_on) + timedelta(days=passed)
    diligence = draw.random()
    kept = []
    for item in kept_from(list(plan(request).items)):
        if item.date <= today and draw.random() < diligence:
            item = replace(item, state="done" if draw.random() < 0.9 else "skipped")
        kept.append(item)
    completed = {item.resource for item in kept if item.resource and item.state == "done"}
    completed -= {item.resource for item in kept if item.state != "done"}
    changed = random_request(seed + 1) if draw.random() < 0.2 else request
    return replace(
        request,
        kept=draw.sample(kept, len(kept)),
        today=today,
        completed=request.completed | {one for one in completed if one},
        calendar=changed.calendar if draw.random() < 0.5 else request.calendar,
    )


PROPERTIES = [
    (rules_are_kept, 60),
    (same_input_same_plan, 8),
    (more_time_never_closes_less, 40),
    (verdicts_hold, 25),
    (going_on_changes_nothing, 25),
    (replanning_keeps_what_is_settled, 20),
]


def check(holds: Callable[[int], None], examples: int) -> None:
    @settings(max_examples=examples, deadline=None, database=None)
    @given(SEEDS)
    def cases(seed: int) -> None:
        for number in range(CASES_IN_A_ROW):
            holds(seed + number)

    cases()


@pytest.mark.parametrize(("holds", "examples"), PROPERTIES, ids=[holds.__name__ for holds, _ in PROPERTIES])
def test_every_plan(holds: Callable[[int], None], examples: int) -> None:
    check(holds, examples)


@pytest.mark.soak
@pytest.mark.parametrize("holds", [holds for holds, _ in PROPERTIES], ids=lambda value: value.__name__)
def test_many_plans(holds: Callable[[int], None]) -> None:
    check(holds, 2_000)
