"""Incidents in the admin: to look at, since changes belong on the timeline."""

import pytest

from incidents.models import Incident, Notification
from incidents.services.incidents import incident_create
from tests.factories.incidents import (
    AlertFactory,
    CorrelationFactory,
    IncidentFactory,
    MergeFactory,
    RosterFactory,
    RunbookLinkFactory,
    ServiceFactory,
    ShiftFactory,
    TimelineEntryFactory,
)
from tests.incidents.notified import channel, rule

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "make",
    [
        IncidentFactory,
        AlertFactory,
        ServiceFactory,
        TimelineEntryFactory,
        MergeFactory,
        CorrelationFactory,
        RosterFactory,
        RunbookLinkFactory,
    ],
)
def test_lists_and_forms_open(operator_client, make):
    row = make()
    name = row._meta.model_name

    listed = operator_client.get(f"/admin/incidents/{name}/?q=a")
    opened = operator_client.get(f"/admin/incidents/{name}/{row.pk}/change/")

    assert (listed.status_code, opened.status_code) == (200, 200)
    assert str(row.pk) in operator_client.get(f"/admin/incidents/{name}/").content.decode()


def test_an_incident_is_shown_with_its_timeline_and_not_changed(operator_client):
    incident = IncidentFactory()
    TimelineEntryFactory(incident=incident, text="Reported by a person.")

    page = operator_client.get(f"/admin/incidents/incident/{incident.pk}/change/").content.decode()
    answer = operator_client.post(f"/admin/incidents/incident/{incident.pk}/change/", {"title": "Other"})
    deleted = operator_client.post(f"/admin/incidents/incident/{incident.pk}/delete/", {"post": "yes"})

    assert "Reported by a person." in page
    assert (answer.status_code, deleted.status_code) == (403, 403)
    assert Incident.objects.get().title == incident.title


def test_a_roster_is_shown_with_its_shifts(operator_client):
    shift = ShiftFactory()

    page = operator_client.get(f"/admin/incidents/roster/{shift.roster_id}/change/").content.decode()

    assert shift.user.email in page


def test_a_payload_is_shown_escaped(operator_client):
    alert = AlertFactory(payload={"text": "<script>alert(1)</script>"})

    page = operator_client.get(f"/admin/incidents/alert/{alert.pk}/change/").content.decode()

    assert "<script>alert(1)</script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_channels_show_no_secret(operator_client):
    made = channel("https://hooks.example.org/T0/secret-token")
    rule(made)
    incident_create(organization_id=made.organization_id, actor_id="user_a", title="Down")
    row = Notification.objects.get()

    pages = [
        operator_client.get(f"/admin/incidents/{path}")
        for path in (
            "notificationchannel/",
            f"notificationchannel/{made.pk}/change/",
            "notificationrule/?q=a",
            f"notificationrule/{row.rule_id}/change/",
            "notification/?q=a",
            f"notification/{row.pk}/change/",
        )
    ]

    assert [page.status_code for page in pages] == [200] * 6
    texts = [page.content.decode() for page in pages]
    assert "https://hooks.example.org/…" in texts[0]
    assert not any(
        secret in text for text in texts for secret in ("secret-token", made.secret_sealed, made.address_sealed)
    )
