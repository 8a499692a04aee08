"""Somebody begins to learn: who they are, what they know, what they want planned."""

import pytest

from aurora_site.accounts.models import Membership
from aurora_site.accounts.services.installation import demo_learner_ensure
from learning.models import Evidence, EvidenceKind, Learner, Plan
from tests.factories.accounts import member_factory, session_of
from tests.learning.pages.scene import HOSTILE, learner_for, role_of, skill_of

pytestmark = pytest.mark.django_db
HOURS = {f"hours_{number}": hours for number, hours in enumerate(["1", "1.5", "0", "0.25", "1", "0", "0"])}


@pytest.fixture
def member() -> Membership:
    return member_factory(name="Ann Example")


@pytest.fixture
def browser(member):
    return session_of(member)


@pytest.fixture
def role(member):
    git = skill_of(member, "Git")
    return role_of(member, "Backend engineer", skill_of(member, "Python", git))


def begin(browser, role, fields=None):
    form = {"name": "Ann", "role": str(role.pk), "goals": "", "time_zone": "Europe/Berlin", **HOURS}
    return browser.post("/learning/begin", form | (fields or {}))


def test_who_does_not_learn_yet_is_asked_how_they_begin(browser, role):
    page = browser.get("/learning").content.decode()

    assert 'value="Ann Example"' in page and "Backend engineer" in page
    assert page.count('name="hours_') == 7


def test_beginning_makes_the_readers_own_learner(browser, member, role):
    answer = begin(browser, role)

    assert (answer.status_code, answer["Location"]) == (302, "/learning/assessment")
    learner = Learner.objects.get()
    assert (learner.user_id, learner.organization_id) == (member.user_id, member.organization_id)
    assert (learner.name, learner.role_id, learner.time_zone) == ("Ann", role.pk, "Europe/Berlin")
    assert learner.minutes_per_weekday == [60, 90, 0, 15, 60, 0, 0]


@pytest.mark.parametrize(
    ("fields", "field", "text"),
    [
        ({"name": ""}, "name", "This field is required."),
        ({"role": "00000000-0000-0000-0000-000000000000"}, "role", "Select a valid choice."),
        ({"time_zone": "Mars/Base"}, "time_zone", "Give an IANA time zone"),
        ({"hours_3": "25"}, "hours_3", "less than or equal to 24"),
        ({"goals": "x" * 5001}, "goals", "at most 5000 characters"),
        ({"name": "a\x00b"}, "name", "Null characters are not allowed."),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_what_was_typed_stays(browser, role, fields, field, text):
    answer = begin(browser, role, {"goals": "Ship it", **fields})

    assert answer.status_code == 400
    assert text in str(answer.context["form"].errors[field])
    page = answer.content.decode()
    assert 'value="1.5"' in page and 'aria-invalid="true"' in page
    assert not Learner.objects.exists()


def test_somebody_begins_once(browser, role):
    begin(browser, role)

    answer = begin(browser, role)

    assert answer.status_code == 400
    assert "has a learner already" in answer.content.decode()
    assert Learner.objects.count() == 1


def test_a_visitor_of_the_demo_begins_as_the_demo_learner(member, role, settings):
    settings.AURORA_ENV, settings.AURORA_DEMO = "development", True
    visitor = session_of(demo_learner_ensure(organization=member.organization))

    assert begin(visitor, role).status_code == 302
    assert Learner.objects.get().user_id == "user_demo"


@pytest.mark.parametrize(
    "path",
    ["/learning", "/learning/plan", "/learning/progress", "/learning/skills", "/learning/teams", "/learning/settings"],
)
def test_strangers_are_led_to_sign_in(client, path):
    answer = client.get(path)

    assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/sign-in")


def test_the_assessment_asks_for_what_the_role_needs_the_basics_first(browser, member, role):
    learner_for(member, role)
    skill_of(member, "Cobol")

    answer = browser.get("/learning/assessment")

    assert [question.skill.name for question in answer.context["questions"]] == ["Git", "Python"]
    assert answer.content.decode().count('type="radio"') == 10


def test_what_is_said_is_kept_as_evidence_and_chosen_again(browser, member, role):
    learner = learner_for(member, role)
    git, python = [question.skill for question in browser.get("/learning/assessment").context["questions"]]

    answer = browser.post("/learning/assessment", {f"level-{git.pk}": "3"})

    assert (answer.status_code, answer["Location"]) == (302, "/learning/plan/new")
    [evidence] = Evidence.objects.all()
    assert (evidence.learner, evidence.skill, evidence.kind) == (learner, git, EvidenceKind.SELF_ASSESSMENT)
    assert evidence.value == 0.75
    questions = browser.get("/learning/assessment").context["questions"]
    assert [(question.skill, question.chosen) for question in questions] == [(git, "3"), (python, "")]


@pytest.mark.parametrize("step", ["5", "-1", "x", "0.5"])
def test_a_step_that_there_is_not_keeps_nothing(browser, member, role, step):
    learner_for(member, role)
    git, python = [question.skill for question in browser.get("/learning/assessment").context["questions"]]

    answer = browser.post("/learning/assessment", {f"level-{git.pk}": step, f"level-{python.pk}": "2"})

    assert answer.status_code == 400
    assert [question.error for question in answer.context["questions"]] == ["Choose one of the steps.", ""]
    assert answer.context["questions"][1].chosen == "2"
    assert not Evidence.objects.exists()


def test_saying_nothing_is_told(browser, member, role):
    learner_for(member, role)

    answer = browser.post("/learning/assessment", {})

    assert answer.status_code == 400 and "Answer at least one." in answer.content.decode()


def test_a_plan_is_asked_for(browser, member, role):
    learner_for(member, role)

    answer = browser.post("/learning/plan/new", {"role": str(role.pk), "days": "45", "weekly_hours": "4"})

    assert (answer.status_code, answer["Location"]) == (302, "/learning/plan")
    plan = Plan.objects.get()
    assert (plan.days, plan.weekly_minutes, plan.state) == (45, 240, "active")
    assert browser.get("/learning/plan").status_code == 200


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"days": "29"}, "days"),
        ({"days": "61"}, "days"),
        ({"days": "many"}, "days"),
        ({"weekly_hours": "0"}, "weekly_hours"),
        ({"weekly_hours": "nan"}, "weekly_hours"),
        ({"weekly_hours": "900"}, "weekly_hours"),
        ({"starts_on": "2001-01-01"}, "starts_on"),
        ({"role": ""}, "role"),
    ],
)
def test_a_plan_that_cannot_be_is_told_at_its_field(browser, member, role, fields, field):
    learner_for(member, role)

    answer = browser.post("/learning/plan/new", {"role": str(role.pk), "days": "45"} | fields)

    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == [field]
    assert not Plan.objects.exists()


def test_who_does_not_learn_is_led_to_the_beginning(browser):
    for path in (
        "/learning/assessment",
        "/learning/plan",
        "/learning/plan/new",
        "/learning/progress",
        "/learning/settings",
    ):
        assert browser.get(path)["Location"] == "/learning"


def test_hostile_names_are_shown_as_text(browser, member):
    learner_for(member, role_of(member, HOSTILE, skill_of(member, HOSTILE)), name=HOSTILE)

    for path in ("/learning/assessment", "/learning/plan/new", "/learning/skills", "/learning/settings"):
        answer = browser.get(path)
        assert answer.status_code == 200
        assert "<script>alert" not in answer.content.decode()


def test_a_plan_towards_another_role_is_a_learners_towards_it(browser, member, role):
    learner = learner_for(member, role)
    other = role_of(member, "Data engineer", skill_of(member, "SQL"))

    page = browser.post("/learning/plan/new", {"role": str(other.pk), "days": "45"}, follow=True).content.decode()

    assert "The role that you work towards is Data engineer now." in page
    learner.refresh_from_db()
    assert (learner.role_id, Plan.objects.get().role_id) == (other.pk, other.pk)
    refused = browser.post("/learning/plan/new", {"role": str(role.pk), "days": "61"})
    learner.refresh_from_db()
    assert (refused.status_code, learner.role_id, Plan.objects.count()) == (400, other.pk, 1)
