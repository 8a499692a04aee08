"""A person resolves an incident although its alerts fire: what its sources say afterwards is news, not lost."""

from datetime import timedelta

import pytest
from django.utils import timezone

from incidents.models import Alert, AlertSeries, Incident
from incidents.series import History
from incidents.services.incidents import incident_update
from tests.factories.accounts import organization_factory
from tests.incidents.engine import said, sender, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def integration():
    return sender(organization_factory())


def resolve(incident):
    incident_update(
        organization_id=incident.organization_id, actor_id="user_oncall", incident_id=incident.pk, status="resolved"
    )


def without_time(**fields):
    return {"id": "disk", "title": "Disk full", "service": "db", **fields}


def states():
    return [(row.status, row.firing_count) for row in Incident.objects.order_by("number")]


def test_its_alerts_end_with_it(integration):
    told(integration, without_time(), without_time(id="inode"))
    incident = Incident.objects.get()

    resolve(incident)

    incident.refresh_from_db()
    assert states() == [("resolved", 0)]
    assert [(row.status, row.open_key, row.ended_at) for row in Alert.objects.all()] == [
        ("resolved", None, incident.resolved_at)
    ] * 2


def test_what_is_said_again_soon_reopens_it(integration):
    told(integration, without_time())
    resolve(Incident.objects.get())

    told(integration, without_time())

    assert states() == [("investigating", 1)]
    assert [(row.status, row.count) for row in Alert.objects.all()] == [("firing", 2)]


def test_what_is_said_again_much_later_opens_another(integration, settings):
    before = timezone.now() - timedelta(days=1)
    told(integration, without_time(), at=before)
    resolve(Incident.objects.get())
    settings.AURORA_REOPEN_SECONDS = 60
    later = timezone.now() + timedelta(hours=1)

    told(integration, without_time(), at=later)

    assert states() == [("resolved", 0), ("investigating", 1)]
    assert [(row.status, row.started_at) for row in Alert.objects.order_by("started_at")] == [
        ("resolved", before),
        ("firing", later),
    ]


def test_an_echo_of_before_changes_nothing(integration):
    began = timezone.now() - timedelta(minutes=30)
    told(integration, said(start=began))
    resolve(Incident.objects.get())

    told(integration, said(start=began), key="the other one of a pair")

    assert states() == [("resolved", 0)]
    assert [(row.status, row.count) for row in Alert.objects.all()] == [("resolved", 2)]


def test_a_source_that_still_says_so_much_later_reopens_it(integration):
    began = timezone.now() - timedelta(minutes=30)
    told(integration, said(start=began))
    resolve(Incident.objects.get())

    told(integration, said(start=began), key="repeated", at=timezone.now() + timedelta(minutes=10))

    assert states() == [("investigating", 1)]
    assert [(row.status, row.started_at) for row in Alert.objects.all()] == [("firing", began)]


def test_a_late_firing_from_before_its_end_stays_in_the_past(integration):
    began = timezone.now() - timedelta(minutes=30)
    told(integration, said(start=began))
    resolve(Incident.objects.get())
    told(integration, said("resolved", 31, start=began))

    told(integration, said(start=began), key="late", at=timezone.now() + timedelta(minutes=10))

    assert states() == [("resolved", 0)]


def test_an_alert_ahead_of_our_clock_ends_after_it_began(integration):
    ahead = timezone.now() + timedelta(minutes=20)
    told(integration, said(start=ahead))

    resolve(Incident.objects.get())

    assert [(row.status, row.started_at, row.ended_at) for row in Alert.objects.all()] == [("resolved", ahead, ahead)]


def test_its_series_says_that_a_person_ended_it(integration):
    told(integration, without_time())
    resolve(Incident.objects.get())

    events = History.from_json(AlertSeries.objects.get().events).events
    assert [event.status for event in events] == ["firing", "closed"]
    assert Incident.objects.get().resolved_at == events[-1].at


def test_a_new_alert_like_it_opens_another(integration):
    told(integration, without_time(id="certs1", title="Certificate expires certs1"))
    resolve(Incident.objects.get())
    assert Incident.objects.get().resolved_by_id == "user_oncall"

    told(integration, without_time(id="certs2", title="Certificate expires certs2"))
    told(integration, without_time(id="certs1", title="Certificate expires certs1"))

    assert states() == [("investigating", 1), ("investigating", 1)]
    assert Incident.objects.get(number=1).resolved_by_id == ""
