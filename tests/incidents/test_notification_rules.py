"""Who is told of which change."""

from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from aurora_site.core.erasure import Person
from incidents.erasure import erase
from incidents.journal import journal
from incidents.models import Incident, Notification, NotificationChannel, Severity
from incidents.notifications import kinds
from incidents.notifications.sending import notification_send
from incidents.services.incidents import incident_create, incident_update
from incidents.services.response import incident_acknowledge, incident_snooze, note_add, severity_set
from tests.factories.accounts import organization_factory
from tests.factories.incidents import ServiceFactory
from tests.incidents.notified import about, channel, rule

pytestmark = pytest.mark.django_db


def kinds_told(**filters):
    return list(Notification.objects.filter(**filters).order_by("entry__seq").values_list("entry__kind", flat=True))


def test_each_change_that_matters_is_told_once():
    to = channel()
    rule(to)
    who = about(to.organization)
    incident = incident_create(**who, title="Down", severity="low")
    severity_set(**who, incident_id=incident.pk, severity="high")
    incident_acknowledge(**who, incident_id=incident.pk)
    note_add(**who, incident_id=incident.pk, text="Looking")
    incident_update(**who, incident_id=incident.pk, summary="So it is")
    incident_update(**who, incident_id=incident.pk, status="resolved")
    incident_update(**who, incident_id=incident.pk, status="investigating")

    assert kinds_told() == [
        "incident.created",
        "incident.severity",
        "incident.acknowledged",
        "incident.resolved",
        "incident.reopened",
    ]


def test_a_rule_may_name_its_kinds():
    to = channel()
    rule(to, kinds=["incident.note"])
    who = about(to.organization)
    incident = incident_create(**who, title="Down")
    note_add(**who, incident_id=incident.pk, text="Looking")
    assert kinds_told() == ["incident.note"]


def test_rules_by_severity_and_service():
    to = channel()
    checkout = ServiceFactory(organization=to.organization, name="checkout")
    rule(to, minimum_severity="high", service_ids=[checkout.pk])
    who = about(to.organization)
    for severity in Severity.values:
        for service in ("checkout", "web", ""):
            incident_create(**who, title=f"{severity} {service}", severity=severity, service_name=service)
    titles = Notification.objects.values_list("incident__title", flat=True)
    assert sorted(titles) == ["critical checkout", "high checkout"]


def test_who_heard_of_it_hears_that_it_is_less():
    to = channel()
    rule(to, minimum_severity="high")
    who = about(to.organization)
    incident = incident_create(**who, title="Down", severity="critical")
    severity_set(**who, incident_id=incident.pk, severity="low")
    incident_acknowledge(**who, incident_id=incident.pk)
    assert kinds_told() == ["incident.created", "incident.severity"]


def test_two_rules_of_a_channel_make_one_notification():
    to = channel()
    rule(to, name="A")
    rule(to, name="B", minimum_severity="low")
    other = channel(organization=to.organization, name="Other")
    rule(other, name="C")
    incident_create(**about(to.organization), title="Down", severity="high")
    assert sorted(Notification.objects.values_list("channel__name", "rule__name")) == [("Ops", "A"), ("Other", "C")]


def test_what_is_switched_off_tells_nothing():
    to = channel()
    made = rule(to)
    who = about(to.organization)
    type(made).objects.filter(pk=made.pk).update(is_enabled=False)
    incident_create(**who, title="Down")
    type(made).objects.filter(pk=made.pk).update(is_enabled=True)
    NotificationChannel.objects.update(is_enabled=False)
    incident_create(**who, title="Down")
    assert kinds_told() == []


def test_organisations_are_told_of_their_own_alone():
    mine, theirs = channel(), channel()
    rule(mine)
    rule(theirs)
    incident_create(**about(mine.organization), title="Down")
    assert list(Notification.objects.values_list("channel", "organization")) == [(mine.pk, mine.organization_id)]


def test_a_change_that_is_taken_back_is_told_to_nobody():
    to = channel()
    rule(to)
    with pytest.raises(RuntimeError), journal(to.organization_id) as log:
        incident = Incident.objects.create(
            organization=to.organization, number=log.next_number(), title="Down", started_at=log.now
        )
        log.add(incident, "incident.opened")
        raise RuntimeError
    assert kinds_told() == []


def test_a_snoozed_incident_is_quiet_until_the_snooze_ends():
    to = channel()
    rule(to)
    who = about(to.organization)
    incident = incident_create(**who, title="Down", severity="low")
    until = timezone.now() + timedelta(hours=1)
    incident_snooze(**who, incident_id=incident.pk, until=until)
    incident_acknowledge(**who, incident_id=incident.pk)
    severity_set(**who, incident_id=incident.pk, severity="info")
    severity_set(**who, incident_id=incident.pk, severity="critical")

    held = Notification.objects.filter(next_attempt_at__gt=timezone.now())
    assert sorted(held.values_list("entry__kind", "next_attempt_at")) == [
        ("incident.acknowledged", until),
        ("incident.severity", until),
    ]
    rising = Notification.objects.exclude(pk__in=held).latest("entry__seq")
    assert rising.entry.data["severity"]["to"] == "critical"

    incident_snooze(**who, incident_id=incident.pk, until=None)
    assert not Notification.objects.filter(next_attempt_at__gt=timezone.now()).exists()


def test_what_was_on_its_way_when_its_incident_was_snoozed_waits():
    to = channel()
    rule(to)
    who = about(to.organization)
    incident = incident_create(**who, title="Down")
    until = timezone.now() + timedelta(hours=1)
    incident_snooze(**who, incident_id=incident.pk, until=until)
    notification = Notification.objects.get()

    assert notification_send(notification_id=notification.pk) is None

    notification.refresh_from_db()
    assert (notification.state, notification.attempts, notification.next_attempt_at) == ("pending", 0, until)


def test_a_resolution_ends_the_silence_of_a_snooze():
    to = channel()
    rule(to)
    who = about(to.organization)
    incident = incident_create(**who, title="Down")
    incident_snooze(**who, incident_id=incident.pk, until=timezone.now() + timedelta(hours=1))
    incident_acknowledge(**who, incident_id=incident.pk)
    incident_update(**who, incident_id=incident.pk, status="resolved")
    assert not Notification.objects.filter(next_attempt_at__gt=timezone.now()).exists()


def test_without_rules_a_change_costs_one_query_more(django_assert_max_num_queries):
    organization = organization_factory()
    with django_assert_max_num_queries(40) as without:
        incident_create(**about(organization), title="Down")
    asked = [query["sql"] for query in without.captured_queries if "notification" in query["sql"].lower()]
    assert len(asked) == 1


def test_many_changes_at_once_take_a_constant_number_of_queries(django_assert_num_queries):
    to = channel()
    made = rule(to)
    made.services.add(ServiceFactory(organization=to.organization))
    counts = []
    for many in (1, 30):
        with journal(to.organization_id) as log:
            rows = [
                Incident(organization=to.organization, number=log.next_number(), title=f"{number}", started_at=log.now)
                for number in range(many)
            ]
            Incident.objects.bulk_create(rows)
            service = made.services.get()
            for row in rows:
                row.services.add(service)
                log.add(row, "incident.opened")
            with django_assert_num_queries(counts[0] if counts else 9, exact=False) as asked:
                log.close()
            log._entries.clear()
        counts.append(len(asked.captured_queries))
    assert counts[0] == counts[1]
    assert Notification.objects.count() == 31


def test_an_erased_persons_address_is_told_nothing_more():
    theirs = channel("Ann@example.org", kind="email", name="Ann")
    other = channel("bob@example.org", kind="email", name="Bob")
    hook = channel()
    counts = erase(Person(id="user_x", email="ann@example.org"))
    assert counts["notification_channels"] == 1
    assert set(NotificationChannel.objects.values_list("pk", flat=True)) == {other.pk, hook.pk}
    assert theirs.pk not in {other.pk, hook.pk}


@given(
    minimum=st.sampled_from(Severity.values),
    severity=st.sampled_from(Severity.values),
    kind=st.sampled_from([*kinds.KINDS, "notification.dead", "?"]),
    wanted=st.lists(st.sampled_from(kinds.KINDS), max_size=3),
)
def test_a_rule_tells_of_what_it_names(minimum, severity, kind, wanted):
    order = Severity.values
    expected = kind in (wanted or kinds.DEFAULT_KINDS) and order.index(severity) <= order.index(minimum)
    found = kinds.tells(
        kinds=wanted, minimum_severity=minimum, rule_services=[], kind=kind, severity=severity, services=[]
    )
    assert found is expected
