"""Silences and maintenance windows."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import Record
from incidents.errors import UnfitSilence
from incidents.models import Alert, Incident, Silence, TimelineEntry
from incidents.services.silences import silence_create, silence_end
from incidents.silences import SilencedFacts, is_active, matchers_checked, matches
from incidents.sweeping import alerts_sweep
from tests.factories.accounts import member_factory, organization_factory
from tests.factories.incidents import ServiceFactory
from tests.incidents.engine import START, said, sender, told

pytestmark = pytest.mark.django_db
SILENCES = "/api/v1/silences"
DISK = {"name": "title", "operator": "=~", "value": "disk.*"}


def silence(organization, *matchers, **fields):
    times = {"starts_at": timezone.now() - timedelta(minutes=1), "ends_at": timezone.now() + timedelta(hours=1)}
    fields = {"kind": "silence", "comment": "Known.", "matchers": list(matchers), **times, **fields}
    return silence_create(organization_id=organization.pk, actor_id="user_x", **fields)


def facts(**fields):
    return SilencedFacts(**{"title": "disk is full", "severity": "high", "source": "generic", **fields})


@pytest.mark.parametrize(
    ("matcher", "labels", "found"),
    [
        ({"name": "host", "operator": "=", "value": "a"}, {"host": "a"}, True),
        ({"name": "host", "operator": "=", "value": "a"}, {"host": "ab"}, False),
        ({"name": "host", "operator": "!=", "value": "a"}, {}, True),
        ({"name": "host", "operator": "=", "value": ""}, {}, True),
        ({"name": "host", "operator": "=~", "value": "db-[0-9]+"}, {"host": "db-12"}, True),
        ({"name": "host", "operator": "=~", "value": "db"}, {"host": "db-12"}, False),
        ({"name": "host", "operator": "!~", "value": "db.*"}, {"host": "web"}, True),
        ({"name": "severity", "operator": "=", "value": "high"}, {}, True),
        ({"name": "severity", "operator": "=", "value": "high"}, {"severity": "page"}, False),
        ({"name": "source", "operator": "=", "value": "grafana"}, {}, False),
    ],
)
def test_matchers_look_at_labels_and_what_every_alert_has(matcher, labels, found):
    held = silence(organization_factory(), matcher)
    assert matches(held, facts(labels=labels)) is found


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+$", "(a|a)*b", "(", "a*b*c*d*", r"(a)\1", "(?=a)", "[a-z]{2000000}{3,}", "a?" * 40 + "a" * 40,
     "(a|a)" * 30 + "b", r"\\*\\*\\*\\*\\*b", r"(a+\\)*b", r"\\\\*" * 4, "(a?){9}"],
)  # fmt: skip
def test_patterns_that_could_take_long_are_refused(pattern):
    with pytest.raises(UnfitSilence) as refused:
        matchers_checked([{"name": "title", "operator": "=~", "value": pattern}])
    assert refused.value.field == "matchers[0].value"


@pytest.mark.parametrize(
    "pattern", ["api|web|db", r"(api|web)-\d+\.example\.org.*", r"what\?\*\+\(\)\{1,2\}", "https?:.*"]
)
def test_plain_patterns_are_taken(pattern):
    assert matchers_checked([{"name": "title", "operator": "=~", "value": pattern}])[0]["value"] == pattern


def test_patterns_that_are_taken_are_quick_on_anything():
    matchers = matchers_checked([{"name": "title", "operator": "=~", "value": "[ab]*a.*b.*c"}])
    held = silence(organization_factory(), *matchers)
    began = time.monotonic()
    assert not matches(held, facts(title="ab" * 500))
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("repeat", "hours", "active"),
    [("never", 0, True), ("never", 2, False), ("never", 24, False), ("daily", 24.5, True), ("daily", 26, False),
     ("weekly", 24.5, False), ("weekly", 7 * 24.5 - 3.4, True), ("daily", -1, False)],
)  # fmt: skip
def test_a_window_holds_once_or_each_day_or_week(repeat, hours, active):
    held = Silence(starts_at=START, ends_at=START + timedelta(hours=1), repeat=repeat)
    assert is_active(held, START + timedelta(hours=hours)) is active


def test_a_silenced_alert_is_kept_and_opens_no_incident():
    integration = sender(organization_factory())
    held = silence(integration.organization, DISK)

    told(integration, said(), said(id="cpu"))

    alert = Alert.objects.get(source_alert_id="disk")
    assert (alert.silence, alert.incident, alert.status) == (held, None, "firing")
    assert Alert.objects.get(source_alert_id="cpu").incident is not None
    assert Incident.objects.count() == 1
    told(integration, said("resolved", 5))
    alerts_sweep()
    assert Incident.objects.count() == 1


def test_when_the_silence_ends_what_still_fires_opens_its_incident():
    integration = sender(organization_factory())
    held = silence(integration.organization, DISK)
    told(integration, said())
    alerts_sweep()
    assert Incident.objects.count() == 0

    silence_end(organization_id=integration.organization_id, actor_id="user_x", silence_id=held.pk)
    alerts_sweep()

    alert = Alert.objects.get()
    assert (alert.incident, alert.silence) == (Incident.objects.get(), None)
    assert alert.correlations.get().strategy == "unsilenced"
    alerts_sweep()
    assert Incident.objects.count() == 1


def test_a_maintenance_window_is_for_services():
    organization = organization_factory()
    service = ServiceFactory(organization=organization, name="disk")
    silence(organization, kind="maintenance", service_ids=[service.pk])
    told(sender(organization), said(id="disk"), said(id="cpu"))
    assert [alert.incident is None for alert in Alert.objects.order_by("source_alert_id")] == [False, True]


def test_firing_again_under_a_silence_reopens_nothing_until_it_ends():
    integration = sender(organization_factory())
    told(integration, said("firing", 0))
    told(integration, said("resolved", 5))
    held = silence(integration.organization, DISK)

    told(integration, said("firing", 10))

    assert Incident.objects.get().status == "resolved"
    assert TimelineEntry.objects.last().kind == "alert.silenced"
    silence_end(organization_id=integration.organization_id, actor_id="user_x", silence_id=held.pk)
    alerts_sweep()
    assert Incident.objects.get().status == "investigating"


def test_an_editor_sets_and_ends_a_silence(client_of):
    editor = member_factory(role="editor")
    client = client_of(editor)
    ends = (timezone.now() + timedelta(hours=1)).isoformat()

    made = client.post(SILENCES, {"comment": "Moving", "endsAt": ends, "matchers": [DISK]}, format="json")

    assert made.status_code == 201
    assert (made.json()["isActive"], made.json()["matchers"], made.json()["repeat"]) == (True, [DISK], "never")
    assert client.get(f"{SILENCES}?over=false").json()["total"] == 1
    path = f"{SILENCES}/{made.json()['id']}"
    assert client_of(member_factory(editor.organization)).delete(path).status_code == 403
    assert client_of(member_factory(role="admin")).delete(path).status_code == 404
    assert client.delete(path).json()["isOver"] is True
    assert client.delete(path).json()["code"] == "SILENCE_OVER"
    assert client.get(f"{SILENCES}?over=false").json()["total"] == 0
    assert Record.objects.get(event="incidents.silence_created").texts.get(name="comment").text == "Moving"
    assert Record.objects.filter(event="incidents.silence_ended").count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"endsAt": "2020-01-01T00:00:00Z"}, "endsAt"),
        ({"startsAt": "2999-01-02T00:00:00Z", "endsAt": "2999-01-01T00:00:00Z"}, "endsAt"),
        ({"matchers": []}, "matchers"),
        ({"matchers": [{"name": "title", "operator": "=~", "value": "("}]}, "matchers[0].value"),
        ({"matchers": [{"name": "title", "operator": "~", "value": "x"}]}, "matchers[0].operator"),
        ({"comment": ""}, "comment"),
        ({"repeat": "daily"}, "repeat"),
        ({"repeat": "daily", "kind": "maintenance", "endsAt": "2999-01-01T00:00:00Z"}, "endsAt"),
        ({"serviceIds": ["0f8fad5b-d9cb-469f-a165-70867728950e"]}, "serviceIds"),
        ({"kind": "holiday"}, "kind"),
    ],
)
def test_what_can_not_be_a_silence_names_the_field(client_of, changes, field):
    editor = member_factory(role="editor")
    ends = (timezone.now() + timedelta(hours=1)).isoformat()
    answer = client_of(editor).post(
        SILENCES, {"comment": "x", "endsAt": ends, "matchers": [DISK], **changes}, format="json"
    )
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    assert not Silence.objects.exists()
