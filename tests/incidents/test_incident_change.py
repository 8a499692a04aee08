"""PATCH of an incident."""

import json
import threading

import pytest
from django.db import connection
from rest_framework.test import APIClient

from audit.models import Record
from incidents.models import IncidentLog, IncidentStatus, TimelineEntry
from incidents.services.incidents import incident_update
from tests.factories.accounts import member_factory
from tests.factories.incidents import FIRST, IncidentFactory


def patch(client, incident, **body):
    return client.patch(f"/api/incidents/{incident.pk}", body, format="json")


@pytest.mark.django_db
def test_an_editor_changes_everything_that_may_be_changed(client_of):
    editor = member_factory(role="editor")
    incident = IncidentFactory(organization=editor.organization)

    answer = patch(
        client_of(editor),
        incident,
        status="resolved",
        auroraStatus="complete",
        summary="Scaled the pods.",
        activeTab="chat",
    )

    assert answer.status_code == 200
    body = answer.json()
    assert (body["success"], body["id"]) == (True, str(incident.pk))
    incident.refresh_from_db()
    assert (incident.status, incident.aurora_status, incident.active_tab) == ("resolved", "complete", "chat")
    assert incident.summary == "Scaled the pods."
    assert body["incident"]["status"] == "resolved"
    assert body["incident"]["resolvedAt"] is not None

    changed, resolved = TimelineEntry.objects.order_by("seq")
    assert (changed.kind, changed.actor_id) == ("incident.updated", editor.user_id)
    assert changed.data == {
        "aurora_status": {"from": "idle", "to": "complete"},
        "active_tab": {"from": "thoughts", "to": "chat"},
    }
    assert (resolved.kind, resolved.actor_id) == ("incident.resolved", editor.user_id)
    assert resolved.data == {"status": {"from": "investigating", "to": "resolved"}}
    record = Record.objects.get(event="incidents.incident_updated")
    data = json.loads(bytes(record.body))["data"]
    assert data["changed"] == ["active_tab", "aurora_status", "status", "summary"]
    assert data["status"] == {"from": "investigating", "to": "resolved"}
    assert record.texts.get(name="summary").text == "Scaled the pods."


@pytest.mark.django_db
def test_reopening_clears_the_time_of_resolution(client_of):
    editor = member_factory(role="editor")
    incident = IncidentFactory(organization=editor.organization, status="resolved", resolved_at=FIRST)

    answer = patch(client_of(editor), incident, status="investigating")

    assert answer.json()["incident"]["resolvedAt"] is None


@pytest.mark.django_db
def test_what_is_equal_already_leaves_no_trace(client_of):
    editor = member_factory(role="editor")
    incident = IncidentFactory(organization=editor.organization, summary="Same.")

    answer = patch(client_of(editor), incident, status="investigating", summary="Same.")

    assert answer.status_code == 200
    assert not TimelineEntry.objects.exists()
    assert not Record.objects.filter(event="incidents.incident_updated").exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "field", "says"),
    [
        ({"status": "closed"}, "status", "Allowed values: investigating, analyzed, resolved."),
        ({"status": "merged"}, "status", "Allowed values: investigating, analyzed, resolved."),
        ({"status": None}, "status", "This field may not be null."),
        ({"auroraStatus": "done"}, "auroraStatus", "Allowed values: idle, running, complete, error."),
        ({"activeTab": "logs"}, "activeTab", "Allowed values: thoughts, chat."),
        ({"summary": "x" * 10_001}, "summary", "Ensure this field has no more than 10000 characters."),
        ({"summary": "nul\x00"}, "summary", "Null characters and unpaired surrogates are not allowed."),
        ({}, "body", "Give at least one of status, severity, auroraStatus, summary, activeTab."),
        ({"title": "No"}, "body", "Give at least one of status, severity, auroraStatus, summary, activeTab."),
    ],
)
def test_what_is_not_allowed_says_what_is(client_of, body, field, says):
    editor = member_factory(role="editor")
    incident = IncidentFactory(organization=editor.organization, title="Down")

    answer = patch(client_of(editor), incident, **body)

    assert answer.status_code == 400
    assert answer.json()["fields"] == {field: [says]}
    incident.refresh_from_db()
    assert (incident.title, incident.status, incident.aurora_status) == ("Down", "investigating", "idle")
    assert (incident.summary, incident.active_tab) == ("", "thoughts")
    assert not TimelineEntry.objects.exists()


@pytest.mark.django_db
def test_the_status_of_a_merged_incident_is_that_of_its_target(client_of):
    editor = member_factory(role="editor")
    target = IncidentFactory(organization=editor.organization)
    merged = IncidentFactory(organization=editor.organization, status=IncidentStatus.MERGED, merged_into=target)

    answer = patch(client_of(editor), merged, status="resolved")

    assert answer.status_code == 409
    assert answer.json()["code"] == "INCIDENT_MERGED"
    assert answer.json()["mergedIntoIncidentId"] == str(target.pk)
    merged.refresh_from_db()
    assert (merged.status, merged.merged_into) == ("merged", target)


@pytest.mark.django_db
def test_a_viewer_can_not_change_an_incident(client_of):
    viewer = member_factory(role="viewer")
    incident = IncidentFactory(organization=viewer.organization)

    assert patch(client_of(viewer), incident, status="resolved").status_code == 403
    incident.refresh_from_db()
    assert incident.status == "investigating"
    assert not TimelineEntry.objects.exists()


@pytest.mark.django_db
def test_an_incident_of_another_organisation_is_not_found(client_of):
    incident = IncidentFactory()

    assert patch(client_of(member_factory(role="admin")), incident, status="resolved").status_code == 404
    assert APIClient().patch(f"/api/incidents/{incident.pk}", {"status": "resolved"}).status_code == 401
    incident.refresh_from_db()
    assert incident.status == "investigating"


@pytest.mark.django_db
def test_an_organisation_that_lost_its_log_gets_another():
    incident = IncidentFactory()
    IncidentLog.objects.all().delete()

    incident_update(
        organization_id=incident.organization_id, actor_id="user_x", incident_id=incident.pk, summary="Mended."
    )

    assert [log.last_seq for log in IncidentLog.objects.for_organization(incident.organization_id)] == [1]


@pytest.mark.django_db(transaction=True)
def test_changes_at_once_are_all_kept_and_chained():
    incident = IncidentFactory()
    summaries = [f"Summary {number}" for number in range(8)]
    barrier = threading.Barrier(len(summaries))

    def change(summary):
        try:
            barrier.wait(timeout=10)
            incident_update(
                organization_id=incident.organization_id,
                actor_id="user_racer",
                incident_id=incident.pk,
                summary=summary,
                status="resolved",
            )
        finally:
            connection.close()

    threads = [threading.Thread(target=change, args=(summary,)) for summary in summaries]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    entries = list(TimelineEntry.objects.filter(incident=incident))
    assert [entry.kind for entry in entries].count("incident.updated") == len(summaries)
    assert [entry.data.get("status") for entry in entries].count({"from": "investigating", "to": "resolved"}) == 1
    assert Record.objects.filter(event="incidents.incident_updated").count() == len(summaries)
