"""Responding to incidents by REST: who may, what is said, and what is refused."""

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from incidents.models import Incident, IncidentFeedback, Merge, Responder, TimelineEntry
from tests.factories.accounts import member_factory
from tests.factories.incidents import FIRST, AlertFactory, IncidentFactory, RunbookLinkFactory, ServiceFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor():
    return member_factory(role="editor", name="Ed Itor")


@pytest.fixture
def incident(editor):
    return IncidentFactory(organization=editor.organization)


@pytest.fixture
def api(client_of, editor, incident):
    """Calls a route of the incident as its editor."""
    client = client_of(editor)

    def call(method, path, body=None, of=incident):
        return getattr(client, method)(
            f"/api/incidents/{of.pk}/{path}", body, format="json" if body is not None else None
        )

    return call


def kinds():
    return list(TimelineEntry.objects.order_by("seq").values_list("kind", flat=True))


def test_acknowledging(api, editor):
    answer = api("post", "acknowledge", {})

    assert answer.status_code == 200
    shown = answer.json()["incident"]
    assert shown["acknowledgedBy"] == editor.user_id
    assert shown["acknowledgedAt"] is not None
    assert api("post", "acknowledge").json()["incident"]["acknowledgedAt"] == shown["acknowledgedAt"]
    assert kinds() == ["incident.acknowledged"]


def test_assigning(api, editor):
    other = member_factory(organization=editor.organization, role="editor")

    shown = [
        api("post", "assign", body).json()["incident"]["assignee"]
        for body in ({"userId": other.user_id}, {"user_id": "me"}, {"userId": None})
    ]

    assert shown == [other.user_id, editor.user_id, None]


@pytest.mark.parametrize("body", [{}, {"userId": "user_nobody"}, {"userId": 5}, {"userId": "me", "user_id": "me"}])
def test_assigning_to_nobody_known_is_refused(api, body):
    answer = api("post", "assign", body)

    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == ["userId"]
    assert kinds() == []


def test_notes(api, editor):
    written = api("post", "notes", {"text": "Restarted it."})
    listed = api("get", "notes").json()

    assert written.status_code == 201
    assert listed["total"] == 1
    assert listed["notes"] == [written.json()["note"]]
    assert (listed["notes"][0]["text"], listed["notes"][0]["userId"]) == ("Restarted it.", editor.user_id)


@pytest.mark.parametrize("text", ["", "  ", "x" * 10_001, "nul\x00", 5])
def test_a_note_that_can_not_be_is_refused(api, text):
    assert api("post", "notes", {"text": text}).status_code == 400
    assert kinds() == []


def test_snoozing(api):
    until = (timezone.now() + timedelta(hours=2)).replace(microsecond=0)

    snoozed = api("post", "snooze", {"until": until.isoformat()}).json()["incident"]["snoozedUntil"]
    woken = api("delete", "snooze").json()["incident"]["snoozedUntil"]

    assert (snoozed, woken) == (f"{until:%Y-%m-%dT%H:%M:%SZ}", None)
    assert kinds() == ["incident.snoozed", "incident.unsnoozed"]


@pytest.mark.parametrize("body", [{}, {"until": "tomorrow"}, {"until": "2020-01-01T00:00:00Z"}])
def test_snoozing_until_then_can_not_be(api, body):
    answer = api("post", "snooze", body)

    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == ["until"]


def test_responders(api, editor, incident):
    other = member_factory(organization=editor.organization, name="Ann Other")
    api("post", "responders", {"userId": "me", "role": "commander"})
    api("post", "responders", {"userId": other.user_id})

    listed = [(each["name"], each["role"]) for each in api("get", "responders").json()["responders"]]
    removed = api("delete", f"responders/{other.user_id}")

    assert listed == [("Ed Itor", "commander"), ("Ann Other", "responder")]
    assert removed.status_code == 204
    assert [each.user_id for each in Responder.objects.all()] == [editor.user_id]
    assert api("delete", f"responders/{other.user_id}").status_code == 404
    assert api("delete", "responders/%00").status_code == 404
    wrong = api("post", "responders", {"userId": "me", "role": "boss"})
    assert wrong.json()["fields"] == {"role": ["Allowed values: commander, responder, communications, observer."]}


def test_feedback(api, editor):
    api("post", "feedback", {"helpful": True})
    answer = api("post", "feedback", {"helpful": False, "comment": "Wrong service."})

    assert answer.status_code == 200
    assert api("get", "feedback").json()["feedback"] == [answer.json()["feedback"]]
    assert IncidentFeedback.objects.get().comment == "Wrong service."
    for body in ({}, {"helpful": "yes"}, {"helpful": True, "comment": "x" * 2001}):
        assert api("post", "feedback", body).status_code == 400
    assert IncidentFeedback.objects.get().is_helpful is False


def test_runbooks(api, editor, incident):
    organization = editor.organization
    web = ServiceFactory(organization=organization)
    AlertFactory(
        incident=incident, title="Disk Full", service=web, annotations={"runbook_url": "https://wiki.example.org/disk"}
    )
    AlertFactory(incident=incident, annotations={"runbook_url": "javascript:alert(1)"})
    AlertFactory(incident=incident, annotations={"runbook_url": ["https://x.example.org"]})
    for title, fields in {
        "All": {},
        "Of web": {"service": web},
        "Disks": {"service": web, "title_contains": "disk"},
        "Other words": {"title_contains": "memory"},
        "Other service": {"service": ServiceFactory(organization=organization)},
    }.items():
        RunbookLinkFactory(organization=organization, title=title, url=f"https://example.org/{title[:2]}", **fields)
    RunbookLinkFactory(title="Elsewhere")

    assert api("get", "runbooks").json()["runbooks"] == [
        {"title": "All", "url": "https://example.org/Al", "from": "link"},
        {"title": "Disks", "url": "https://example.org/Di", "from": "link"},
        {"title": "Of web", "url": "https://example.org/Of", "from": "link"},
        {"title": "wiki.example.org/disk", "url": "https://wiki.example.org/disk", "from": "alert"},
    ]


@pytest.mark.parametrize("name", ["sourceIncidentId", "source_incident_id"])
@pytest.mark.parametrize("path", ["merge", "merge-alert"])
def test_another_goes_into_this_one(api, editor, incident, name, path):
    source = IncidentFactory(organization=editor.organization)

    answer = api("post", path, {name: str(source.pk)})

    assert (answer.status_code, answer.json()["id"]) == (200, str(incident.pk))
    source.refresh_from_db()
    assert source.merged_into == incident


@pytest.mark.parametrize("name", ["targetIncidentId", "target_incident_id", "into"])
def test_this_one_goes_into_another_and_comes_back(api, editor, incident, name):
    target = IncidentFactory(organization=editor.organization)
    AlertFactory(incident=incident)

    merged = api("post", "merge", {name: str(target.pk)}).json()
    back = api("post", "unmerge").json()

    assert (merged["id"], merged["incident"]["alertCount"]) == (str(target.pk), 1)
    assert (back["id"], back["incident"]["status"]) == (str(incident.pk), "investigating")
    assert (back["incident"]["alertCount"], back["incident"]["mergedIntoIncidentId"]) == (1, None)
    again = api("post", "unmerge")
    assert (again.status_code, again.json()["code"]) == (409, "CANNOT_MERGE")


def test_what_can_not_be_merged_is_refused(api, editor, incident):
    target, other = IncidentFactory.create_batch(2, organization=editor.organization)
    api("post", "merge", {"into": str(target.pk)})
    before = list(Incident.objects.order_by("number").values()), kinds()

    for body, status in (
        ({}, 400),
        ({"into": "x"}, 400),
        ({"into": str(other.pk), "sourceIncidentId": str(other.pk)}, 400),
        ({"into": str(other.pk)}, 409),
        ({"into": str(incident.pk)}, 409),
        ({"into": str(IncidentFactory().pk)}, 404),
    ):
        assert api("post", "merge", body).status_code == status, body
    named = api("post", "merge", {"into": str(incident.pk)}, of=other)
    assert (named.status_code, named.json()["mergedIntoIncidentId"]) == (409, str(target.pk))
    assert f"#{target.number}" in named.json()["detail"]
    assert api("post", "merge", {"into": str(IncidentFactory().pk)}, of=other).status_code == 404
    assert api("post", "merge", {"into": str(other.pk)}, of=other).status_code == 409

    mine = Incident.objects.for_organization(editor.organization).order_by("number")
    assert list(mine.values()) == [row for row in before[0] if row["organization_id"] == editor.organization_id]
    assert (kinds(), Merge.objects.count()) == (before[1], 1)


def test_a_resolved_incident_says_what_is_allowed(api, editor):
    resolved = IncidentFactory(organization=editor.organization, status="resolved", resolved_at=FIRST)

    answer = api("post", "acknowledge", {}, of=resolved)

    assert (answer.status_code, answer.json()["code"]) == (409, "TRANSITION_NOT_ALLOWED")
    assert answer.json()["allowed"] == ["investigating", "analyzed"]


WRITES = {
    "acknowledge": {},
    "assign": {"userId": "me"},
    "notes": {"text": "Hello"},
    "snooze": {"until": None},
    "responders": {"userId": "me"},
    "feedback": {"helpful": True},
    "merge": {"into": "0f8fad5b-d9cb-469f-a165-70867728950e"},
    "merge-alert": {"sourceIncidentId": "0f8fad5b-d9cb-469f-a165-70867728950e"},
    "unmerge": {},
}


@pytest.mark.parametrize("path", WRITES)
def test_who_may_not_changes_nothing(client_of, incident, path):
    url = f"/api/incidents/{incident.pk}/{path}"
    viewer = client_of(member_factory(organization=incident.organization, role="viewer"))
    elsewhere = client_of(member_factory(role="admin"))

    answers = [client.post(url, WRITES[path], format="json") for client in (viewer, elsewhere, APIClient())]

    assert [answer.status_code for answer in answers] == [403, 404, 401]
    assert kinds() == []


@pytest.mark.parametrize("path", ["notes", "responders", "feedback", "runbooks"])
def test_viewers_of_the_organisation_read(client_of, incident, path):
    url = f"/api/v1/incidents/{incident.pk}/{path}"
    viewer = client_of(member_factory(organization=incident.organization, role="viewer"))

    answers = [client.get(url) for client in (viewer, client_of(member_factory(role="admin")), APIClient())]

    assert [answer.status_code for answer in answers] == [200, 404, 401]
