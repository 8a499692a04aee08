"""Which of the organisation's documents the skill navigator names beside a plan."""

from __future__ import annotations

from datetime import date

import pytest

from agents.providers.base import Passage
from agents.runtime.calls import CallResult, PlannedCall
from learning.agents.facts import ItemFact, PlanFact, Scene
from learning.agents.navigator_text import answer_draft
from learning.agents.wishes import Wish

START = date(2026, 11, 23)


def told(*titles: str, relevant: bool = True) -> str:
    item = ItemFact(
        id="1", date=START, minutes=45, kind="study", title="Redis in Action", skills=["Redis", "REST APIs"]
    )
    plan = PlanFact(
        id="p", version=1, role="Site reliability engineer", starts_on=START, days=45, weekly_minutes=300, items=[item]
    )
    scene = Scene(today=START, learner=None, plan=plan, plan_json=None, roles=[], skill_ids={}, mastery={})
    passages = [
        Passage(
            number=number, id=str(number), document_id=str(number), path="", title=title, heading="", text="5 hours a week",
            start=0, end=1, score=1.0, relevant=relevant,
        )
        for number, title in enumerate(titles, 1)
    ]  # fmt: skip
    call = PlannedCall(call_id="1", request_id="1", name="learning.plan_show", arguments={})
    result = CallResult(call=call, ok=True, summary="", output="", characters=0)
    return answer_draft(Wish(kind="explain", items=("1",)), scene, scene, result, passages).text()


@pytest.mark.parametrize("titles", [("Working hours", "Glossary"), ("The rest of the handbook",), ()])
def test_documents_on_something_else_are_not_named(titles: tuple[str, ...]) -> None:
    assert "documents on it" not in told(*titles)


def test_documents_on_the_role_and_its_skills_are_named_two_at_most() -> None:
    text = told("Working hours", "Redis at our place", "Site reliability handbook", "Writing REST APIs")
    assert text.endswith(
        "Your organisation's documents on it: Redis at our place [2] and Site reliability handbook [3]."
    )


def test_irrelevant_hits_are_not_named() -> None:
    assert "documents on it" not in told("Redis at our place", relevant=False)
