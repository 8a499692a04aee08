"""What verdicts and reasons say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from learning.planner import Belief, Calendar, KeptItem, PlanRequest, ResourceOption, SkillNode, plan

START = date(2026, 11, 23)
HALF_HOURS = Calendar(START, 30, (30, 30, 30, 30, 30, 0, 0))
HOURS_REFUSED = " Your days allow 2.5 of the 8 hours asked for; give more time on them in your settings."


def request_of(minutes: dict[str, int], **changes: object) -> PlanRequest:
    """A goal of single skills, each with one resource that brings all of it in so many minutes."""
    request = PlanRequest(
        skills={name: SkillNode(name, name.title()) for name in minutes},
        resources=[ResourceOption(f"of {name}", f"On {name}", took, {name: 0.6}) for name, took in minutes.items()],
        targets=dict.fromkeys(minutes, 0.6),
        mastery={},
        calendar=HALF_HOURS,
        today=START,
    )
    return replace(request, **changes)  # type: ignore[arg-type]


def far_off(**changes: object) -> PlanRequest:
    return request_of({"git": 60, "sql": 90, **dict.fromkeys(("go", "rust", "perl", "ada"), 1200)}, **changes)


def test_a_goal_that_is_far_off_tells_what_the_plan_reaches():
    verdict = plan(far_off()).verdict
    assert verdict.drop == ("ada", "go", "perl", "rust")
    assert verdict.text == (
        "The goal needs 19.9 h a week, you have 2.5. In these 30 days the plan brings Git and Sql as far as the role asks; "
        "the rest is for later plans."
    )


def test_what_a_plan_only_starts_on_is_counted():
    request = far_off()
    begun = ResourceOption("begun", "Go, first steps", 60, {"go": 0.2})
    both = plan(replace(request, resources=[*request.resources, begun])).verdict.text
    assert "brings Git and Sql as far as the role asks, and starts on 1 more; the rest" in both
    begun_alone = [begun, *(one for one in request.resources if one.id not in ("of git", "of sql"))]
    alone = plan(replace(request, resources=begun_alone, dropped=frozenset({"git", "sql"}))).verdict.text
    assert alone.endswith(", you have 2.5. In these 30 days the plan starts on Go; the rest is for later plans.")


def test_a_plan_on_its_way_speaks_of_the_days_that_are_left():
    text = plan(far_off(today=START + timedelta(days=3))).verdict.text
    assert "In the days that are left the plan brings Git and Sql as far as" in text


def test_up_to_three_skills_to_drop_are_named():
    verdict = plan(request_of({"git": 60, "go": 1200, "rust": 1200, "perl": 1200})).verdict
    assert verdict.text == (
        "The goal needs 14.7 h a week, you have 2.5, and 60 days would not be enough: drop Go, Perl and Rust."
    )


@pytest.mark.parametrize("minutes", [60, 1200])
def test_hours_that_the_days_do_not_allow_are_told(minutes: int):
    asked = replace(HALF_HOURS, weekly_minutes=480)
    request = request_of({"git": minutes}, calendar=asked)
    assert plan(request).verdict.text == plan(replace(request, calendar=HALF_HOURS)).verdict.text + HOURS_REFUSED
    within = replace(request, calendar=replace(asked, weekly_minutes=150))
    assert "Your days allow" not in plan(within).verdict.text


def shared_request() -> PlanRequest:
    """One resource that both a skill and what builds on it need; it counts for either."""
    return PlanRequest(
        skills={"http": SkillNode("http", "HTTP"), "rest": SkillNode("rest", "REST", frozenset({"http"}))},
        resources=[
            ResourceOption("both", "HTTP and REST", 60, {"http": 0.3, "rest": 0.3}),
            ResourceOption("first", "HTTP", 60, {"http": 0.5}),
            ResourceOption("second", "REST", 60, {"rest": 0.5}),
        ],
        targets={"http": 0.8, "rest": 0.8},
        mastery={},
        calendar=HALF_HOURS,
        today=START,
    )


def test_what_resources_teach_beside_other_skills_is_not_called_untaught():
    outcome = plan(shared_request())
    missed = outcome.unreached.keys()
    assert len(missed) == 1
    name = {"http": "HTTP", "rest": "REST"}[next(iter(missed))]
    assert outcome.verdict.code == "no_resources"
    assert outcome.verdict.text == (
        f"No way was found to bring {name} as far as asked beside the rest of the goal: of skills that build on each "
        "other, a resource counts for one alone. The rest of the goal fits."
    )


def test_the_verb_agrees_with_what_builds_on_a_skill():
    skills = {
        "sql": SkillNode("sql", "SQL"),
        "go": SkillNode("go", "Go", frozenset({"sql"})),
        "ada": SkillNode("ada", "Ada", frozenset({"sql"})),
    }
    request = request_of({"sql": 60, "go": 60, "ada": 60}, skills=skills)
    assert "because Ada and Go build on it." in plan(request).items[0].reason
    alone = plan(replace(request, dropped=frozenset({"ada"}))).items[0].reason
    assert "because Go builds on it." in alone


def test_reviews_of_a_dropped_skill_that_was_never_studied_go():
    review = KeptItem("one", START + timedelta(days=9), 10, "review", "Go again", skills=("go",))
    request = request_of({"git": 60, "go": 60}, dropped=frozenset({"go"}), kept=[review])
    assert [item for item in plan(request).items if item.skills == ("go",)] == []
    study = KeptItem(
        "two", START - timedelta(days=1), 60, "study", "Go", state="done", resource="of go", skills=("go",)
    )
    studied = replace(request, kept=[study, review], mastery={"go": Belief(0.6)})
    kept = [item.uid for item in plan(studied).items if item.kind == "review" and item.skills == ("go",)]
    assert kept == ["one"]
