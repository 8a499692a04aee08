"""Channels, rules and notifications by REST."""

import json

import pytest
from rest_framework.test import APIClient

from audit.models import Record
from aurora_site.core.secret_text import unseal
from incidents.models import Notification, NotificationChannel, NotificationRule
from incidents.notifications.sending import notification_send
from incidents.notifications.standard_webhooks import key_of
from incidents.services.incidents import incident_create
from tests.factories.accounts import member_factory
from tests.factories.incidents import ServiceFactory
from tests.incidents.notified import about, channel, rule, verified
from tests.loopback import reply, serving

pytestmark = pytest.mark.django_db
API = "/api/v1/notifications"
WEBHOOK = {"name": "Ops", "kind": "webhook", "address": "https://hooks.example.org/T0/secret-token"}


@pytest.fixture
def admin():
    return member_factory(role="admin")


@pytest.fixture
def client(client_of, admin):
    return client_of(admin)


@pytest.fixture
def server(settings):
    settings.AURORA_OUTBOUND_ALLOW = ["127.0.0.1"]
    with serving() as one:
        yield one


def events():
    return list(Record.objects.filter(event__startswith="incidents.").order_by("at").values_list("event", flat=True))


def test_a_channel_shows_its_secret_once_and_its_address_never(client, admin):
    made = client.post(f"{API}/channels", WEBHOOK, format="json")

    assert made.status_code == 201
    body = made.json()
    row = NotificationChannel.objects.get()
    assert body == {
        "id": str(row.pk), "name": "Ops", "kind": "webhook", "address": "https://hooks.example.org/…oken",
        "isEnabled": True, "createdAt": body["createdAt"], "givenUp": 0, "lastError": "", "secret": unseal(row.secret_sealed),
    }  # fmt: skip
    assert len(key_of(body["secret"])) == 32
    assert (unseal(row.address_sealed), row.created_by_id) == (WEBHOOK["address"], admin.user_id)
    listed = client.get(f"{API}/channels").json()
    assert listed == {"channels": [{name: body[name] for name in body if name != "secret"}], "total": 1}
    record = Record.objects.get(event="incidents.channel_created")
    assert json.loads(bytes(record.body))["data"] == {"name": "Ops", "kind": "webhook"}
    assert "secret-token" not in bytes(record.body).decode()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "sms"}, "kind"),
        ({"kind": None}, "kind"),
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"address": "ftp://example.org/"}, "address"),
        ({"address": "https://user:word@example.org/"}, "address"),
        ({"address": "hooks.example.org"}, "address"),
        ({"address": ""}, "address"),
        ({"kind": "email", "address": "a@example.org, b@example.org"}, "address"),
        ({"kind": "email", "address": "a@example.org\nBcc: b@example.org"}, "address"),
        ({"kind": "email", "address": "https://example.org"}, "address"),
        ({"kind": "email", "address": f"{'a' * 60}@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.org"}, "address"),
        ({"secret": "short"}, "secret"),
        ({"secret": "whsec_c2hvcnQ="}, "secret"),
        ({"kind": "slack", "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}, "secret"),
    ],
)
def test_what_a_channel_cant_use_is_refused_by_name(client, change, field):
    answer = client.post(f"{API}/channels", WEBHOOK | change, format="json")
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    assert (NotificationChannel.objects.count(), events()) == (0, [])


def test_channels_and_rules_are_listed_by_name(client, admin):
    for name in ("C", "A", "B"):
        rule(channel(organization=admin.organization, name=name), name=f"Rule {name}")
    assert [row["name"] for row in client.get(f"{API}/channels").json()["channels"]] == ["A", "B", "C"]
    assert [row["name"] for row in client.get(f"{API}/rules").json()["rules"]] == ["Rule A", "Rule B", "Rule C"]


def test_a_name_is_taken_once(client):
    client.post(f"{API}/channels", WEBHOOK, format="json")
    answer = client.post(f"{API}/channels", WEBHOOK, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "ALREADY_EXISTS")


def test_a_channel_is_changed(client):
    made = client.post(f"{API}/channels", WEBHOOK, format="json").json()
    address = f"{API}/channels/{made['id']}"

    assert client.patch(address, {"isEnabled": False, "name": "Quiet"}, format="json").json()["isEnabled"] is False
    rotated = client.patch(address, {"secret": ""}, format="json").json()
    moved = client.patch(address, {"address": "http://other.example.org:8080/x"}, format="json").json()

    assert rotated["secret"] != made["secret"]
    assert (moved["address"], "secret" in moved) == ("http://other.example.org:8080/…", False)
    assert client.patch(address, {}, format="json").status_code == 400
    assert client.patch(address, {"address": "nowhere"}, format="json").status_code == 400
    records = Record.objects.filter(event="incidents.channel_updated").order_by("at")
    changes = [json.loads(bytes(row.body))["data"] for row in records]
    assert changes == [
        {"changed": ["is_enabled", "name"], "is_enabled": False, "name": "Quiet"},
        {"changed": ["secret"]},
        {"changed": ["address"]},
    ]


def test_a_channel_is_deleted_with_its_rules_and_notifications(client, admin):
    to = channel(organization=admin.organization)
    rule(to)
    incident_create(**about(admin.organization), title="Down")
    answer = client.delete(f"{API}/channels/{to.pk}")
    assert answer.status_code == 204
    assert (NotificationChannel.objects.count(), NotificationRule.objects.count(), Notification.objects.count()) == (
        0,
        0,
        0,
    )
    record = Record.objects.get(event="incidents.channel_deleted")
    assert json.loads(bytes(record.body))["data"] == {"name": "Ops", "rules": 1, "notifications": 1}


def test_a_test_tells_exactly_how_it_ended(client, admin, server):
    to = channel(server, organization=admin.organization)
    server.answers(reply("204 No Content"), reply("403 Forbidden"))

    first = client.post(f"{API}/channels/{to.pk}/test").json()
    second = client.post(f"{API}/channels/{to.pk}/test").json()

    assert first == {"delivered": True, "outcome": "The receiver answered 204."}
    assert second == {"delivered": False, "outcome": "The receiver answered 403."}
    assert verified(server.requests[0], unseal(to.secret_sealed))["type"] == "notification.test"
    assert events().count("incidents.channel_tested") == 2
    assert Notification.objects.count() == 0


def test_a_test_of_an_address_inside_tells_what_an_operator_can_do(client, admin):
    to = channel("http://127.0.0.1:9/x", organization=admin.organization)
    answer = client.post(f"{API}/channels/{to.pk}/test").json()
    assert answer["delivered"] is False
    assert answer["outcome"] == (
        "127.0.0.1 isn't on the public internet. An operator can admit it for notifications and connectors with "
        "AURORA_OUTBOUND_ALLOW."
    )


def test_a_rule_is_made_changed_and_deleted(client, admin):
    to = channel(organization=admin.organization)
    service = ServiceFactory(organization=admin.organization)
    body = {
        "name": "Bad ones", "channel": str(to.pk), "minimumSeverity": "high", "services": [str(service.pk)],
        "kinds": ["incident.resolved", "incident.opened"],
    }  # fmt: skip

    made = client.post(f"{API}/rules", body, format="json")

    assert made.status_code == 201
    kinds = ["incident.opened", "incident.resolved"]
    shown = made.json()
    assert shown == body | {"id": shown["id"], "kinds": kinds, "isEnabled": True, "createdAt": shown["createdAt"]}
    address = f"{API}/rules/{shown['id']}"
    changed = client.patch(address, {"services": [], "kinds": [], "isEnabled": False}, format="json").json()
    assert (changed["services"], changed["kinds"], changed["isEnabled"]) == ([], [], False)
    assert client.get(f"{API}/rules").json()["total"] == 1
    assert client.delete(address).status_code == 204
    assert client.get(address).status_code == 404
    assert events()[-3:] == ["incidents.rule_created", "incidents.rule_updated", "incidents.rule_deleted"]


def test_what_a_rule_cant_name_is_refused(client, admin):
    to = channel(organization=admin.organization)
    theirs = channel()
    good = {"name": "A", "channel": str(to.pk)}
    for change, field in (
        ({"channel": str(theirs.pk)}, "channel"),
        ({"services": [str(ServiceFactory().pk)]}, "services"),
        ({"minimumSeverity": "bad"}, "minimumSeverity"),
        ({"kinds": ["notification.dead"]}, "kinds[0]"),
    ):
        answer = client.post(f"{API}/rules", good | change, format="json")
        assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    assert NotificationRule.objects.count() == 0


def test_dead_letters_are_listed_and_sent_again(client, admin, server):
    server.answers(reply("404 Not Found"), reply("200 OK"))
    rule(channel(server, organization=admin.organization))
    for title in ("Down", "Down too"):
        incident_create(**about(admin.organization), title=title)
    dead = Notification.objects.get(incident__title="Down")
    notification_send(notification_id=dead.pk)

    found = client.get(f"{API}?state=dead").json()

    assert found["total"] == 1
    shown = found["notifications"][0]
    assert (shown["id"], shown["attempts"], shown["lastError"]) == (str(dead.pk), 1, "The receiver answered 404.")
    assert shown["incident"]["title"] == "Down"
    assert client.get(API).json()["total"] == 2
    assert client.get(f"{API}?state=gone").status_code == 400

    again = client.post(f"{API}/{dead.pk}/resend")
    assert (again.status_code, again.json()["state"]) == (202, "pending")
    assert client.post(f"{API}/{dead.pk}/resend").json()["code"] == "NOT_RETRIABLE"
    notification_send(notification_id=dead.pk)
    dead.refresh_from_db()
    assert dead.state == "sent"


def test_the_list_takes_a_constant_number_of_queries(client, admin, django_assert_num_queries):
    rule(channel(organization=admin.organization))
    incident_create(**about(admin.organization), title="Down")
    client.get(API)
    with django_assert_num_queries(10, exact=False) as few:
        client.get(API)
    for _ in range(5):
        incident_create(**about(admin.organization), title="Down")
    with django_assert_num_queries(len(few.captured_queries)):
        client.get(API)


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_only_administrators_change_anything(client_of, admin, role):
    to = channel(organization=admin.organization)
    made = rule(to)
    incident_create(**about(admin.organization), title="Down")
    row = Notification.objects.get()
    Notification.objects.update(state="dead")
    client = client_of(member_factory(organization=admin.organization, role=role))
    before = events()

    answers = [
        client.post(f"{API}/channels", WEBHOOK, format="json"),
        client.patch(f"{API}/channels/{to.pk}", {"name": "x"}, format="json"),
        client.delete(f"{API}/channels/{to.pk}"),
        client.post(f"{API}/channels/{to.pk}/test"),
        client.post(f"{API}/rules", {"name": "x", "channel": str(to.pk)}, format="json"),
        client.patch(f"{API}/rules/{made.pk}", {"name": "x"}, format="json"),
        client.delete(f"{API}/rules/{made.pk}"),
        client.post(f"{API}/{row.pk}/resend"),
    ]

    assert [answer.status_code for answer in answers] == [403] * 8
    assert events() == before
    assert [client.get(f"{API}{path}").status_code for path in ("", "/channels", "/rules")] == [200] * 3


def test_organisations_see_nothing_of_each_other(client):
    theirs = channel()
    made = rule(theirs)
    incident_create(**about(theirs.organization), title="Down")
    row = Notification.objects.get()
    Notification.objects.update(state="dead")

    answers = [
        client.get(f"{API}/channels/{theirs.pk}"),
        client.patch(f"{API}/channels/{theirs.pk}", {"name": "x"}, format="json"),
        client.delete(f"{API}/channels/{theirs.pk}"),
        client.post(f"{API}/channels/{theirs.pk}/test"),
        client.get(f"{API}/rules/{made.pk}"),
        client.patch(f"{API}/rules/{made.pk}", {"name": "x"}, format="json"),
        client.delete(f"{API}/rules/{made.pk}"),
        client.post(f"{API}/{row.pk}/resend"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 8
    assert [client.get(f"{API}{path}").json()["total"] for path in ("", "/channels", "/rules")] == [0] * 3
    row.refresh_from_db()
    assert (row.state, NotificationChannel.objects.count(), NotificationRule.objects.count()) == ("dead", 1, 1)


def test_strangers_see_nothing():
    paths = ("", "/channels", "/rules")
    assert [APIClient().get(f"{API}{path}").status_code for path in paths] == [401] * 3
