"""Who makes teams, who sees how their members are doing, and that averages tell of nobody."""

import json
import uuid

import pytest

from audit.models import Record
from learning.models import Team, TeamLead, TeamMember
from tests.factories.accounts import member_factory, organization_factory, session_of
from tests.factories.learning import (
    EvidenceFactory,
    LearnerFactory,
    MasteryFactory,
    PlanFactory,
    PlanItemFactory,
    RoleFactory,
    SkillFactory,
)
from tests.learning.teams import team_of

pytestmark = pytest.mark.django_db
TEAMS = "/api/v1/learning/teams"
AGGREGATE = "/api/v1/learning/progress"


@pytest.fixture
def place(db):
    return organization_factory()


def members(place, role="viewer"):
    return member_factory(organization=place, role=role)


def learners(place, count, **fields):
    return [LearnerFactory(organization=place, user=members(place).user, **fields) for _ in range(count)]


def with_plan(learner, done, total):
    plan = PlanFactory(learner=learner, state="active", active_for=learner)
    for number in range(total):
        settled = {"state": "done", "settled_at": plan.created_at} if number < done else {}
        PlanItemFactory(plan=plan, **settled)
    return plan


def test_an_admin_makes_a_team_with_its_leads(client_of, place):
    admin, lead = members(place, "admin"), members(place)
    [ann] = learners(place, 1, name="Ann")

    answer = client_of(admin).post(
        TEAMS, {"name": "Platform", "learners": [str(ann.pk)], "leads": [lead.user_id]}, format="json"
    )

    assert answer.status_code == 201
    team = Team.objects.get()
    assert answer.json()["id"] == str(team.pk)
    assert answer.json()["learners"] == [{"id": str(ann.pk), "name": "Ann"}]
    assert answer.json()["leads"] == [{"id": lead.user_id, "name": lead.user.name}]
    data = json.loads(bytes(Record.objects.get(event="learning.team_created").body))["data"]
    assert data == {"name": "Platform", "learners": [str(ann.pk)], "leads": [lead.user_id]}


def test_an_editor_makes_a_team_but_says_not_who_leads(client_of, place):
    editor = members(place, "editor")
    client = client_of(editor)

    refused = client.post(TEAMS, {"name": "Mine", "leads": [editor.user_id]}, format="json")
    assert (refused.status_code, Team.objects.count()) == (403, 0)

    made = client.post(TEAMS, {"name": "Ours"}, format="json")
    assert made.status_code == 201
    assert client.put(f"{TEAMS}/{made.json()['id']}/leads/{editor.user_id}").status_code == 403
    assert client.patch(f"{TEAMS}/{made.json()['id']}", {"leads": [editor.user_id]}, format="json").status_code == 403
    assert not TeamLead.objects.exists()


def test_a_lead_does_not_choose_whom_they_see(client_of, place):
    editor = members(place, "editor")
    team = team_of(place, [], [editor.user])
    [victim] = learners(place, 1)
    client = client_of(editor)

    assert client.put(f"{TEAMS}/{team.pk}/members/{victim.pk}").status_code == 403
    assert client.patch(f"{TEAMS}/{team.pk}", {"learners": [str(victim.pk)]}, format="json").status_code == 403
    assert not TeamMember.objects.exists()
    assert client.patch(f"{TEAMS}/{team.pk}", {"name": "Renamed"}, format="json").json()["name"] == "Renamed"


def test_members_and_leads_come_and_go(client_of, place):
    admin, lead = members(place, "admin"), members(place)
    team = team_of(place, [])
    [ann] = learners(place, 1)
    client = client_of(admin)

    for _ in range(2):
        assert client.put(f"{TEAMS}/{team.pk}/members/{ann.pk}").status_code == 200
        assert client.put(f"{TEAMS}/{team.pk}/leads/{lead.user_id}").status_code == 200
    assert [row.learner for row in TeamMember.objects.all()] == [ann]
    assert [row.user for row in TeamLead.objects.all()] == [lead.user]
    for _ in range(2):
        assert client.delete(f"{TEAMS}/{team.pk}/members/{ann.pk}").status_code == 200
        assert client.delete(f"{TEAMS}/{team.pk}/leads/{lead.user_id}").status_code == 200
    assert not TeamMember.objects.exists()
    assert not TeamLead.objects.exists()
    assert Record.objects.filter(event="learning.team_altered").count() == 4
    assert client.delete(f"{TEAMS}/{team.pk}").status_code == 204
    assert not Team.objects.exists()


def test_who_is_of_elsewhere_does_not_come_in(client_of, place):
    client, team = client_of(members(place, "admin")), team_of(place, [])

    assert client.put(f"{TEAMS}/{team.pk}/members/{LearnerFactory().pk}").json()["fields"].keys() == {"learners"}
    assert client.put(f"{TEAMS}/{team.pk}/leads/{member_factory().user_id}").json()["fields"].keys() == {"leads"}
    elsewhere = team_of(organization_factory(), [], name="Elsewhere")
    assert client.get(f"{TEAMS}/{elsewhere.pk}").status_code == 404
    assert client.patch(f"{TEAMS}/{elsewhere.pk}", {"name": "x"}, format="json").status_code == 404
    assert client.delete(f"{TEAMS}/{elsewhere.pk}").status_code == 404
    assert client.get(f"{TEAMS}/{elsewhere.pk}/progress").status_code == 404
    assert Team.objects.filter(name="Elsewhere").exists()
    assert not TeamMember.objects.exists()


def test_a_name_is_taken_once(client_of, place):
    team_of(place, [], name="A")
    other = team_of(place, [], name="B")
    client = client_of(members(place, "editor"))

    for answer in (
        client.post(TEAMS, {"name": "A"}, format="json"),
        client.patch(f"{TEAMS}/{other.pk}", {"name": "A"}, format="json"),
    ):
        assert (answer.status_code, list(answer.json()["fields"])) == (409, ["name"])
    assert sorted(Team.objects.values_list("name", flat=True)) == ["A", "B"]


def test_a_viewer_changes_no_team(client_of, place):
    viewer = members(place)
    team = team_of(place, [], [viewer.user])
    client = client_of(viewer)

    assert client.post(TEAMS, {"name": "Mine"}, format="json").status_code == 403
    assert client.patch(f"{TEAMS}/{team.pk}", {"name": "x"}, format="json").status_code == 403
    assert client.delete(f"{TEAMS}/{team.pk}").status_code == 403
    assert Team.objects.get().name == "Platform"


def test_viewers_know_the_teams_that_they_lead_or_belong_to(client_of, place):
    viewer = members(place)
    own = LearnerFactory(organization=place, user=viewer.user)
    belongs = team_of(place, [own, *learners(place, 2)], name="Belongs")
    leads = team_of(place, learners(place, 1), [viewer.user], name="Leads")
    other = team_of(place, learners(place, 1), name="Other")
    client = client_of(viewer)

    shown = client.get(TEAMS).json()

    assert [(team["id"], team["people"], "learners" in team) for team in shown["teams"]] == [
        (str(belongs.pk), 3, False),
        (str(leads.pk), 1, True),
    ]
    assert shown["total"] == 2
    for path in (f"{TEAMS}/{other.pk}", f"{TEAMS}/{other.pk}/progress", f"{AGGREGATE}?team={other.pk}"):
        assert client.get(path).status_code == 404


def test_a_lead_sees_each_member_of_the_team(client_of, place):
    lead = members(place)
    ann, bob = LearnerFactory(organization=place, name="Ann"), LearnerFactory(organization=place, name="Bob")
    LearnerFactory(organization=place, name="Not theirs")
    team = team_of(place, [bob, ann], [lead.user])
    plan = with_plan(ann, 1, 4)

    shown = client_of(lead).get(f"{TEAMS}/{team.pk}/progress").json()

    assert shown["team"] == {"id": str(team.pk), "name": "Platform"}
    assert [(member["learner"]["name"], member["percent"]) for member in shown["members"]] == [("Ann", 25), ("Bob", 0)]
    ann_shown = shown["members"][0]
    assert (ann_shown["plan"], ann_shown["completed"], ann_shown["total"]) == (str(plan.pk), 1, 4)
    # The plan's items were all for one day that is long past.
    assert ann_shown["overdue"] == 3
    assert "overdue was due" in ann_shown["at_risk"]
    assert shown["aggregate"]["withheld"]


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_others_see_no_member_of_the_team(client_of, place, role):
    other = members(place, role)
    own = LearnerFactory(organization=place, user=other.user)
    team = team_of(place, [own, *learners(place, 2)])

    shown = client_of(other).get(f"{TEAMS}/{team.pk}/progress").json()

    assert shown.keys() == {"team", "aggregate"}
    assert shown["aggregate"] == {
        "withheld": "Fewer than 5 people with an account are in this group, or would be left of a larger one without it.",
        "people": None,
        "with_plan": None,
        "percent": None,
        "skills": [],
    }


def test_an_admin_sees_every_team(client_of, place):
    team = team_of(place, learners(place, 1))
    assert len(client_of(members(place, "admin")).get(f"{TEAMS}/{team.pk}/progress").json()["members"]) == 1


def test_five_people_are_told_of_together(client_of, place):
    everyone = learners(place, 10)
    team = team_of(place, everyone[:5])
    skill, rare = SkillFactory(organization=place), SkillFactory(organization=place)
    for number, learner in enumerate(everyone):
        with_plan(learner, number % 5, 4)
        MasteryFactory(learner=learner, skill=skill, mean=0.1 * number, updated_at=learner.created_at)
    MasteryFactory(learner=everyone[0], skill=rare, mean=0.9, updated_at=everyone[0].created_at)
    client = client_of(members(place))

    shown = client.get(AGGREGATE).json()

    assert (shown["withheld"], shown["people"], shown["with_plan"], shown["percent"]) == (None, 10, 10, 50)
    assert shown["skills"] == [
        {"id": str(skill.pk), "name": skill.name, "people": 10, "mean": 0.45},
        {"id": str(rare.pk), "name": rare.name, "people": None, "mean": None},
    ]
    of_team = client_of(members(place, "editor")).get(AGGREGATE, {"team": str(team.pk)}).json()
    assert (of_team["people"], of_team["percent"]) == (5, 50)
    assert of_team["skills"][0]["mean"] == 0.2


def test_four_people_are_not_told_of(client_of, place):
    everyone = learners(place, 4)
    for learner in everyone:
        with_plan(learner, 1, 1)

    shown = client_of(members(place)).get(AGGREGATE).json()

    assert shown["withheld"]
    assert (shown["people"], shown["percent"], shown["skills"]) == (None, None, [])


def test_nobody_is_told_of_by_the_difference_of_two_groups(client_of, place):
    role = RoleFactory(organization=place)
    everyone = learners(place, 5, role=role) + learners(place, 1)
    team = team_of(place, everyone)
    smaller = team_of(place, everyone[1:], name="All but one")
    client = client_of(members(place, "editor"))

    def withheld(**filters):
        return bool(client.get(AGGREGATE, {name: str(row.pk) for name, row in filters.items()}).json()["withheld"])

    assert not withheld()
    assert not withheld(team=team)  # the same six people
    assert withheld(role=role)  # one would be left
    assert withheld(team=smaller)
    assert withheld(team=team, role=role)
    learners(place, 4)
    assert not withheld(role=role)
    assert withheld(team=team, role=role)  # one would be left of the team


def made_up(place):
    return LearnerFactory(organization=place)


def switched_off(place):
    member = member_factory(organization=place, is_active=False)
    return LearnerFactory(organization=place, user=member.user)


def gone(place):
    return LearnerFactory(organization=place, user=member_factory().user)


@pytest.mark.parametrize("other", [made_up, switched_off, gone])
def test_learners_without_an_active_members_account_are_in_no_average(client_of, place, other):
    skill = SkillFactory(organization=place)
    everyone, others = learners(place, 4), [other(place) for _ in range(5)]
    for learner in [*everyone, *others]:
        MasteryFactory(learner=learner, skill=skill, mean=0.0 if learner in others else 0.8)
    team = team_of(place, [everyone[0], *others])
    client = client_of(members(place, "editor"))

    for filters in ({"team": str(team.pk)}, {}):
        shown = client.get(AGGREGATE, filters).json()
        assert bool(shown["withheld"]), filters
        assert (shown["people"], shown["skills"]) == (None, [])
    [fifth] = learners(place, 1)
    MasteryFactory(learner=fifth, skill=skill, mean=0.8)
    shown = client.get(AGGREGATE).json()
    assert (shown["withheld"], shown["people"]) == (None, 5)
    assert shown["skills"] == [{"id": str(skill.pk), "name": skill.name, "people": 5, "mean": 0.8}]
    assert client.get(AGGREGATE, {"team": str(team.pk)}).json()["withheld"]


def test_a_single_figure_is_withheld_where_few_are_behind_it(client_of, place):
    everyone = learners(place, 6)
    for learner in everyone[:4]:
        with_plan(learner, 1, 1)

    shown = client_of(members(place)).get(AGGREGATE).json()

    assert (shown["people"], shown["with_plan"], shown["percent"]) == (6, None, None)


def test_no_other_organisation_is_in_an_average(client_of, place):
    learners(place, 5)
    elsewhere = organization_factory()
    for learner in learners(elsewhere, 5):
        EvidenceFactory(learner=learner)

    shown = client_of(members(place)).get(AGGREGATE).json()
    assert (shown["people"], shown["skills"]) == (5, [])
    unknown = {"team": team_of(elsewhere, [])}, {"role": RoleFactory(organization=elsewhere)}
    for filters in unknown:
        [(name, row)] = filters.items()
        assert client_of(members(place, "admin")).get(AGGREGATE, {name: str(row.pk)}).status_code == 404
    assert client_of(members(place)).get(AGGREGATE, {"team": str(uuid.uuid4())}).status_code == 404
    assert client_of(members(place)).get(AGGREGATE, {"team": "x"}).status_code == 400


def test_of_a_large_team_the_first_are_shown_and_how_many_there_are(client_of, place, monkeypatch):
    lead = members(place)
    team = team_of(place, [LearnerFactory(organization=place, name=name) for name in ("Cy", "Ann", "Bob")], [lead.user])
    asked = f"{TEAMS}/{team.pk}/progress"
    monkeypatch.setattr("learning.selectors.teams.MOST_MEMBERS_SHOWN", 2)

    shown = client_of(lead).get(asked).json()
    page = session_of(lead).get(f"/learning/teams/{team.pk}").content.decode()
    assert ([member["learner"]["name"] for member in shown["members"]], shown["total"]) == (["Ann", "Bob"], 3)
    assert "The first 2 of 3 by name are shown." in page
    assert "Cy" not in page

    monkeypatch.setattr("learning.selectors.teams.MOST_MEMBERS_SHOWN", 3)
    shown = client_of(lead).get(asked).json()
    assert (len(shown["members"]), shown["total"]) == (3, 3)
    assert "by name are shown" not in session_of(lead).get(f"/learning/teams/{team.pk}").content.decode()
    member = members(place)
    TeamMember.objects.create(team=team, learner=LearnerFactory(organization=place, user=member.user))
    assert client_of(member).get(asked).json().keys() == {"team", "aggregate"}
