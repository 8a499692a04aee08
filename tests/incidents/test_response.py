"""What people do about an incident, in the words of the services that write it down."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from audit.models import Record
from incidents.errors import BadValue, IncidentIsMerged, TransitionNotAllowed, UnknownIncident, UnknownReference
from incidents.models import IncidentFeedback, Responder, TimelineEntry
from incidents.services import response
from incidents.services.snoozing import snoozes_end
from tests.factories.accounts import member_factory
from tests.factories.incidents import FIRST, IncidentFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor():
    return member_factory(role="editor")


@pytest.fixture
def incident(editor):
    return IncidentFactory(organization=editor.organization, started_at=timezone.now() - timedelta(minutes=5))


def by(editor, **more):
    return {"organization_id": editor.organization_id, "actor_id": editor.user_id, **more}


def entries():
    return list(TimelineEntry.objects.order_by("seq").values_list("kind", "actor_id"))


def recorded(event):
    return [json.loads(bytes(row.body))["data"] for row in Record.objects.filter(event=event).order_by("id")]


def test_the_first_to_acknowledge_stays(editor, incident):
    response.incident_acknowledge(**by(editor, incident_id=incident.pk))
    other = member_factory(organization=editor.organization, role="editor")

    again = response.incident_acknowledge(**by(other, incident_id=incident.pk))

    incident.refresh_from_db()
    assert again.acknowledged_by_id == incident.acknowledged_by_id == editor.user_id
    assert entries() == [("incident.acknowledged", editor.user_id)]
    assert recorded("incidents.incident_acknowledged") == [{"seconds": 300}]


def test_it_is_given_to_a_member_and_to_nobody(editor, incident):
    other = member_factory(organization=editor.organization, role="editor")

    for user_id in (other.user_id, other.user_id, None):
        response.incident_assign(**by(editor, incident_id=incident.pk, user_id=user_id))

    assert [entry.data for entry in TimelineEntry.objects.order_by("seq")] == [
        {"assignee": {"from": None, "to": other.user_id}},
        {"assignee": {"from": other.user_id, "to": None}},
    ]
    incident.refresh_from_db()
    assert incident.assignee is None


def test_it_is_not_given_to_who_is_no_member(editor, incident):
    inactive = member_factory(organization=editor.organization)
    inactive.user.is_active = False
    inactive.user.save()

    for user_id in (member_factory().user_id, inactive.user_id, "user_nobody"):
        with pytest.raises(UnknownReference):
            response.incident_assign(**by(editor, incident_id=incident.pk, user_id=user_id))
        with pytest.raises(UnknownReference):
            response.responder_set(**by(editor, incident_id=incident.pk, user_id=user_id))

    incident.refresh_from_db()
    assert (incident.assignee, entries(), Responder.objects.count()) == (None, [], 0)


def test_it_is_not_given_to_who_may_only_read(editor, incident):
    viewer = member_factory(organization=editor.organization, role="viewer")

    with pytest.raises(BadValue, match="editor or an admin") as refused:
        response.incident_assign(**by(editor, incident_id=incident.pk, user_id=viewer.user_id))

    incident.refresh_from_db()
    assert (refused.value.field, incident.assignee, entries()) == ("userId", None, [])


def test_a_note_is_on_the_timeline_and_its_text_can_be_erased(editor, incident):
    entry = response.note_add(**by(editor, incident_id=incident.pk, text="Restarted the queue."))

    assert TimelineEntry.objects.get().text == "Restarted the queue."
    record = Record.objects.get(event="incidents.incident_noted")
    assert json.loads(bytes(record.body))["data"] == {"entry": str(entry.pk)}
    assert record.texts.get(name="note").text == "Restarted the queue."


def test_what_is_snoozed_wakes_up(editor, incident):
    until = timezone.now() + timedelta(hours=1)
    response.incident_snooze(**by(editor, incident_id=incident.pk, until=until))
    assert snoozes_end() == 0
    incident.refresh_from_db()
    assert incident.snoozed_until == until

    incident.snoozed_until = timezone.now() - timedelta(seconds=1)
    incident.save()
    assert (snoozes_end(), snoozes_end()) == (1, 0)

    incident.refresh_from_db()
    assert incident.snoozed_until is None
    assert entries() == [("incident.snoozed", editor.user_id), ("incident.unsnoozed", "")]


def test_a_person_wakes_it_up(editor, incident):
    until = timezone.now() + timedelta(hours=1)
    for time in (until, None, None):
        response.incident_snooze(**by(editor, incident_id=incident.pk, until=time))

    assert entries() == [("incident.snoozed", editor.user_id), ("incident.unsnoozed", editor.user_id)]


@pytest.mark.parametrize("until", [datetime(2020, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)])
def test_it_is_snoozed_for_a_time_to_come_and_not_for_ever(editor, incident, until):
    with pytest.raises(BadValue, match="30 days"):
        response.incident_snooze(**by(editor, incident_id=incident.pk, until=until))

    assert entries() == []


def test_a_severity_that_a_person_set_stays(editor, incident):
    response.severity_set(**by(editor, incident_id=incident.pk, severity="critical"))

    incident.refresh_from_db()
    assert (incident.severity, incident.severity_is_set) == ("critical", True)
    assert entries() == [("incident.severity", editor.user_id)]


def test_a_severity_that_a_person_confirms_stays_too(editor, incident):
    response.severity_set(**by(editor, incident_id=incident.pk, severity="high"))

    incident.refresh_from_db()
    assert (incident.severity, incident.severity_is_set, entries()) == ("high", True, [])


def test_responders_have_roles(editor, incident):
    person = member_factory(organization=editor.organization)
    for role in ("responder", "responder", "commander"):
        response.responder_set(**by(editor, incident_id=incident.pk, user_id=person.user_id, role=role))
    assert Responder.objects.get().role == "commander"

    response.responder_remove(**by(editor, incident_id=incident.pk, user_id=person.user_id))

    assert not Responder.objects.exists()
    assert [entry.data for entry in TimelineEntry.objects.order_by("seq")] == [
        {"user": person.user_id, "role": {"from": None, "to": "responder"}},
        {"user": person.user_id, "role": {"from": "responder", "to": "commander"}},
        {"user": person.user_id},
    ]
    with pytest.raises(UnknownReference):
        response.responder_remove(**by(editor, incident_id=incident.pk, user_id=person.user_id))


def test_feedback_is_one_per_person_and_changed_by_giving_it_again(editor, incident):
    for helpful, comment in ((True, "Right away."), (True, "Right away."), (False, "No.")):
        response.feedback_give(**by(editor, incident_id=incident.pk, is_helpful=helpful, comment=comment))

    given = IncidentFeedback.objects.get()
    assert (given.is_helpful, given.comment, given.user_id) == (False, "No.", editor.user_id)
    assert [entry.data for entry in TimelineEntry.objects.order_by("seq")] == [{"helpful": True}, {"helpful": False}]
    assert not TimelineEntry.objects.filter(text__contains="No.").exists()


def test_a_merged_incident_sends_people_to_its_target(editor, incident):
    merged = IncidentFactory(organization=editor.organization, status="merged", merged_into=incident)

    for change in (
        lambda: response.incident_acknowledge(**by(editor, incident_id=merged.pk)),
        lambda: response.incident_assign(**by(editor, incident_id=merged.pk, user_id=editor.user_id)),
        lambda: response.incident_snooze(**by(editor, incident_id=merged.pk, until=None)),
    ):
        with pytest.raises(IncidentIsMerged, match=f"#{incident.number}") as refusal:
            change()
        assert refusal.value.details == {"mergedIntoIncidentId": str(incident.pk)}
    assert entries() == []


def test_a_resolved_incident_waits_for_nobody(editor):
    resolved = IncidentFactory(organization=editor.organization, status="resolved", resolved_at=FIRST)

    with pytest.raises(TransitionNotAllowed):
        response.incident_acknowledge(**by(editor, incident_id=resolved.pk))
    with pytest.raises(TransitionNotAllowed):
        response.incident_snooze(**by(editor, incident_id=resolved.pk, until=timezone.now() + timedelta(hours=1)))
    assert entries() == []


def test_an_incident_of_another_organisation_is_unknown(editor):
    with pytest.raises(UnknownIncident):
        response.note_add(**by(editor, incident_id=IncidentFactory().pk, text="Hello"))

    assert entries() == []
