"""The address that monitoring systems send to."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from incidents import intake
from incidents.models import Alert, Delivery, Integration
from incidents.processing import deliveries_process
from incidents.services.integrations import (
    integration_address,
    integration_rotate,
    integration_update,
)
from incidents.sources.signing import hmac_hex
from tests.factories.accounts import member_factory, organization_factory
from tests.incidents.engine import said, sender

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def as_a_new_process(monkeypatch):
    monkeypatch.setattr(intake, "_minute", intake._Minute())
    monkeypatch.setattr(intake, "_backlog", intake._Backlog())


def path_of(integration):
    return "/" + integration_address(integration).split("/", 3)[3]


def post(path, body, **headers):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Client().post(path, data, content_type="application/json", headers=headers)


def signed(path, body, secret):
    data = json.dumps(body, ensure_ascii=False).encode()
    return post(path, data, **{"X-Aurora-Signature": hmac_hex(secret, data)})


def rotated(integration, **changes):
    integration_rotate(
        organization_id=integration.organization_id, actor_id="user_admin", integration_id=integration.pk, **changes
    )
    integration.refresh_from_db()


def test_a_delivery_is_stored_as_it_came_and_accepted():
    integration = sender(organization_factory())
    body = json.dumps(said(title="Größe überschritten"), ensure_ascii=False).encode()

    answer = post(path_of(integration), body, Authorization="Bearer nothing", **{"User-Agent": "curl"})

    delivery = Delivery.objects.get()
    assert answer.status_code == 202
    assert answer.json() == {"status": "accepted", "delivery_id": str(delivery.pk)}
    assert (bytes(delivery.body), delivery.state, delivery.duplicates) == (body, "pending", 0)
    assert delivery.headers == {
        "content-type": "application/json", "user-agent": "curl", "content-length": str(len(body))
    }  # fmt: skip
    assert delivery.organization_id == integration.organization_id
    deliveries_process(integration.organization_id)
    assert Alert.objects.get().title == "Größe überschritten"


def test_a_delivery_rings_once_it_is_committed(django_capture_on_commit_callbacks, monkeypatch):
    rung = []
    monkeypatch.setattr(intake.ringer, "ring", rung.append)
    integration = sender(organization_factory())
    with django_capture_on_commit_callbacks(execute=True):
        post(path_of(integration), said())
        assert rung == []
    assert rung == [integration.organization_id]

    with django_capture_on_commit_callbacks(execute=True):
        assert post(path_of(integration), said()).json()["duplicate"]
    assert len(rung) == 1


def test_the_same_delivery_again_is_accepted_and_changes_nothing():
    integration = sender(organization_factory())
    path, body = path_of(integration), said()
    first = post(path, body).json()
    deliveries_process(integration.organization_id)

    for answer in (post(path, body), post(path, body)):
        assert answer.status_code == 202
        assert answer.json() == {"status": "accepted", "delivery_id": first["delivery_id"], "duplicate": True}
    deliveries_process(integration.organization_id)

    assert (Delivery.objects.get().duplicates, Alert.objects.get().count) == (2, 1)


def test_the_vendor_s_id_of_a_delivery_outweighs_its_body():
    integration = sender(organization_factory())
    path = path_of(integration)
    post(path, said(minute=1), **{"Idempotency-Key": "d-1"})

    assert post(path, said(minute=2), **{"Idempotency-Key": "d-1"}).json()["duplicate"]
    assert "duplicate" not in post(path, said(minute=1), **{"Idempotency-Key": "d-2"}).json()
    assert Delivery.objects.count() == 2


def test_a_body_without_id_and_time_counts_each_time():
    integration = sender(organization_factory())
    for _ in range(3):
        post(path_of(integration), {"title": "Button pressed"})
    deliveries_process(integration.organization_id)
    assert (Delivery.objects.count(), Alert.objects.get().count) == (3, 3)


def test_the_same_body_of_two_integrations_is_two_deliveries():
    organization = organization_factory()
    for name in ("one", "two"):
        post(path_of(sender(organization, name=name)), said())
    deliveries_process(organization.pk)
    assert Delivery.objects.count() == 2
    # Ids of generic senders hold within each.
    assert Alert.objects.count() == 2


def test_an_address_that_is_none_answers_alike_whatever_is_wrong():
    integration = sender(organization_factory())
    path = path_of(integration)
    token = path.rsplit("/", 1)[1]
    for wrong in (f"/api/webhooks/generic/{token}x", f"/api/webhooks/grafana/{token}", f"/api/webhooks/nobody/{token}"):
        answer = post(wrong, said())
        assert (answer.status_code, answer.json()["detail"]) == (404, "There is no integration at this address.")
    integration_update(
        organization_id=integration.organization_id,
        actor_id="user_admin",
        integration_id=integration.pk,
        is_enabled=False,
    )
    answer = post(path, said())
    assert (answer.status_code, answer.json()["detail"]) == (404, "There is no integration at this address.")
    assert Delivery.objects.count() == 0


def test_other_methods_and_addresses_below_are_refused_as_anywhere():
    path = path_of(sender(organization_factory()))
    assert Client().get(path).status_code == 405
    assert Client().post("/api/webhooks/generic", {}, content_type="application/json").status_code == 404
    assert post(f"{path}/", said()).status_code == 202
    assert post(path, said(minute=1))["X-Request-ID"]


def test_a_token_means_its_own_organisation_whoever_is_signed_in(client_of):
    integration = sender(organization_factory())
    other = member_factory(role="admin")

    answer = client_of(other).post(path_of(integration), said(), format="json")

    assert answer.status_code == 202
    assert Delivery.objects.get().organization_id == integration.organization_id
    assert client_of(other).get(f"/api/v1/deliveries/{answer.json()['delivery_id']}").status_code == 404


def test_a_bad_signature_is_refused_and_nothing_of_it_is_kept():
    integration = sender(organization_factory(), secret="right")
    path = path_of(integration)

    for answer in (signed(path, said(), "wrong"), post(path, said())):
        assert (answer.status_code, answer.json()["code"]) == (401, "BAD_SIGNATURE")

    assert Delivery.objects.count() == 0
    integration.refresh_from_db()
    assert integration.refused_count == 2
    assert integration.refused_at is not None
    assert "missing" in integration.refused_reason
    assert signed(path, said(title="Grüße"), "right").status_code == 202


def test_a_rotated_token_and_secret_are_good_for_a_while():
    integration = sender(organization_factory(), secret="old")
    before = path_of(integration)
    rotated(integration, token=True, secret="new", grace_hours=2)
    after = path_of(integration)
    assert before != after

    assert signed(before, said(minute=1), "old").status_code == 202
    assert signed(before, said(minute=2), "new").status_code == 202
    assert signed(after, said(minute=3), "old").status_code == 202
    assert signed(after, said(minute=4), "new").status_code == 202
    over = timezone.now() - timedelta(seconds=1)
    Integration.objects.update(previous_until=over, previous_secret_until=over)

    assert signed(before, said(minute=5), "new").status_code == 404
    assert signed(after, said(minute=6), "old").status_code == 401
    assert signed(after, said(minute=7), "new").status_code == 202
    assert Delivery.objects.count() == 5


def test_another_secret_leaves_the_grace_of_the_old_address():
    integration = sender(organization_factory(), secret="old")
    before = path_of(integration)
    rotated(integration, token=True, secret=None, grace_hours=24)
    until = Integration.objects.get().previous_until

    rotated(integration, token=False, secret="new", grace_hours=0)

    integration.refresh_from_db()
    assert integration.previous_until == until
    assert signed(before, said(minute=1), "new").status_code == 202
    assert signed(before, said(minute=2), "old").status_code == 401


def test_without_grace_the_old_ones_end_at_once():
    integration = sender(organization_factory(), secret="old")
    before = path_of(integration)
    rotated(integration, token=True, secret=None, grace_hours=24)
    between = path_of(integration)
    rotated(integration, token=True, secret="new", grace_hours=0)

    assert signed(before, said(), "new").status_code == 404
    assert signed(between, said(), "new").status_code == 404
    assert signed(path_of(integration), said(), "old").status_code == 401
    assert signed(path_of(integration), said(), "new").status_code == 202


@pytest.mark.parametrize("body", [b"", b"no json", b"[" * 100_000, b'{"a": NaN}', b"\xff\xfe", b'"text"', b"{}"])
def test_what_can_not_be_read_is_kept_with_the_reason(body):
    integration = sender(organization_factory())

    assert post(path_of(integration), body).status_code == 202
    deliveries_process(integration.organization_id)

    delivery = Delivery.objects.get()
    assert (delivery.state, bytes(delivery.body), delivery.alert_count) == ("unreadable", body, 0)
    assert delivery.reason
    assert not Alert.objects.exists()


def test_what_is_too_large_is_kept_cut_and_can_not_be_tried_again(client_of, settings):
    settings.AURORA_WEBHOOK_MAX_BYTES = 100_000
    admin = member_factory(role="admin")
    integration = sender(admin.organization)

    answer = post(path_of(integration), said(description="x" * 200_000))

    delivery = Delivery.objects.get()
    assert answer.status_code == 202
    assert (delivery.state, len(bytes(delivery.body))) == ("unreadable", 64 * 1024)
    assert "AURORA_WEBHOOK_MAX_MB" in delivery.reason
    assert client_of(admin).post(f"/api/v1/deliveries/{delivery.pk}/retry").status_code == 409


@pytest.mark.parametrize("source", ["generic", "alertmanager", "pagerduty", "datadog", "sentry"])
def test_over_the_caps_the_vendor_is_told_to_send_again(settings, monkeypatch, source):
    organization = organization_factory()
    integration = sender(organization, source)
    overload = intake.registry.source(source).overload
    settings.AURORA_INTAKE_BACKLOG = 1
    assert post(path_of(integration), said()).status_code == 202
    monkeypatch.setattr(intake, "BACKLOG_SECONDS", 0)

    answer = post(path_of(integration), said(minute=1))

    assert (answer.status_code, answer["Retry-After"]) == (overload.status, str(overload.retry_after_seconds))
    assert answer.json()["code"] == "OVERLOADED"
    assert Delivery.objects.count() == 1
    deliveries_process(organization.pk)
    assert post(path_of(integration), said(minute=1)).status_code == 202


def test_one_sender_s_minute_does_not_count_for_another(settings):
    settings.AURORA_INTAKE_PER_MINUTE = 1
    organization = organization_factory()
    one, other = sender(organization, name="one"), sender(organization, name="other")
    assert [post(path_of(one), said(minute=minute)).status_code for minute in range(2)] == [202, 503]
    assert post(path_of(other), said()).status_code == 202


def test_a_delivery_takes_few_queries(django_assert_max_num_queries):
    integration = sender(organization_factory())
    path = path_of(integration)
    post(path, said())
    # Find the sender, and insert between two savepoints (a transaction outside of tests).
    with django_assert_max_num_queries(4):
        assert post(path, said(minute=1)).status_code == 202
