"""The progress companion through its routes, without a model: what is done, overdue and next, by the database's numbers."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from agents.runs.tool_models import ToolCall
from learning.models import Plan, PlanItem
from tests.factories.accounts import Api, member_factory, signed_in_as
from tests.learning.agents.conftest import Ask
from tests.learning.plans.catalogue import School

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "retrieval"])


def items(pupil: School) -> Any:
    return PlanItem.objects.filter(plan=Plan.objects.get(learner=pupil.learner, state="active"))


def progress_by_rest(api: Api, pupil: School) -> dict[str, Any]:
    found = api.get(f"/api/v1/learning/learners/{pupil.learner.pk}/progress").json()
    return {name: value for name, value in found.items() if name != "at"}


def test_it_says_how_it_is_going(ask: Ask, planned: dict[str, Any], pupil: School, api: Api) -> None:
    total = items(pupil).count()
    output = ask("How am I doing?", agent="progress")["output"]
    assert output["answer"].startswith(f"You have done 0 of {total} items (0 %) of your plan to ")
    assert (output["completed"], output["total"], output["focus"]) == (0, total, "overview")
    assert output["summary"] in output["answer"]
    assert {name: value for name, value in output["progress"].items() if name != "at"} == progress_by_rest(api, pupil)
    assert (output["courses_completed"], output["citations"]) == ([], [])
    assert [row["id"] for row in output["next"]] == [str(item.pk) for item in items(pupil)[:3]]
    assert len(output["next_actions"]) == 3
    first = items(pupil).first()
    assert output["next_actions"][0].startswith(
        f"{first.title} ({first.minutes} minutes, planned for {first.date.day} "
    )
    assert output["nudges"] == [f"The first step is the smallest: “{first.title}” takes {first.minutes} minutes."]


def test_what_is_done_is_marked_and_counted(ask: Ask, planned: dict[str, Any], pupil: School) -> None:
    item = items(pupil).filter(kind="project").first()
    output = ask(f"I've finished {item.title}", agent="progress")["output"]
    assert output["answer"].startswith(f"“{item.title}” of ")
    item.refresh_from_db()
    assert (item.state, output["completed"]) == ("done", 1)
    call = ToolCall.objects.get(name="learning.item_settle")
    assert (call.effect, call.state, call.arguments) == ("own", "succeeded", {"item": str(item.pk), "outcome": "done"})
    asked = ask("what have I completed?", agent="progress")["output"]
    assert asked["focus"] == "completed"
    assert asked["answer"].startswith(f"You have completed 1 item of {items(pupil).count()}")


def test_a_finished_resource_is_a_completed_course(ask: Ask, planned: dict[str, Any], pupil: School) -> None:
    title = items(pupil).filter(kind="study").first().resource.title
    ask(f"mark all of {title} as done", agent="progress")
    assert not items(pupil).filter(resource__title=title, state="planned").exists()
    output = ask("my progress?", agent="progress")["output"]
    (course,) = output["courses_completed"]
    assert (course["title"], course["status"]) == (title, "Completed")


def test_what_is_overdue_comes_first(ask: Ask, planned: dict[str, Any], pupil: School) -> None:
    late = items(pupil).first()
    PlanItem.objects.filter(pk=late.pk).update(date=late.date - timedelta(days=9))
    output = ask("what is overdue?", agent="progress")["output"]
    assert output["focus"] == "overdue"
    assert output["answer"].startswith("1 item is overdue, the oldest “")
    assert [row["id"] for row in output["progress"]["overdue"]] == [str(late.pk)]
    assert output["next"][0]["id"] == str(late.pk)


@pytest.mark.parametrize(
    ("question", "focus", "said"),
    [
        ("How long is my streak?", "overview", "You have no streak at the moment"),
        ("What is left?", "pending", "items are left"),
        ("When will I be done?", "overview", "At your pace you would be done around"),
        ("What should I do next?", "next_actions", "Next: “"),
        ("How has my mastery changed?", "overview", "Something is known of 0 skills"),
    ],
)
def test_the_question_is_answered_first(
    ask: Ask, planned: dict[str, Any], question: str, focus: str, said: str
) -> None:
    output = ask(question, agent="progress")["output"]
    assert output["focus"] == focus
    assert said in output["answer"].split(".")[0] + "."


def test_without_a_plan_it_says_so(ask: Ask) -> None:
    output = ask("my progress?", agent="progress")["output"]
    assert output["answer"].startswith("You have no plan at the moment, and have completed 0 resources.")
    assert (output["completed"], output["total"], output["nudges"], output["next"]) == (0, 0, [], [])


def test_who_is_no_learner_gets_nobodys_numbers(planned: dict[str, Any], pupil: School) -> None:
    admin = signed_in_as(member_factory(pupil.member.organization, role="admin"))
    body = {"agent_id": "progress", "input": {"question": "my progress?", "user_id": pupil.member.user_id}}
    output = admin.post("/v1/agents/execute", body).json()["output"]
    assert output["answer"].startswith("You aren't a learner here yet, so there is no progress to tell of.")
    assert (output["completed"], output["total"], output["progress"]) == (0, 0, None)
    assert output["courses_completed"] == output["next_actions"] == output["nudges"] == output["citations"] == []
    assert "Course number" not in json.dumps(output)


def test_a_request_without_a_question_asks_how_it_is_going(api: Api, planned: dict[str, Any]) -> None:
    for body in ({"agent_id": "progress", "input": {}}, {"agent_id": "progress-companion"}):
        answer = api.post("/v1/agents/execute", body).json()
        assert answer["output"]["focus"] == "overview"
    acted = api.post("/v1/aurora", {"action": "progress"}).json()
    assert acted["meta"]["agent_id"] == "progress-companion"


@pytest.mark.parametrize("agent", ["skillnav", "progress"])
def test_a_greeting_has_the_fields_and_the_route_of_every_answer(
    ask: Ask, planned: dict[str, Any], pupil: School, agent: str
) -> None:
    greeted, answered = ask("hello", agent=agent), ask("how am I doing?", agent=agent)
    assert set(greeted["output"]) == set(answered["output"])
    assert (greeted["route"], greeted["output"]["warnings"]) == (answered["route"], [])
    assert greeted["output"].get("plan_30d", []) == greeted["output"].get("next", []) == []


def test_my_progress_without_an_action_reaches_it(api: Api, planned: dict[str, Any]) -> None:
    body = api.post("/v1/aurora", {"input": {"question": "my progress?"}}).json()
    assert body["route"]["agent"] == "progress-companion"
    assert body["output"]["total"] == len(planned["plan"]["items"])


def test_what_isnt_understood_gets_examples(ask: Ask, planned: dict[str, Any]) -> None:
    output = ask("Why did the chicken cross the road?", agent="progress")["output"]
    assert output["answer"].startswith("I didn't understand what you would like to know.")
    assert output["answered"] is False
    assert output["total"] == len(planned["plan"]["items"])


def test_nobody_is_told_how_others_are_doing(ask: Ask, planned: dict[str, Any]) -> None:
    output = ask("how is Robin doing?", agent="progress")["output"]
    assert output["answer"].startswith("I speak of your own learning only")
    assert (output["total"], output["progress"]) == (0, None)


@pytest.mark.parametrize("agent", ["skillnav", "progress"])
def test_both_agents_say_whether_it_goes_well_and_what_is_next(
    ask: Ask, planned: dict[str, Any], pupil: School, api: Api, agent: str
) -> None:
    assert ask("am I on track?", agent=agent)["output"]["answer"].split(":")[0] in ("Yes", "No")
    answer = ask("what should I learn next?", agent=agent)["output"]["answer"]
    assert answer.startswith(f"Next: “{progress_by_rest(api, pupil)['next_action']['title']}”")
    spent = ask("how many hours did I learn this week?", agent=agent)["output"]["answer"]
    assert spent.startswith("This week you have done 0 minutes of the ")


def test_missing_skills_are_listed(ask: Ask, planned: dict[str, Any]) -> None:
    answer = ask("which skills am I missing?")["output"]["answer"]
    assert answer.startswith("For Site reliability engineer, 2 skills of 2 are below what is asked for:")
    assert "- Kubernetes: 0 % of the 80 % asked for" in answer
