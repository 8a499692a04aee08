"""Learning in the admin: lists open, actions act, and the graph can't be bent there either."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import Record
from learning.models import (
    CalendarSubscription,
    Completion,
    Nudge,
    Plan,
    PlanState,
    ReviewCard,
    SkillPrerequisite,
    Statement,
    Team,
    TeamLead,
)
from tests.factories.accounts import member_factory
from tests.factories.learning import (
    EvidenceFactory,
    LearnerFactory,
    MasteryFactory,
    MilestoneFactory,
    PlanFactory,
    PlanItemFactory,
    ResourceFactory,
    RoleFactory,
    SkillFactory,
)

pytestmark = pytest.mark.django_db


def nudge(**fields):
    who = LearnerFactory()
    return Nudge.objects.create(
        organization=who.organization, learner=who, kind="overdue", occasion="a", title="Late", **fields
    )


def completion():
    who = LearnerFactory()
    resource = ResourceFactory(organization=who.organization)
    return Completion.objects.create(
        organization=who.organization, learner=who, resource=resource, completed_at=timezone.now()
    )


def card():
    who = LearnerFactory()
    skill = SkillFactory(organization=who.organization)
    return ReviewCard.objects.create(
        organization=who.organization, learner=who, skill=skill, state={}, due_at=timezone.now()
    )


def subscription():
    who = LearnerFactory()
    return CalendarSubscription.objects.create(organization=who.organization, learner=who, token_digest=who.pk.hex)


def statement():
    who = LearnerFactory()
    return Statement.objects.create(
        organization=who.organization, learner=who, statement_id=who.pk, actor="mbox::a@example.org", verb="did", body={},
        digest="x", timestamp=timezone.now(), stored_at=timezone.now(),
    )  # fmt: skip


def team():
    return Team.objects.create(organization=LearnerFactory().organization, name="Platform")


EDITABLE = [LearnerFactory, SkillFactory, RoleFactory, ResourceFactory, team]
READ_ONLY = [
    EvidenceFactory, MasteryFactory, PlanFactory, PlanItemFactory, nudge, completion, card, subscription, statement,
]  # fmt: skip


@pytest.mark.parametrize("make", EDITABLE + READ_ONLY)
def test_lists_and_forms_open_and_take_no_more_queries_for_more_rows(operator_client, make):
    row = make()
    name = row._meta.model_name
    address = f"/admin/learning/{name}/"
    assert operator_client.get(address).status_code == 200
    with CaptureQueriesContext(connection) as few:
        listed = operator_client.get(f"{address}?q=a")
    assert listed.status_code == 200
    assert operator_client.get(f"{address}{row.pk}/change/").status_code == 200
    with CaptureQueriesContext(connection) as few:
        assert str(row.pk) in operator_client.get(address).content.decode()
    for _ in range(4):
        make()
    with CaptureQueriesContext(connection) as many:
        operator_client.get(address)
    assert len(many) == len(few)


@pytest.mark.parametrize("make", READ_ONLY)
def test_what_happened_is_not_changed_here(operator_client, make):
    row = make()
    address = f"/admin/learning/{row._meta.model_name}/"
    assert operator_client.get(f"{address}add/").status_code == 403
    assert operator_client.post(f"{address}{row.pk}/change/", {}).status_code == 403
    assert operator_client.post(f"{address}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert type(row).objects.filter(pk=row.pk).exists()


def test_a_calendars_secret_is_not_shown(operator_client):
    row = subscription()
    page = operator_client.get(f"/admin/learning/calendarsubscription/{row.pk}/change/").content.decode()
    assert row.token_digest not in page


def act(client, model, action, *rows):
    return client.post(
        f"/admin/learning/{model}/", {"action": action, "_selected_action": [str(row.pk) for row in rows]}, follow=True
    )


def test_resources_are_offered_no_longer_and_again(operator_client):
    offered, not_offered = ResourceFactory(), ResourceFactory(offered=False)
    answer = act(operator_client, "resource", "stop_offering", offered, not_offered)
    offered.refresh_from_db()
    assert ("1 offered no longer." in answer.content.decode(), offered.offered) == (True, False)
    assert Record.objects.get(event="learning.resource_changed").subject_id == str(offered.pk)
    act(operator_client, "resource", "offer_again", offered, not_offered)
    not_offered.refresh_from_db()
    assert not_offered.offered is True
    assert Record.objects.filter(event="learning.resource_changed").count() == 3


def test_a_plan_is_replanned_and_what_can_not_be_is_said(operator_client):
    who = LearnerFactory()
    role = RoleFactory(organization=who.organization)
    active = PlanFactory(
        learner=who, role=role, state=PlanState.ACTIVE, active_for=who, starts_on=timezone.now().date(),
        summary={"asked": {}},
    )  # fmt: skip
    finished = PlanFactory(state=PlanState.FINISHED, role=role)
    page = act(operator_client, "plan", "replan", active, finished).content.decode()
    assert "Everything in this plan is settled." in page
    assert "0 replanned, 1 come out the same." in page or "1 replanned, 0 come out the same." in page
    assert Plan.objects.filter(learner=who, state=PlanState.ACTIVE).count() == 1


def test_only_what_was_given_up_is_mailed_again(operator_client):
    dead, sent = nudge(mail="dead", error="no"), nudge(mail="sent")
    page = act(operator_client, "nudge", "resend", dead, sent).content.decode()
    assert "1 are mailed again." in page
    assert "only those given up are sent again" in page
    assert dict(Nudge.objects.values_list("pk", "mail")) == {dead.pk: "pending", sent.pk: "sent"}


def test_a_calendars_address_is_taken_away(operator_client):
    row = subscription()
    act(operator_client, "calendarsubscription", "revoke", row)
    assert not CalendarSubscription.objects.exists()
    assert Record.objects.filter(event="learning.calendar_unsubscribed").count() == 1


def test_who_is_no_member_can_not_lead_a_team(operator_client):
    row, stranger = team(), member_factory()
    form = {
        "organization": str(row.organization_id), "name": row.name, "leads-TOTAL_FORMS": "1", "leads-INITIAL_FORMS": "0",
        "leads-0-team": str(row.pk), "leads-0-user": stranger.user_id, "leads-0-id": "", "members-TOTAL_FORMS": "0",
        "members-INITIAL_FORMS": "0",
    }  # fmt: skip
    answer = operator_client.post(f"/admin/learning/team/{row.pk}/change/", form)
    assert "is no member of the organisation." in answer.content.decode()
    assert not TeamLead.objects.exists()
    insider = member_factory(organization=row.organization)
    operator_client.post(f"/admin/learning/team/{row.pk}/change/", form | {"leads-0-user": insider.user_id})
    assert TeamLead.objects.get().user == insider.user
    assert Record.objects.get(event="learning.team_changed").subject_id == str(row.pk)


def test_a_plan_is_shown_with_its_items_and_not_changed(operator_client):
    plan = PlanFactory()
    PlanItemFactory(plan=plan, title="Read the runbook")
    MilestoneFactory(plan=plan, title="Half way there")

    page = operator_client.get(f"/admin/learning/plan/{plan.pk}/change/").content.decode()
    answer = operator_client.post(f"/admin/learning/plan/{plan.pk}/change/", {"days": 45})

    assert "Read the runbook" in page
    assert "Half way there" in page
    assert answer.status_code == 403
    plan.refresh_from_db()
    assert plan.days == 30


def save_prerequisite(client, skill, prerequisite_id):
    return client.post(
        f"/admin/learning/skill/{skill.pk}/change/",
        {
            "organization": str(skill.organization_id),
            "key": skill.key,
            "name": skill.name,
            "description": "",
            "external_refs": "[]",
            "prerequisite_links-TOTAL_FORMS": "1",
            "prerequisite_links-INITIAL_FORMS": "0",
            "prerequisite_links-0-skill": str(skill.pk),
            "prerequisite_links-0-prerequisite": str(prerequisite_id),
            "prerequisite_links-0-id": "",
        },
    )


def test_a_prerequisite_is_added_and_recorded(operator_client):
    skill = SkillFactory()
    before = SkillFactory(organization=skill.organization)

    answer = save_prerequisite(operator_client, skill, before.pk)

    assert answer.status_code == 302
    assert list(SkillPrerequisite.objects.values_list("skill", "prerequisite")) == [(skill.pk, before.pk)]
    assert Record.objects.get(event="learning.skill_changed").subject_id == str(skill.pk)


def test_a_cycle_is_refused(operator_client):
    first = SkillFactory(name="First")
    second = SkillFactory(organization=first.organization, name="Second")
    SkillPrerequisite.objects.create(skill=second, prerequisite=first)

    answer = save_prerequisite(operator_client, first, second.pk)

    assert answer.status_code == 200
    assert "Second itself needs First." in answer.content.decode()
    assert SkillPrerequisite.objects.count() == 1


def test_a_prerequisite_of_another_organisation_is_refused(operator_client):
    answer = save_prerequisite(operator_client, SkillFactory(), SkillFactory().pk)

    assert answer.status_code == 200
    assert "different organisations" in answer.content.decode()
    assert not SkillPrerequisite.objects.exists()


def test_a_prerequisite_that_is_not_there_is_refused(operator_client):
    answer = save_prerequisite(operator_client, SkillFactory(), "00000000-0000-4000-8000-000000000000")

    assert answer.status_code == 200
    assert "Select a valid choice." in answer.content.decode()
    assert not SkillPrerequisite.objects.exists()
