"""Integrations by REST."""

import json

import pytest

from audit.models import Record
from incidents.models import Alert, Delivery, Integration
from incidents.processing import deliveries_process
from tests.factories.accounts import member_factory, organization_factory
from tests.incidents.engine import deliver, said, sender, told

pytestmark = pytest.mark.django_db
INTEGRATIONS = "/api/v1/integrations"


@pytest.fixture
def admin():
    return member_factory(role="admin")


def test_an_admin_adds_an_integration_and_gets_its_address(client_of, admin):
    answer = client_of(admin).post(INTEGRATIONS, {"source": "alertmanager", "name": "Cluster"}, format="json")

    assert answer.status_code == 201
    integration = Integration.objects.get()
    body = answer.json()
    assert body["id"] == str(integration.pk)
    assert "/api/webhooks/alertmanager/" in body["url"]
    assert (body["name"], body["isEnabled"], body["hasSecret"]) == ("Cluster", True, False)
    assert "secret" not in body
    token = body["url"].rsplit("/", 1)[1]
    assert len(token) >= 32
    assert token not in integration.token_sealed + integration.token_hash
    record = Record.objects.get(event="incidents.integration_created")
    assert token not in bytes(record.body).decode()
    assert client_of(admin).get(f"{INTEGRATIONS}/{integration.pk}").json()["url"] == body["url"]


def test_a_generated_secret_is_shown_once(client_of, admin):
    body = {"source": "pagerduty", "name": "Pager", "generateSecret": True}
    made = client_of(admin).post(INTEGRATIONS, body, format="json").json()

    assert made["hasSecret"]
    assert len(made["secret"]) >= 32
    shown = client_of(admin).get(f"{INTEGRATIONS}/{made['id']}").json()
    assert "secret" not in shown
    assert made["secret"] not in Integration.objects.get().secret_sealed


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"source": "nagios", "name": "x"}, 400, "source"),
        ({"source": "generic"}, 400, "name"),
        ({"source": "generic", "name": "taken"}, 409, "name"),
        ({"source": "generic", "name": "x", "secret": "x" * 501}, 400, "secret"),
        ({"source": "generic", "name": "x", "options": [1]}, 400, "options"),
        ({"source": 3, "name": "x"}, 400, "source"),
    ],
)
def test_what_can_not_be_added_names_the_field_and_leaves_nothing(client_of, admin, body, status, field):
    sender(admin.organization, name="taken")

    answer = client_of(admin).post(INTEGRATIONS, body, format="json")

    assert (answer.status_code, list(answer.json()["fields"])) == (status, [field])
    assert Integration.objects.count() == 1


def test_editors_see_addresses_viewers_do_not_and_neither_changes_anything(client_of, admin):
    integration = sender(admin.organization)
    editor = member_factory(admin.organization, role="editor")
    viewer = member_factory(admin.organization)

    assert client_of(editor).get(INTEGRATIONS).json()["integrations"][0]["url"].startswith("http")
    assert client_of(viewer).get(INTEGRATIONS).json()["integrations"][0]["url"] is None
    for member in (editor, viewer):
        client = client_of(member)
        one = f"{INTEGRATIONS}/{integration.pk}"
        assert client.post(INTEGRATIONS, {"source": "generic", "name": "x"}, format="json").status_code == 403
        assert client.patch(one, {"name": "x"}, format="json").status_code == 403
        assert client.delete(one).status_code == 403
        assert client.post(f"{one}/rotate", {"token": True}, format="json").status_code == 403
        assert client.post(f"{one}/test").status_code == 403
    before = integration.token_hash
    integration.refresh_from_db()
    assert (integration.name, integration.token_hash) == ("monitoring", before)
    assert Delivery.objects.count() == 0


def test_another_organisation_s_integrations_are_not_there(client_of, admin):
    integration = sender(organization_factory())
    delivery = told(integration, said())
    alert = Alert.objects.get()
    client = client_of(admin)

    one = f"{INTEGRATIONS}/{integration.pk}"
    assert client.get(INTEGRATIONS).json() == {"integrations": [], "total": 0}
    assert client.get("/api/v1/alerts").json() == {"alerts": [], "total": 0}
    for path in (one, f"{one}/deliveries", f"/api/v1/deliveries/{delivery.pk}", f"/api/v1/alerts/{alert.pk}"):
        assert client.get(path).status_code == 404
    assert client.get(f"/api/v1/alerts/{alert.pk}/fingerprint").status_code == 404
    assert client.patch(one, {"isEnabled": False}, format="json").status_code == 404
    assert client.delete(one).status_code == 404
    assert client.post(f"{one}/rotate", {"token": True}, format="json").status_code == 404
    assert client.post(f"{one}/test").status_code == 404
    assert client.post(f"{one}/explain", {}, format="json").status_code == 404
    assert client.post(f"/api/v1/deliveries/{delivery.pk}/retry").status_code == 404
    integration.refresh_from_db()
    assert integration.is_enabled


def test_the_test_button_sends_the_example_through(client_of, admin):
    for source in ("generic", "alertmanager", "pagerduty"):
        integration = sender(admin.organization, source, name=source, secret="s3cret")
        answer = client_of(admin).post(f"{INTEGRATIONS}/{integration.pk}/test")
        assert answer.status_code == 202

        deliveries_process(admin.organization_id)

        delivery = Delivery.objects.get(pk=answer.json()["delivery"]["id"])
        assert (delivery.state, delivery.alert_count) == ("processed", 1), source
    assert Record.objects.filter(event="incidents.integration_tested").count() == 3


def test_deleting_takes_the_deliveries_and_leaves_the_alerts(client_of, admin):
    integration = sender(admin.organization)
    told(integration, said())

    assert client_of(admin).delete(f"{INTEGRATIONS}/{integration.pk}").status_code == 204

    assert not Integration.objects.exists()
    assert not Delivery.objects.exists()
    alert = Alert.objects.get()
    assert (alert.integration, alert.incident.status) == (None, "investigating")
    record = Record.objects.get(event="incidents.integration_deleted")
    assert json.loads(bytes(record.body))["data"] == {"name": "monitoring", "deliveries": 1}


def test_deliveries_are_listed_and_their_bodies_are_for_admins(client_of, admin):
    integration = sender(admin.organization)
    delivery = told(integration, said())
    bad = deliver(integration, {"nothing": "here"})
    deliveries_process(admin.organization_id)
    editor = member_factory(admin.organization, role="editor")

    listed = client_of(editor).get(f"{INTEGRATIONS}/{integration.pk}/deliveries").json()
    assert [(one["id"], one["state"]) for one in listed["deliveries"]] == [
        (str(bad.pk), "unreadable"),
        (str(delivery.pk), "processed"),
    ]
    assert "title is missing" in listed["deliveries"][0]["reason"]
    unreadable = client_of(editor).get(f"{INTEGRATIONS}/{integration.pk}/deliveries?state=unreadable").json()
    assert unreadable["total"] == 1
    path = f"/api/v1/deliveries/{delivery.pk}"
    assert client_of(editor).get(path).json()["body"] is None
    assert json.loads(client_of(admin).get(path).json()["body"])["title"] == "disk is full"
    viewer = client_of(member_factory(admin.organization))
    assert viewer.get(path).json()["body"] is None
    assert viewer.post(f"/api/v1/deliveries/{bad.pk}/retry").status_code == 403
    shown = viewer.get(INTEGRATIONS).json()["integrations"][0]
    assert shown["deliveriesOfToday"] == {"processed": 1, "unreadable": 1}
    assert shown["lastDeliveryAt"] is not None


def test_only_what_failed_is_tried_again(client_of, admin):
    integration = sender(admin.organization)
    done = told(integration, said())
    failed = deliver(integration, said(id="cpu"))
    Delivery.objects.filter(pk=failed.pk).update(state="failed", attempts=5, reason="ValueError: a bug")
    client = client_of(admin)

    assert client.post(f"/api/v1/deliveries/{done.pk}/retry").json()["code"] == "NOT_RETRIABLE"
    answer = client.post(f"/api/v1/deliveries/{failed.pk}/retry")
    assert (answer.status_code, answer.json()["state"]) == (202, "pending")
    deliveries_process(admin.organization_id)

    failed.refresh_from_db()
    assert (failed.state, failed.attempts, failed.reason) == ("processed", 0, "")
    assert Alert.objects.filter(source_alert_id="cpu").count() == 1


def test_explaining_reads_a_body_and_stores_nothing(client_of, admin):
    integration = sender(admin.organization)
    told(integration, said())
    editor = member_factory(admin.organization, role="editor")
    path = f"{INTEGRATIONS}/{integration.pk}/explain"

    body = {"alerts": [said("resolved", 5), said(id="cpu")]}
    answer = client_of(editor).post(path, body, format="json").json()

    alert = Alert.objects.get()
    assert [(one["effect"], one["alertId"]) for one in answer["alerts"]] == [("ends", str(alert.pk)), ("opens", None)]
    assert answer["alerts"][0]["fingerprint"] == alert.fingerprint
    shown = client_of(editor).get(f"/api/v1/alerts/{alert.pk}/fingerprint").json()
    assert shown["parts"] == answer["alerts"][0]["parts"]
    assert shown["parts"] == [
        {"name": "version", "value": "1"},
        {"name": "source", "value": "generic"},
        {"name": "integration", "value": str(integration.pk)},
        {"name": "id", "value": "disk"},
    ]
    unreadable = client_of(editor).post(path, b"no json", content_type="text/plain").json()
    assert (unreadable["readable"], unreadable["alerts"]) == (False, [])
    assert unreadable["problem"]
    assert (Delivery.objects.count(), Alert.objects.count()) == (1, 1)


def test_alerts_are_filtered(client_of, admin):
    integration = sender(admin.organization)
    told(integration, said(severity="critical"), said(id="cpu", severity="low"), said("firing", 1, id="memory"))
    told(integration, said("resolved", 5, id="cpu"))
    client = client_of(admin)

    def found(query):
        body = client.get(f"/api/v1/alerts?{query}").json()
        assert body["total"] == len(body["alerts"])
        return sorted(alert["sourceAlertId"] for alert in body["alerts"])

    assert found("") == ["cpu", "disk", "memory"]
    assert found("status=resolved") == ["cpu"]
    assert found("severity=critical") == ["disk"]
    assert found("service=memory") == ["memory"]
    assert found("source=generic&text=DISK") == ["disk"]
    assert found("source=grafana") == []
    refused = client.get("/api/v1/alerts?status=open").json()
    assert refused["fields"] == {"status": ["Allowed values: firing, resolved."]}
    assert len(client.get("/api/v1/alerts?limit=2&offset=2").json()["alerts"]) == 1
