"""What a plan looks like."""

from __future__ import annotations

from datetime import date

from learning.planner import Belief, Calendar, PlanRequest, ResourceOption, SkillNode, plan

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
