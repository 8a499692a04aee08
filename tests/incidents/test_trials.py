"""Test alerts go the whole way, keep to themselves, and end."""

import json
from datetime import timedelta

import pytest
from celery import current_app
from django.utils import timezone

from incidents.models import Alert, Delivery, Incident
from incidents.processing import deliveries_process
from incidents.services.integrations import integration_update
from incidents.sources import registry
from incidents.tasks import end_test_alerts, sweep_alerts
from incidents.trials import LASTS
from tests.factories.accounts import member_factory
from tests.incidents.engine import said, sender, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    return member_factory(role="admin")


@pytest.fixture
def integration(admin):
    return sender(admin.organization)


@pytest.fixture
def tested(client_of, admin, integration):
    """Press the button; the test delivery."""

    def press():
        answer = client_of(admin).post(f"/api/v1/integrations/{integration.pk}/test")
        assert answer.status_code == 202
        deliveries_process(admin.organization_id)
        return Delivery.objects.get(pk=answer.json()["delivery"]["id"])

    return press


def incidents():
    return [
        (row.status, row.alert_count, row.firing_count, row.resolved_by_id)
        for row in Incident.objects.order_by("number")
    ]


def test_each_opens_an_incident_of_its_own_and_joins_none(integration, tested):
    # Another alert with the service and title of the example.
    told(integration, _example_alert(integration))
    tested()
    tested()
    told(integration, _example_alert(integration, id="another"))

    assert incidents() == [("investigating", 2, 2, ""), *[("investigating", 1, 1, "")] * 2]
    tests = Alert.objects.filter(labels__aurora_test="true")
    assert [one.title.startswith("Test alert: ") for one in tests] == [True, True]
    assert [one.incident.number for one in tests] == [2, 3]


def test_it_ends_by_itself(tested, monkeypatch, django_capture_on_commit_callbacks):
    asked = []
    monkeypatch.setattr(current_app, "send_task", lambda *args, **options: asked.append((args, options)))
    with django_capture_on_commit_callbacks(execute=True):
        delivery = tested()
    assert (("incidents.end_test_alerts", [str(delivery.pk)]), {"countdown": LASTS.total_seconds()}) in asked

    end_test_alerts(str(delivery.pk))
    end_test_alerts(str(delivery.pk))

    assert incidents() == [("resolved", 1, 0, "")]
    kinds = Incident.objects.get().timeline.values_list("kind", flat=True)
    assert list(kinds) == ["incident.opened", "alert.resolved", "incident.resolved"]


def test_the_sweep_ends_what_the_queue_forgot_and_nothing_else(integration, tested):
    real = told(integration, said())
    tested()
    sweep_alerts()
    assert incidents() == [("investigating", 1, 1, "")] * 2

    Alert.objects.update(received_at=timezone.now() - LASTS - timedelta(minutes=1))
    sweep_alerts()

    assert incidents() == [("investigating", 1, 1, ""), ("resolved", 1, 0, "")]
    assert Alert.objects.get(status="firing").last_delivery == real


def test_a_disabled_integration_refuses_the_test(client_of, admin, integration):
    integration_update(
        organization_id=admin.organization_id, actor_id=admin.user_id, integration_id=integration.pk, is_enabled=False
    )

    answer = client_of(admin).post(f"/api/v1/integrations/{integration.pk}/test")

    assert (answer.status_code, answer.json()["code"]) == (409, "INTEGRATION_DISABLED")
    assert "This integration is disabled" in answer.content.decode()
    assert Delivery.objects.count() == 0


def _example_alert(integration, **fields):
    body = json.loads(registry.source("generic").example(timezone.now()).body)
    alert = body["alerts"][0] if "alerts" in body else body
    return {**alert, **fields}
