"""Alerts that come and go."""

from datetime import timedelta

import pytest
from django.utils import timezone

from incidents.models import Alert, AlertSeries, Incident, TimelineEntry
from incidents.sweeping import alerts_sweep
from tests.factories.accounts import organization_factory
from tests.incidents.engine import said, sender, told

pytestmark = pytest.mark.django_db
STATES = ("firing", "resolved")


def flap(integration, changes):
    """Change an alert's state so many times, the last of them just now."""
    start = timezone.now() - timedelta(seconds=changes)
    for number in range(changes):
        told(integration, said(STATES[number % 2], number / 60, start=start))


def quiet_down():
    """As if everything had happened an hour ago."""
    for series in AlertSeries.objects.all():
        series.events = [
            [(timezone.datetime.fromisoformat(at) - timedelta(hours=1)).isoformat(), status, count]
            for at, status, count in series.events
        ]
        series.save()


def kinds():
    return list(TimelineEntry.objects.values_list("kind", flat=True))


def test_flapping_is_told_once_and_changes_no_incident():
    integration = sender(organization_factory())
    flap(integration, 12)

    assert kinds().count("alert.flapping") == 1
    # Up to the fifth change it was followed; from there on the incident stays open.
    assert kinds() == [
        "incident.opened", "alert.resolved", "incident.resolved", "alert.refired", "incident.reopened",
        "alert.resolved", "incident.resolved", "alert.flapping",
    ]  # fmt: skip
    assert Incident.objects.count() == 1
    assert (Alert.objects.get().status, Alert.objects.get().count) == ("resolved", 6)
    assert AlertSeries.objects.get().flapping_since is not None


@pytest.mark.parametrize(("changes", "status"), [(11, "investigating"), (12, "resolved")])
def test_once_it_is_quiet_its_incident_becomes_what_it_is(changes, status):
    integration = sender(organization_factory())
    flap(integration, changes)
    alerts_sweep()
    assert "alert.settled" not in kinds()

    quiet_down()
    alerts_sweep()

    assert AlertSeries.objects.get().flapping_since is None
    assert kinds().count("alert.settled") == 1
    assert Incident.objects.get().status == status
    alerts_sweep()
    assert kinds().count("alert.settled") == 1


def test_what_happened_long_ago_is_not_flapping():
    integration = sender(organization_factory())
    for minute in range(12):
        told(integration, said(STATES[minute % 2], minute))
    assert "alert.flapping" not in kinds()
    assert Incident.objects.get().status == "resolved"
