"""The pages of progress, skills and teams: what is drawn, said and withheld."""

from datetime import timedelta

import pytest
from django.utils import timezone

from learning.models import Evidence, EvidenceKind, ItemState, PlanState
from learning.services.evidence import evidence_record, learner_assess
from learning.services.teams import team_create
from tests.factories.accounts import member_factory, session_of
from tests.factories.learning import LearnerFactory, PlanFactory, PlanItemFactory
from tests.learning.pages.scene import HOSTILE, learner_for, role_of, skill_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def member():
    return member_factory()


@pytest.fixture
def browser(member):
    return session_of(member)


@pytest.fixture
def git(member):
    return skill_of(member, "Git")


@pytest.fixture
def python(member, git):
    return skill_of(member, "Python", git)


@pytest.fixture
def learner(member, git, python):
    return learner_for(member, role_of(member, "Backend engineer", python))


def assess(learner, **levels):
    values = {skill.pk: level for skill, level in levels["levels"].items()}
    learner_assess(
        organization_id=learner.organization_id, actor_id=learner.user_id or "x", learner_id=learner.pk, levels=values
    )


def plan_with_work(learner):
    """A plan of which one item was done today, and one is late."""
    today = timezone.now().date()
    plan = PlanFactory(
        learner=learner, version=1, state=PlanState.ACTIVE, active_for=learner, starts_on=today - timedelta(days=7)
    )
    PlanItemFactory(plan=plan, date=today - timedelta(days=5), minutes=45)
    PlanItemFactory(plan=plan, date=today, minutes=90, state=ItemState.DONE, settled_at=timezone.now())
    return plan


def test_progress_is_drawn_and_told(browser, learner, git):
    plan_with_work(learner)
    assess(learner, levels={git: 0.75})

    answer = browser.get("/learning/progress")

    context = answer.context
    assert [(week.planned, week.done) for week in context["pace"].weeks[:2]] == [(45, 0), (135, 90)]
    assert [day.minutes for day in context["heatmap"].days if day.minutes] == [90]
    [chart] = context["charts"]
    assert chart.skill == git and chart.low < chart.percent < chart.high
    page = answer.content.decode()
    assert page.count('<svg class="chart') == 3 and page.count("<table") == 4
    assert "Self-assessment" in page and "75\u00a0%" in page
    assert "style=" not in page


def test_what_it_rests_on_tells_gains_from_levels_and_leaves_out_what_was_said_before(browser, learner, git, python):
    assess(learner, levels={git: 0.25, python: 0.5})
    assess(learner, levels={git: 0.75})
    about = {"organization_id": learner.organization_id, "actor_id": "x", "learner_id": learner.pk}
    evidence_record(**about, kind=EvidenceKind.QUIZ_RESULT, values={git.pk: 0.6})
    evidence_record(**about, kind=EvidenceKind.RESOURCE_COMPLETED, values={git.pk: 0.32})

    answer = browser.get("/learning/progress")

    rows = [(row.evidence.skill.name, row.words, row.level) for row in answer.context["evidence"]]
    assert sorted(rows) == [
        ("Git", "Finished resource", "+32\u00a0%"), ("Git", "Quiz", "60\u00a0%"), ("Git", "Self-assessment", "75\u00a0%"),
        ("Python", "Self-assessment", "50\u00a0%"),
    ]  # fmt: skip
    assert Evidence.objects.count() == 5
    assert "+32\u00a0%" in answer.content.decode()


def test_without_anything_progress_says_so(browser, learner):
    page = browser.get("/learning/progress").content.decode()

    for text in ("There is no plan to measure against.", "Nothing is known yet.", "No evidence yet."):
        assert text in page


def test_what_is_mastered_says_when_it_fades(browser, learner, python, git):
    learner.role.targets.filter(skill=python).update(level=0.5)
    assess(learner, levels={python: 0.75, git: 0.25})

    answer = browser.get("/learning/progress")

    assert list(answer.context["fades"]) == [python.pk]
    assert "without practice" in answer.content.decode()


def test_progress_is_shown_to_who_follows(member, learner):
    address = f"/learning/learners/{learner.pk}"

    assert session_of(member_factory(member.organization, "editor")).get(address).status_code == 404
    assert session_of(member_factory(role="admin")).get(address).status_code == 404
    assert session_of(member_factory(member.organization, "admin")).get(address).status_code == 200


def test_the_number_of_queries_does_not_grow(browser, learner, member, django_assert_max_num_queries):
    plan = plan_with_work(learner)
    skills = [skill_of(member, f"Skill {number}") for number in range(12)]
    assess(learner, levels=dict.fromkeys(skills, 0.5))
    for number in range(12):
        PlanItemFactory(plan=plan, date=timezone.now().date() + timedelta(days=number))

    for path in ("/learning/progress", "/learning", "/learning/skills?role="):
        with django_assert_max_num_queries(32):
            assert browser.get(path).status_code == 200


def test_skills_are_drawn_for_the_learners_role(browser, learner, git, python, member):
    skill_of(member, "Cobol")
    skill_of(member_factory(), "Elsewhere")
    assess(learner, levels={git: 1.0})

    answer = browser.get("/learning/skills")

    assert [(row.skill.name, row.state) for row in answer.context["rows"]] == [("Git", "mastered"), ("Python", "next")]
    drawn = answer.context["drawing"]
    assert [(line.start, line.end) for line in drawn.lines] == [(str(git.pk), str(python.pk))]
    page = answer.content.decode()
    assert f'<a href="/learning/skills/{git.pk}" aria-label="Git: Mastered' in page
    assert "Cobol" not in page and "Elsewhere" not in page
    assert "Cobol" in browser.get("/learning/skills?role=").content.decode()


def test_skills_are_narrowed_to_what_lies_around_one(browser, learner, git, python, member):
    skill_of(member, "Django", python)
    skill_of(member, "Docker", git)

    answer = browser.get(f"/learning/skills?skill={python.pk}")

    assert [row.skill.name for row in answer.context["rows"]] == ["Django", "Git", "Python"]
    assert answer.context["focus"] == python


@pytest.mark.parametrize("query", ["?role=x", "?skill=x", "?skill=00000000-0000-0000-0000-000000000000"])
def test_what_there_is_not_narrows_nothing(browser, learner, query):
    assert browser.get(f"/learning/skills{query}").status_code == 200


def test_a_skill_says_what_it_needs_and_opens(browser, learner, git, python):
    answer = browser.get(f"/learning/skills/{git.pk}")

    assert [row.skill.name for row in answer.context["opens"]] == ["Python"] and not answer.context["needs"]
    assert "Git course" in answer.content.decode()


def test_a_skill_of_elsewhere_is_not_found(browser, learner):
    assert browser.get(f"/learning/skills/{skill_of(member_factory(), 'Git').pk}").status_code == 404


def test_who_does_not_learn_looks_at_skills_without_states(browser, git):
    answer = browser.get("/learning/skills")

    assert [(row.skill.name, row.state, row.percent) for row in answer.context["rows"]] == [("Git", "", None)]
    assert browser.get(f"/learning/skills/{git.pk}").status_code == 200


def team_of(member, *learners, lead=None, name="Payments"):
    return team_create(
        organization_id=member.organization_id,
        actor_id=member.user_id,
        name=name,
        learner_ids=[learner.pk for learner in learners],
        lead_ids=[lead.user_id] if lead else [],
    )


def test_a_lead_sees_the_members_those_at_risk_first(member, learner):
    lead = member_factory(member.organization)
    quiet = LearnerFactory(organization=member.organization, name="Zoe")
    plan = plan_with_work(quiet)
    plan.items.all().delete()
    PlanItemFactory(plan=plan, date=timezone.now().date() - timedelta(days=20))
    type(plan).objects.filter(pk=plan.pk).update(starts_on=timezone.now().date() - timedelta(days=20))
    plan_with_work(learner)
    team = team_of(member, learner, quiet, lead=lead)

    answer = session_of(lead).get(f"/learning/teams/{team.pk}")

    assert [row.progress.learner.name for row in answer.context["members"]] == ["Zoe", "Ann"]
    page = answer.content.decode()
    assert "May need a hand" in page and "Fewer than 5 people" in page
    assert "Payments" in session_of(lead).get("/learning/teams").content.decode()


def test_a_member_sees_why_averages_are_withheld_and_nobody_else(member, browser, learner):
    other = LearnerFactory(organization=member.organization, name="Zoe")
    team = team_of(member, learner, other)

    answer = browser.get(f"/learning/teams/{team.pk}")

    assert not answer.context["is_lead"] and answer.context["members"] == []
    page = answer.content.decode()
    assert "Zoe" not in page and "Fewer than 5 people" in page


def test_a_team_of_others_is_not_found(member, browser, learner):
    team = team_of(member, LearnerFactory(organization=member.organization))

    assert browser.get(f"/learning/teams/{team.pk}").status_code == 404
    assert session_of(member_factory(role="admin")).get(f"/learning/teams/{team.pk}").status_code == 404


def test_the_queries_of_a_team_do_not_grow(member, django_assert_max_num_queries):
    lead = member_factory(member.organization)
    members = [LearnerFactory(organization=member.organization) for _ in range(6)]
    for each in members:
        plan_with_work(each)
    team = team_of(member, *members, lead=lead)
    client = session_of(lead)

    with django_assert_max_num_queries(32):
        assert client.get(f"/learning/teams/{team.pk}").status_code == 200


def test_a_lead_attests_a_skill(member, learner, git):
    lead = member_factory(member.organization)
    team = team_of(member, learner, lead=lead)

    form = {"skill_name": "Git", "level": "3", "note": "Untangled our history.", "team": str(team.pk)}
    answer = session_of(lead).post(f"/learning/learners/{learner.pk}/attest", form)

    assert answer["Location"] == f"/learning/teams/{team.pk}#member-{learner.pk}"
    [evidence] = Evidence.objects.all()
    assert (evidence.kind, evidence.value, evidence.attested_by) == (EvidenceKind.ATTESTATION, 0.75, lead.user_id)
    assert evidence.note == "Untangled our history."


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ({"skill_name": "Cooking", "level": "3"}, "There is no skill named “Cooking”."),
        ({"skill_name": "Git", "level": "9"}, "Choose how well it is mastered."),
        ({"skill_name": "Git", "level": "3", "note": "x" * 2001}, "Write at most 2,000 characters."),
    ],
)
def test_an_attestation_that_does_not_fit_changes_nothing(member, learner, git, form, text):
    admin = session_of(member_factory(member.organization, "admin"))

    answer = admin.post(f"/learning/learners/{learner.pk}/attest", form, follow=True)

    assert [str(message) for message in answer.context["messages"]] == [f"{text} Nothing was attested."]
    assert not Evidence.objects.exists()


def test_nobody_attests_their_own_skill_nor_a_colleagues(member, browser, learner, git):
    colleague = session_of(member_factory(member.organization, "editor"))

    for client in (browser, colleague):
        form = {"skill_name": "Git", "level": "4"}
        assert client.post(f"/learning/learners/{learner.pk}/attest", form).status_code == 404
    assert not Evidence.objects.exists()


def test_hostile_texts_are_shown_as_text(member, browser, learner):
    lead = member_factory(member.organization, name=HOSTILE[:100])
    other = LearnerFactory(organization=member.organization, name=HOSTILE)
    skill = skill_of(member, HOSTILE, description=HOSTILE)
    evidence_record(
        organization_id=member.organization_id,
        actor_id="x",
        learner_id=other.pk,
        kind=EvidenceKind.QUIZ_RESULT,
        values={skill.pk: 0.5},
        source=HOSTILE[:255],
        note=HOSTILE,
    )
    team = team_of(member, other, lead=lead, name=HOSTILE)

    paths = [
        "/learning/teams",
        f"/learning/teams/{team.pk}",
        f"/learning/learners/{other.pk}",
        f"/learning/skills/{skill.pk}",
    ]
    for path in [*paths, "/learning/skills?role="]:
        answer = session_of(lead).get(path)
        assert answer.status_code == 200
        assert "<script>alert" not in answer.content.decode()
