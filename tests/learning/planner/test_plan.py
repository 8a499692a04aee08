"""What a plan looks like."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from fsrs import Card, Rating, Scheduler

from learning.planner import Belief, Calendar, PlanRequest, ResourceOption, ReviewDue, SkillNode, plan
from learning.planner.rules import REVIEW_INTERVALS
from tests.learning.planner.cases import kept_from

START = date(2026, 11, 23)


def test_a_goal_that_fits_is_closed_in_prerequisite_order():
    request = PlanRequest(
        skills={"a": SkillNode("a", "Linux"), "b": SkillNode("b", "Docker", frozenset({"a"}))},
        resources=[
            ResourceOption("one", "Linux", 120, {"a": 0.5}),
            ResourceOption("two", "Docker", 300, {"b": 0.8}),
            ResourceOption("three", "Docker at length", 900, {"b": 0.8}),
        ],
        targets={"b": 0.8},
        mastery={"a": Belief(0.1)},
        calendar=Calendar(START, 30, (60, 60, 60, 60, 60, 0, 0)),
        today=START,
    )
    outcome = plan(request)
    assert outcome.verdict.code == "feasible"
    assert (outcome.gap, outcome.gain, outcome.unreached) == (0.8, 0.8, {})
    studied = [(item.resource, item.minutes) for item in outcome.items if item.kind == "study"]
    assert [resource for resource, _ in studied] == ["one"] * 3 + ["two"] * (len(studied) - 3)
    assert sum(minutes for _, minutes in studied) == 420


def sql_request(**changes: object) -> PlanRequest:
    request = PlanRequest(
        skills={"sql": SkillNode("sql", "SQL"), "go": SkillNode("go", "Go")},
        resources=[
            ResourceOption("short", "SQL in short", 90, {"sql": 0.5}),
            ResourceOption("rest", "SQL, the rest", 120, {"sql": 0.3}),
            ResourceOption("tour", "A tour of Go", 600, {"go": 0.6}),
        ],
        targets={"sql": 0.8, "go": 0.6},
        mastery={},
        calendar=Calendar(START, 30, (60, 60, 60, 60, 60, 0, 0)),
        today=START,
    )
    return replace(request, **changes)  # type: ignore[arg-type]


def test_reviews_follow_at_the_intervals_of_fsrs():
    scheduler = Scheduler(desired_retention=0.9, enable_fuzzing=False, learning_steps=())
    card, now, found = Card(), datetime(2026, 1, 1, tzinfo=UTC), []
    for _ in REVIEW_INTERVALS:
        card, _ = scheduler.review_card(card, Rating.Good, now)
        found.append((card.due - now).days)
        now = card.due
    assert tuple(found) == REVIEW_INTERVALS


def test_time_that_is_missing_is_told_with_what_would_help():
    request = sql_request(calendar=Calendar(START, 30, (30, 30, 30, 30, 30, 0, 0)))
    verdict = plan(request).verdict
    assert (verdict.code, verdict.feasible) == ("too_little_time", False)
    # 90 + 120 + 600 minutes and 50 for each skill, of 22 working days at half an hour.
    assert (verdict.needed_minutes, verdict.available_minutes) == (910, 660)
    assert (verdict.needed_weekly_hours, verdict.weekly_hours) == (3.5, 2.5)
    assert (verdict.extend_days, verdict.drop) == (13, ("go",))
    assert verdict.text == "The goal needs 3.5 h a week, you have 2.5: extend by 13 days or drop Go."
    longer = replace(request, calendar=replace(request.calendar, days=43))
    assert plan(longer).verdict.feasible
    assert not plan(replace(request, calendar=replace(request.calendar, days=42))).verdict.feasible


def test_what_nothing_teaches_is_named():
    outcome = plan(sql_request(targets={"sql": 0.8, "rust": 0.5}))
    assert outcome.verdict.code == "no_resources"
    assert outcome.verdict.text.startswith("Nothing that is offered teaches rust as far as asked")
    assert outcome.verdict.drop == ("rust",)
    assert (outcome.gain, outcome.unreached) == (0.8, {"rust": 0.5})


def test_targets_that_are_reached_leave_reviews_alone():
    request = sql_request(mastery={"sql": Belief(0.9), "go": Belief(0.7)}, reviews=[ReviewDue("sql", START)])
    outcome = plan(request)
    assert outcome.verdict.code == "reached"
    assert [(item.kind, item.date) for item in outcome.items] == [("review", START)]


def test_no_time_at_all_is_an_empty_plan():
    outcome = plan(sql_request(calendar=Calendar(START, 30, (0,) * 7)))
    assert outcome.items == []
    assert outcome.verdict.text == "The goal needs 3.6 h a week, and no day of the plan has time."


def test_a_missed_item_moves_and_the_others_stay_where_they_can():
    request = sql_request(targets={"sql": 0.8})
    first = plan(request)
    kept = kept_from(list(first.items))
    assert (kept[0].date, kept[0].resource) == (START, "short")
    missed = plan(replace(request, kept=kept, today=date(2026, 11, 24)))
    assert {item.uid for item in missed.items} == {item.uid for item in kept}
    assert missed.items[0].uid == kept[0].uid
    assert missed.items[0].date == date(2026, 11, 24)


def test_what_was_skipped_is_not_planned_again():
    request = sql_request(targets={"sql": 0.8})
    kept = [
        replace(item, state="skipped") if item.resource == "rest" else item for item in kept_from(plan(request).items)
    ]
    outcome = plan(replace(request, kept=kept))
    assert {item.resource for item in outcome.items if item.state == "planned"} == {"short", None}
    assert outcome.verdict.code == "no_resources"


def test_every_study_item_says_why():
    item = plan(sql_request(targets={"sql": 0.8})).items[0]
    assert item.reason == (
        "The goal for SQL is 80 %: this takes it from 0 % to 50 %. It was chosen over one other for what it brings in "
        "90 minutes; it is made for beginners (which suits you)."
    )
    assert item.basis["gap_before"] == {"sql": 0.8}
    assert item.basis["gain_expected"] == {"sql": 0.5}
    assert item.basis["chosen_over"] == 1
