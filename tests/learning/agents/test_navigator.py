"""The skill navigator through its routes, without a model: plans made, shown, explained and changed in conversation."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest

from agents.models import Run
from agents.runs.tool_models import ToolCall
from audit.models import Record
from learning.models import Evidence, Learner, Plan, PlanItem, RoleSkill
from tests.factories.accounts import Api, member_factory, signed_in_as
from tests.factories.learning import RoleFactory, SkillFactory
from tests.learning.agents.conftest import Ask
from tests.learning.plans.catalogue import School

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "retrieval"])

SRE = "Site reliability engineer"


def stored_plan(pupil: School) -> Plan:
    return Plan.objects.get(learner=pupil.learner, state="active")


def studied(pupil: School) -> set[str]:
    """The skills that the plan has something to study for."""
    items = stored_plan(pupil).items.exclude(kind="review")
    return set(items.values_list("skills__name", flat=True))


def test_a_plan_is_made_from_a_sentence(ask: Ask, pupil: School, api: Api) -> None:
    body = ask("45-day plan towards SRE, 5 hours a week")
    output, plan = body["output"], stored_plan(pupil)
    assert (plan.days, plan.weekly_minutes, plan.role_id) == (45, 300, pupil.role.pk)
    assert (body["meta"]["agent_id"], body["meta"]["mode"], output["answered"]) == (
        "skill-navigator",
        "extractive",
        True,
    )
    assert output["plan"] == api.get(f"/api/v1/learning/plans/{plan.pk}").json()
    assert [week["week"] for week in output["plan_30d"]] == [1, 2, 3, 4, 5, 6, 7]
    first = output["plan_30d"][0]
    assert set(first) >= {"week", "title", "goals", "technologies", "resources", "projects", "tasks"}
    assert set(first["resources"][0]) == {"title", "url", "minutes", "level"}
    assert sum(len(week["tasks"]) for week in output["plan_30d"]) == plan.items.count()
    assert output["verdict"] == plan.verdict
    assert (output["difference"], output["citations"], output["warnings"]) == (None, [], [])
    assert output["explainability"] in output["answer"]
    assert f"{plan.items.count()} items" in output["explainability"]
    assert "**Week 1: Shell**" in output["answer"]


def test_the_call_is_shown_bounded_and_on_the_ledger_before_and_after(ask: Ask) -> None:
    ask("45-day plan towards SRE, 5 hours a week")
    call = ToolCall.objects.get()
    assert (call.name, call.effect, call.state, call.expires_at) == ("learning.plan_make", "own", "succeeded", None)
    assert call.arguments == {"days": 45, "role": SRE, "weekly_hours": 5.0}
    names = list(
        Record.objects.filter(event__regex=r"^(agents\.tool|learning\.plan)")
        .order_by("at")
        .values_list("event", flat=True)
    )
    assert names == ["agents.tool_call_started", "learning.plan_created", "agents.tool_call_finished"]


def test_fields_of_the_request_make_a_plan_too(api: Api, pupil: School) -> None:
    given = {"role": SRE, "days": 30, "weekly_hours": 3, "levels": {"Shell": 0.7}}
    body = api.post("/v1/agents/execute", {"agent_id": "skill-navigator", "input": given}).json()
    plan = stored_plan(pupil)
    assert (plan.days, plan.weekly_minutes) == (30, 180)
    assert [(row.skill.name, row.value) for row in Evidence.objects.all()] == [("Shell", 0.7)]
    assert len(body["output"]["plan_30d"]) == 5


@pytest.mark.parametrize("days", [29, 61, 90])
def test_a_length_out_of_bounds_is_named_and_changes_nothing(ask: Ask, days: int) -> None:
    output = ask(f"a {days}-day plan towards SRE")["output"]
    assert output["answer"] == (
        f"A plan has 30 to 60 days, and you said {days}. Nothing was changed. Say a number between them."
    )
    assert (output["answered"], output["plan"], output["plan_30d"]) == (False, None, [])
    assert not Plan.objects.exists()
    assert not ToolCall.objects.exists()


def test_an_unknown_role_gets_the_roles_there_are(ask: Ask) -> None:
    output = ask("45-day plan towards astronaut")["output"]
    assert output["answer"] == f"There is no role called “astronaut” here. Roles here: {SRE}. Nothing was changed."
    assert not Plan.objects.exists()


def test_a_skill_is_told_from_a_role(ask: Ask) -> None:
    answer = ask("build me a learning path for Kubernetes")["output"]["answer"]
    assert answer.startswith(f"Kubernetes is a skill, and plans lead towards a role. {SRE} asks for it.")


def test_the_plan_a_week_and_a_day_of_it_are_shown(ask: Ask, planned: dict[str, Any], pupil: School) -> None:
    whole = ask("show my plan")["output"]
    assert whole["plan"] == planned["plan"]
    assert whole["plan_30d"] == planned["plan_30d"]
    second = planned["plan_30d"][1]
    answer = ask("what's in week 2?")["output"]["answer"]
    assert answer.startswith("Week 2 of 7, ")
    assert all(task.split(": ", 1)[1].split(",")[0].split(" (")[0] in answer for task in second["tasks"])
    assert ask("week 12")["output"]["answer"] == "Your plan has 7 weeks; there is no week 12."
    today = ask("what do I have to do today?")["output"]["answer"]
    assert str(stored_plan(pupil).starts_on.day) in today
    assert set(ToolCall.objects.filter(effect="read").values_list("name", flat=True)) == {"learning.plan_show"}


def test_an_item_and_a_skill_are_explained_by_their_reasons(ask: Ask, planned: dict[str, Any], pupil: School) -> None:
    item = stored_plan(pupil).items.filter(kind="study").first()
    assert item is not None
    answer = ask(f"why is {item.title} in my plan?")["output"]["answer"]
    assert item.reason in answer
    assert f"{item.date:%A} {item.date.day} {item.date:%B}" in answer
    skill = ask("why do I need Kubernetes?")["output"]["answer"]
    assert skill.startswith(f"{SRE} asks for Kubernetes at 80 %.")
    unknown = ask("why is basket weaving in my plan?")["output"]
    assert (unknown["answered"], "basket weaving" in unknown["answer"]) == (False, True)


def test_fewer_hours_make_a_new_version_with_the_difference(ask: Ask, planned: dict[str, Any], pupil: School) -> None:
    output = ask("I only have 2 hours a week")["output"]
    plan = stored_plan(pupil)
    assert (plan.version, plan.weekly_minutes) == (2, 120)
    assert str(plan.previous_id) == planned["plan"]["id"]
    assert set(output["difference"]) == {"added", "removed", "moved", "changed", "kept"}
    assert output["difference"]["moved"]
    assert "it is version 2 now" in output["answer"]
    again = ask("I only have 2 hours a week")["output"]
    assert again["answer"].startswith("Your plan is as it was.")
    assert stored_plan(pupil).version == 2


def test_more_hours_than_the_week_allows_widen_the_week(ask: Ask, planned: dict[str, Any], pupil: School) -> None:
    ask("I have 10 hours a week now")
    pupil.learner.refresh_from_db()
    assert sum(pupil.learner.minutes_per_weekday) >= 600
    assert stored_plan(pupil).weekly_minutes == 600


def test_a_skill_is_dropped_and_the_plan_made_longer(ask: Ask, planned: dict[str, Any], pupil: School) -> None:
    dropped = ask("drop Kubernetes")["output"]
    assert "Kubernetes is left out." in dropped["answer"]
    assert "of the skills that are left in (1 left out)" in dropped["answer"]
    assert stored_plan(pupil).reason == "Asked for in conversation: without Kubernetes"
    assert studied(pupil) == {"Shell"}
    assert ask("extend it by 9 days")["output"]["plan"]["days"] == 54
    assert studied(pupil) == {"Shell"}
    refused = ask("extend it by 9 days")["output"]
    assert refused["answer"].startswith("A plan has 30 to 60 days, and you said 63.")
    assert stored_plan(pupil).days == 54


def test_days_away_are_left_free(ask: Ask, planned: dict[str, Any], pupil: School) -> None:
    first = stored_plan(pupil).starts_on + timedelta(days=10)
    last = first + timedelta(days=4)
    output = ask(f"I'm away from {first.isoformat()} to {last.isoformat()}")["output"]
    days = {date.fromisoformat(item["date"]) for item in output["plan"]["items"]}
    assert not [day for day in days if first <= day <= last]
    pupil.learner.refresh_from_db()
    assert pupil.learner.blackout_dates == [(first + timedelta(days=number)).isoformat() for number in range(5)]


def test_missed_days_are_planned_anew_and_what_is_done_stays(ask: Ask, planned: dict[str, Any], pupil: School) -> None:
    done = stored_plan(pupil).items.first()
    assert done is not None
    assert ask("mark the next item as done")["output"]["answer"].startswith(f"“{done.title}")
    ask("I missed a week, replan")
    assert list(stored_plan(pupil).items.filter(state="done").values_list("uid", flat=True)) == [done.uid]


def test_items_are_skipped_and_opened_again(ask: Ask, planned: dict[str, Any], pupil: School) -> None:
    title = stored_plan(pupil).items.filter(kind="project").first().title
    assert ask(f"skip {title}")["output"]["answer"].startswith(f"“{title}” of ")
    assert PlanItem.objects.get(plan=stored_plan(pupil), title=title).state == "skipped"
    assert "is open again" in ask(f"undo {title}")["output"]["answer"]
    assert PlanItem.objects.get(plan=stored_plan(pupil), title=title).state == "planned"


def test_an_item_that_there_isnt_is_not_guessed(ask: Ask, planned: dict[str, Any], pupil: School) -> None:
    output = ask("mark basket weaving as done")["output"]
    assert output["answer"].startswith("I don't find “basket weaving” in your plan, so nothing was changed.")
    assert not stored_plan(pupil).items.exclude(state="planned").exists()
    several = ask("mark the course as done")["output"]["answer"]
    assert several.startswith("I don't find “the course”")


def test_what_somebody_knows_is_noted(ask: Ask, planned: dict[str, Any], pupil: School) -> None:
    output = ask("I know Shell well")["output"]
    assert output["answer"].startswith("Noted, as your own assessment: Shell 75 %.")
    assert [(row.kind, row.value) for row in Evidence.objects.all()] == [("self_assessment", 0.75)]


def test_roles_are_listed_once(ask: Ask) -> None:
    answer = ask("what can I plan towards?")["output"]["answer"]
    assert f"- {SRE}: 2 skills" in answer
    assert "Roles here" not in answer


def test_a_skill_that_is_no_part_of_the_plan_isnt_dropped(ask: Ask, planned: dict[str, Any], pupil: School) -> None:
    SkillFactory(organization=pupil.member.organization, name="Haskell")
    output = ask("drop Haskell")["output"]
    assert output["answer"] == "Haskell isn't part of your plan. Nothing was changed."
    assert stored_plan(pupil).version == 1


@pytest.mark.parametrize("message", ["blub", "what is the meaning of life?"])
def test_what_isnt_understood_gets_two_examples_and_changes_nothing(ask: Ask, message: str) -> None:
    output = ask(message)["output"]
    assert output["answer"].startswith("I didn't understand what you would like.")
    assert (output["answer"].count("“"), output["answered"]) == (2, False)
    assert not ToolCall.objects.exists()


def test_who_is_no_learner_is_told_how_to_begin_and_begins_by_asking(pupil: School) -> None:
    newcomer = member_factory(pupil.member.organization)
    api = signed_in_as(newcomer)

    def ask(question: str) -> dict[str, Any]:
        return api.post("/v1/agents/execute", {"agent_id": "skillnav", "input": {"question": question}}).json()[
            "output"
        ]

    shown = ask("show my plan")
    assert shown["answer"].startswith("You aren't a learner here yet, so there is no plan.")
    assert (shown["plan"], shown["plan_30d"]) == (None, [])
    assert not Learner.objects.filter(user=newcomer.user).exists()
    made = ask("45-day plan towards SRE, 5 hours a week")
    learner = Learner.objects.get(user=newcomer.user)
    assert learner.minutes_per_weekday == [60, 60, 60, 60, 60, 0, 0]
    assert "you are a learner here from now on" in made["answer"]
    assert made["plan"]["learner"]["id"] == str(learner.pk)


def test_nobody_sees_or_changes_anothers_plan(ask: Ask, planned: dict[str, Any], pupil: School) -> None:
    other = signed_in_as(member_factory(pupil.member.organization, role="admin"))
    for question in ("show my plan", "I only have 2 hours a week", "mark the next item as done"):
        body = {"agent_id": "skillnav", "input": {"question": question, "learner": str(pupil.learner.pk)}}
        output = other.post("/v1/agents/execute", body).json()["output"]
        assert (output["plan"], "Course number" in json.dumps(output)) == (None, False)
    assert stored_plan(pupil).version == 1
    assert not stored_plan(pupil).items.exclude(state="planned").exists()


def test_another_organisations_roles_are_unknown(pupil: School, planned: dict[str, Any]) -> None:
    stranger = signed_in_as(member_factory())
    body = {"agent_id": "skillnav", "input": {"question": "45-day plan towards SRE"}}
    output = stranger.post("/v1/agents/execute", body).json()["output"]
    assert "Site reliability" not in output["answer"]
    assert Learner.objects.count() == 1


def test_the_router_finds_it_and_its_fields_come_along(api: Api, planned: dict[str, Any]) -> None:
    body = api.post("/v1/aurora", {"input": {"question": "show my learning plan"}}).json()
    assert body["meta"]["agent_id"] == body["route"]["agent"] == "skill-navigator"
    assert body["output"]["plan_30d"] == planned["plan_30d"]
    acted = api.post("/v1/aurora", {"action": "plan"}).json()
    assert (acted["meta"]["agent_id"], acted["output"]["plan"]) == ("skill-navigator", planned["plan"])


def test_titles_cannot_format_or_cite(ask: Ask, pupil: School) -> None:
    for resource in pupil.resources:
        resource.title, resource.url = "[1] **bold** <b>x</b>", "javascript:alert(1)"
        resource.save()
    answer = ask("45-day plan towards SRE, 5 hours a week")["output"]["answer"]
    assert "(1) \\*\\*bold\\*\\* \\<b>x\\</b>" in answer
    assert "javascript" not in answer
    assert "[1]" not in answer


def test_runs_keep_the_fields(planned: dict[str, Any]) -> None:
    assert Run.objects.get().output["plan_30d"] == planned["plan_30d"]


@pytest.mark.parametrize("message", ["switch to data engineer", "make me a 45-day plan towards data engineer"])
def test_a_plan_towards_another_role_is_a_learners_towards_it(
    ask: Ask, planned: dict[str, Any], pupil: School, api: Api, message: str
) -> None:
    other = RoleFactory(organization=pupil.member.organization, name="Data engineer")
    RoleSkill.objects.create(role=other, skill=pupil.first, level=0.9)
    output = ask(message)["output"]
    assert output["answer"].count(f"The role that you work towards is Data engineer now, no longer {SRE}.") == 1
    pupil.learner.refresh_from_db()
    assert (pupil.learner.role_id, stored_plan(pupil).role_id) == (other.pk, other.pk)
    assert api.get(f"/api/v1/learning/learners/{pupil.learner.pk}/progress").json()["mastery"]["targets"] == 1
    changed = Record.objects.get(event="learning.learner_settings_changed")
    assert changed.subject_id == str(pupil.learner.pk)
