"""Each source through its real address: signed example in, alert open; its recovery in, alert and incident over."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from incidents.models import Alert, Delivery, Incident
from incidents.processing import deliveries_process
from incidents.services.integrations import integration_address
from incidents.sources.registry import source, sources
from incidents.sources.vendor import as_request, rfc3339
from tests.factories.accounts import organization_factory
from tests.incidents.engine import sender

pytestmark = pytest.mark.django_db
SECRET = "geheim-und-lang-genug"


def _group(body, now):
    over = body["alerts"][0] | {"status": "resolved", "endsAt": rfc3339(now)}
    return body | {"alerts": [over], "status": "resolved"}


def _milliseconds(now):
    return int(now.timestamp() * 1000)


def _pagerduty(body, now):
    return {"event": body["event"] | {"event_type": "incident.resolved", "occurred_at": rfc3339(now)}}


def _sentry(body, now):
    return {"action": "resolved", "data": {"issue": {"id": body["data"]["event"]["issue_id"], "title": "x"}}}


def _opsgenie(body, now):
    return body | {"action": "Close", "alert": {"alias": "aurora-test", "updatedAt": _milliseconds(now) * 10**6}}


def _incidentio(body, now):
    (incident,) = [value for value in body.values() if isinstance(value, dict)]
    kind = "public_incident.incident_status_updated_v2"
    told = {"incident": incident | {"updated_at": rfc3339(now)}, "new_status": {"category": "closed"}}
    return {"event_type": kind, kind: told}


RECOVERIES = {
    "alertmanager": _group,
    "grafana": _group,
    "generic": lambda body, now: body | {"status": "resolved", "ended_at": rfc3339(now)},
    "pagerduty": _pagerduty,
    "datadog": lambda body, now: body | {"transition": "Recovered", "date": str(_milliseconds(now))},
    "sentry": _sentry,
    "opsgenie": _opsgenie,
    "newrelic": lambda body, now: body | {"state": "CLOSED", "updatedAt": _milliseconds(now)},
    "netdata": lambda body, now: body | {"severity": "clear", "date": rfc3339(now)},
    "splunk": lambda body, now: body | {"result": {"aurora_status": "resolved"}},
    "dynatrace": lambda body, now: (
        body | {"State": "RESOLVED", "ProblemDetailsJSONv2": {"endTime": _milliseconds(now)}}
    ),
    "bigpanda": lambda body, now: body | {"active": False, "endedOn": int(now.timestamp())},
    "incidentio": _incidentio,
}


def test_every_source_that_signs_with_a_secret_is_tried():
    assert set(RECOVERIES) == {each.name for each in sources()} - {"cloudwatch"}


@pytest.mark.parametrize("name", RECOVERIES)
def test_an_alert_opens_and_is_over(name):
    organization = organization_factory()
    integration = sender(organization, source=name, name=name, secret=SECRET)
    path = "/" + integration_address(integration).split("/", 3)[3]

    def post(request, secret=SECRET):
        sent = source(name).signed(request, secret)
        return Client().post(path, sent.body, content_type="application/json", headers=dict(sent.headers))

    now = timezone.now()
    example = source(name).example(now)
    assert post(example, "another").status_code == 401
    assert not Delivery.objects.exists()

    assert post(example).status_code == 202
    deliveries_process(organization.pk)
    alert = Alert.objects.get()
    assert (alert.status, Delivery.objects.get().state) == ("firing", "processed")
    assert Incident.objects.get().status == "investigating"
    assert alert.title == source(name).parse(example).alerts[0].title

    later = now + timedelta(minutes=1)
    headers = {"sentry_hook_timestamp": str(int(later.timestamp()))} if name == "sentry" else {}
    over = as_request(RECOVERIES[name](json.loads(example.body), later), now, **headers)
    assert post(over).status_code == 202
    deliveries_process(organization.pk)
    alert.refresh_from_db()
    assert (alert.status, Incident.objects.get().status) == ("resolved", "resolved")
    assert alert.ended_at >= datetime.fromtimestamp(int(now.timestamp()), tz=UTC)
    assert Alert.objects.count() == 1
