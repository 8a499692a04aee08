"""From deliveries to alerts and incidents."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from audit.models import Record
from incidents import alerts as engine
from incidents import processing
from incidents.models import Alert, AlertSeries, Delivery, Incident, Service, TimelineEntry
from incidents.processing import MOST_ATTEMPTS, deliveries_process, organizations_waiting
from incidents.services.incidents import incident_update
from incidents.tasks import sweep_deliveries
from tests.factories.accounts import organization_factory
from tests.factories.incidents import ServiceFactory
from tests.incidents.engine import START, deliver, outcome, said, sender, told

pytestmark = pytest.mark.django_db


def at(minute):
    return START + timedelta(minutes=minute)


def kinds(incident):
    return list(TimelineEntry.objects.filter(incident=incident).values_list("kind", flat=True))


def test_an_alert_opens_an_incident():
    integration = sender(organization_factory())

    delivery = told(integration, said(severity="critical", labels={"host": "db-1"}))

    assert (delivery.state, delivery.alert_count, delivery.reason) == ("processed", 1, "")
    alert = Alert.objects.get()
    assert (alert.title, alert.severity, alert.service.name) == ("disk is full", "critical", "disk")
    assert (alert.status, alert.count, alert.started_at, alert.ended_at) == ("firing", 1, START, None)
    assert alert.labels["host"] == "db-1"
    incident = Incident.objects.get()
    assert alert.incident == incident
    assert (incident.number, incident.title, incident.severity) == (1, "disk is full", "critical")
    assert (incident.status, incident.source_type, incident.source_alert_id) == ("investigating", "generic", "disk")
    assert (incident.alert_count, incident.firing_count, incident.started_at) == (1, 1, START)
    assert [service.name for service in incident.services.all()] == ["disk"]
    entry = TimelineEntry.objects.get()
    assert (entry.kind, entry.actor_id, entry.data["alert"]["id"]) == ("incident.opened", "", str(alert.pk))
    assert Record.objects.get(event="incidents.incident_opened").subject_id == str(incident.pk)
    assert alert.correlations.get().strategy == "opened"


def test_the_end_of_the_last_alert_resolves_the_incident():
    integration = sender(organization_factory())
    told(integration, said())

    told(integration, said("resolved", 5, severity="low"))

    alert, incident = Alert.objects.get(), Incident.objects.get()
    assert (alert.status, alert.ended_at, alert.open_key) == ("resolved", at(5), None)
    # An end often comes as "OK", which isn't how bad it was.
    assert alert.severity == "high"
    assert (incident.status, incident.resolved_at) == ("resolved", at(5))
    assert (incident.alert_count, incident.firing_count) == (1, 0)
    assert kinds(incident) == ["incident.opened", "alert.resolved", "incident.resolved"]
    assert Record.objects.filter(event="incidents.incident_resolved").count() == 1


def test_incidents_wait_for_people_where_that_is_wanted(settings):
    settings.AURORA_AUTO_RESOLVE = False
    integration = sender(organization_factory())
    told(integration, said())
    told(integration, said("resolved", 5))
    assert Incident.objects.get().status == "investigating"
    assert Incident.objects.get().firing_count == 0


def test_a_recovery_of_something_unknown_opens_nothing_and_completes_a_late_firing():
    integration = sender(organization_factory())
    delivery = told(integration, said("resolved", 5))
    assert delivery.state == "processed"
    assert (Alert.objects.count(), Incident.objects.count()) == (0, 0)

    told(integration, said("firing", 0))

    assert outcome(integration.organization) == [("disk", at(0), at(5), "resolved", 1, "resolved")]
    assert kinds(Incident.objects.get()) == ["incident.opened", "incident.resolved"]


def test_a_firing_older_than_the_end_changes_nothing_but_the_count():
    integration = sender(organization_factory())
    told(integration, said("firing", 0))
    told(integration, said("resolved", 5))
    before = kinds(Incident.objects.get())

    told(integration, said("firing", 3))

    assert outcome(integration.organization) == [("disk", at(0), at(5), "resolved", 2, "resolved")]
    assert kinds(Incident.objects.get()) == before


def test_firing_again_soon_reopens_the_incident():
    integration = sender(organization_factory())
    told(integration, said("firing", 0))
    told(integration, said("resolved", 5))

    told(integration, said("firing", 15))

    assert outcome(integration.organization) == [("disk", at(0), None, "firing", 2, "investigating")]
    incident = Incident.objects.get()
    assert incident.resolved_at is None
    assert kinds(incident)[3:] == ["alert.refired", "incident.reopened"]
    assert Record.objects.filter(event="incidents.incident_reopened").count() == 1


def test_firing_again_after_the_window_is_another_alert():
    integration = sender(organization_factory())
    told(integration, said("firing", 0))
    told(integration, said("resolved", 5))

    told(integration, said("firing", 5 + 24 * 60))

    assert outcome(integration.organization) == [
        ("disk", at(0), at(5), "resolved", 1, "resolved"),
        ("disk", at(5 + 24 * 60), None, "firing", 1, "investigating"),
    ]
    assert Incident.objects.count() == 2


def test_a_late_end_cuts_an_alert_in_two():
    integration = sender(organization_factory())
    told(integration, said("firing", 0))
    told(integration, said("firing", 120))
    assert Alert.objects.count() == 1

    told(integration, said("resolved", 5))

    assert outcome(integration.organization) == [
        ("disk", at(0), at(5), "resolved", 1, "resolved"),
        ("disk", at(120), None, "firing", 1, "investigating"),
    ]


def test_a_late_firing_makes_two_alerts_one_and_their_incidents_too():
    integration = sender(organization_factory())
    told(integration, said("firing", 0))
    told(integration, said("resolved", 5))
    told(integration, said("firing", 200))
    assert Incident.objects.count() == 2

    told(integration, said("firing", 10))

    assert outcome(integration.organization) == [("disk", at(0), None, "firing", 3, "investigating")]
    first, second = Incident.objects.order_by("number")
    assert (first.status, first.alert_count, second.status, second.merged_into) == ("investigating", 1, "merged", first)
    assert kinds(second)[-1] == "incident.merged"
    assert Record.objects.filter(event="incidents.incident_merged").count() == 1


def test_of_a_group_some_may_have_ended():
    integration = sender(organization_factory())
    told(integration, said(id="a"), said(id="b"), said(id="c"))

    told(integration, said("resolved", 5, id="a"), said("firing", 0, id="b"), said("resolved", 5, id="c"))

    assert [(row[0], row[3]) for row in outcome(integration.organization)] == [
        ("a", "resolved"),
        ("b", "firing"),
        ("c", "resolved"),
    ]
    assert Incident.objects.get(alerts__source_alert_id="b").status == "investigating"


def test_what_a_later_firing_says_counts_and_an_older_one_does_not_overwrite_it():
    integration = sender(organization_factory())
    told(integration, said("firing", 0, severity="low", title="old"))
    told(integration, said("firing", 10, severity="critical", title="new"))
    told(integration, said("firing", 5, severity="medium", title="late"))
    alert = Alert.objects.get()
    assert (alert.title, alert.severity, alert.count) == ("new", "critical", 3)
    assert Incident.objects.get().severity == "critical"
    assert "incident.severity" in kinds(Incident.objects.get())


def test_a_severity_that_a_person_set_stays():
    integration = sender(organization_factory())
    told(integration, said("firing", 0, severity="low"))
    incident = Incident.objects.get()
    incident_update(
        organization_id=incident.organization_id, actor_id="user_x", incident_id=incident.pk, severity="medium"
    )
    told(integration, said("firing", 1, severity="critical"))
    incident.refresh_from_db()
    assert (incident.severity, Alert.objects.get().severity) == ("medium", "critical")


def test_an_alert_of_a_merged_incident_goes_on_in_its_target():
    integration = sender(organization_factory())
    told(integration, said(id="a"))
    told(integration, said("firing", 300, id="b"))
    target, source = Incident.objects.order_by("number")
    Incident.objects.filter(pk=source.pk).update(status="merged", merged_into=target)

    told(integration, said("resolved", 301, id="b"))

    assert "alert.resolved" in kinds(target)
    assert "alert.resolved" not in kinds(source)
    target.refresh_from_db()
    assert target.status == "investigating"


def test_services_are_known_whatever_their_capitals():
    integration = sender(organization_factory())
    known = ServiceFactory(organization=integration.organization, name="Checkout")
    told(
        integration, said(id="a", service="checkout"), said(id="b", service="CHECKOUT"), said(id="c", service="unknown")
    )
    assert list(Alert.objects.order_by("source_alert_id").values_list("service", flat=True)) == [
        known.pk,
        known.pk,
        None,
    ]
    assert Service.objects.count() == 1


def test_two_organisations_never_share_an_alert():
    first, second = organization_factory(), organization_factory()
    for organization in (first, second):
        told(sender(organization), said())
    assert [len(outcome(organization)) for organization in (first, second)] == [1, 1]
    assert sorted(Incident.objects.values_list("number", flat=True)) == [1, 1]


def test_a_broken_alert_does_not_lose_the_others(monkeypatch):
    integration = sender(organization_factory())
    reconcile = engine.reconcile

    def breaking(series, rows, observations, services, within):
        if observations[0].alert.title == "breaks":
            raise ValueError("a bug")
        return reconcile(series, rows, observations, services, within)

    monkeypatch.setattr(engine, "reconcile", breaking)
    deliver(integration, said(id="a"))
    broken = deliver(integration, said(id="b", title="breaks"))
    deliver(integration, said(id="c"))
    for _ in range(MOST_ATTEMPTS):
        deliveries_process(integration.organization_id)

    assert [row[0] for row in outcome(integration.organization)] == ["a", "c"]
    broken.refresh_from_db()
    assert (broken.state, broken.attempts, broken.reason) == ("failed", MOST_ATTEMPTS, "ValueError: a bug")
    assert sorted(Incident.objects.values_list("number", flat=True)) == [1, 2]
    assert list(TimelineEntry.objects.values_list("seq", flat=True)) == [1, 2]
    assert not AlertSeries.objects.filter(alerts=None).exists()


def test_an_outage_leaves_everything_as_it_was(monkeypatch):
    integration = sender(organization_factory())
    delivery = deliver(integration, said())

    def away(*_):
        raise OperationalError("the server closed the connection")

    with monkeypatch.context() as patch:
        patch.setattr(engine, "reconcile", away)
        with pytest.raises(OperationalError):
            deliveries_process(integration.organization_id)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == ("pending", 0)

    deliveries_process(integration.organization_id)
    assert len(outcome(integration.organization)) == 1


def test_what_nobody_was_told_of_is_swept_up():
    integration = sender(organization_factory())
    deliver(integration, said())
    assert organizations_waiting() == []
    Delivery.objects.update(received_at=timezone.now() - timedelta(seconds=10))

    sweep_deliveries()

    assert len(outcome(integration.organization)) == 1
    assert organizations_waiting() == []


def test_many_at_once_take_few_queries(django_assert_max_num_queries, monkeypatch):
    # However slow the machine is, they are one batch.
    monkeypatch.setattr(processing, "FEWEST_AT_ONCE", 50)
    integration = sender(organization_factory())
    told(integration, said(id="a"))
    for number in range(50):
        deliver(integration, said(minute=number, id=f"alert-{number}", service="one"))
    with django_assert_max_num_queries(50 * 10):
        deliveries_process(integration.organization_id)
    assert Alert.objects.count() == 51

    for number in range(50):
        deliver(integration, said(minute=100 + number, id=f"alert-{number}", service="one"))
    # Nothing new: each row is updated by itself, and everything else is at once.
    with django_assert_max_num_queries(50 + 25):
        deliveries_process(integration.organization_id)
    assert Alert.objects.count() == 51


def test_it_is_processed_after_it_came_and_its_incident_changed_after_it_was_made():
    delivery = told(sender(organization_factory()), said())

    assert delivery.processed_at >= delivery.received_at
    incident = Incident.objects.get()
    assert incident.updated_at >= incident.created_at
