"""The short way of deliveries from the web server to the intake."""

import asyncio
import json

import pytest

from aurora_site.asgi import application
from incidents.api import door
from incidents.models import Delivery, Integration
from incidents.services.integrations import integration_address
from tests.factories.accounts import organization_factory
from tests.incidents.engine import said, sender

pytestmark = pytest.mark.django_db(transaction=True)


def path_of(integration):
    return "/" + integration_address(integration).split("/", 3)[3]


def post(path, *parts, method="POST", headers=()):
    """What the server sends for a request whose body comes in these parts: status, headers, body."""
    messages = [{"type": "http.request", "body": part, "more_body": True} for part in parts[:-1]]
    messages.append({"type": "http.request", "body": parts[-1], "more_body": False} if parts[-1] is not None else {
        "type": "http.disconnect"
    })  # fmt: skip
    sent = []

    async def receive():
        return messages.pop(0) if messages else await asyncio.Future()

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": b"",
        "root_path": "", "scheme": "http", "http_version": "1.1", "client": ("127.0.0.1", 5), "server": ("testserver", 80),
        "headers": [(b"host", b"testserver"), (b"content-type", b"application/json"), *headers],
    }  # fmt: skip
    asyncio.run(application(scope, receive, send))
    if not sent:
        return None
    head = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], head, b"".join(message.get("body", b"") for message in sent[1:])


def test_a_delivery_in_parts_is_stored_and_answered_once():
    integration = sender(organization_factory())
    body = json.dumps(said()).encode()

    status, headers, answer = post(
        path_of(integration), body[:10], body[10:], headers=[(b"x-request-id", b"abcd-1234")]
    )

    delivery = Delivery.objects.get()
    assert (status, json.loads(answer)) == (202, {"status": "accepted", "delivery_id": str(delivery.pk)})
    assert (headers["x-request-id"], headers["content-length"]) == ("abcd-1234", str(len(answer)))
    assert headers["content-type"] == "application/json"
    assert bytes(delivery.body) == body
    again = post(path_of(integration), body)
    assert json.loads(again[2]) == {"status": "accepted", "delivery_id": str(delivery.pk), "duplicate": True}
    assert Delivery.objects.get().duplicates == 1


def test_refusals_are_those_of_the_view():
    integration = sender(organization_factory(), secret="s3cret of the sender")
    status, _, answer = post(path_of(integration), b"{}")
    assert (status, json.loads(answer)["code"]) == (401, "BAD_SIGNATURE")
    assert Integration.objects.get().refused_count == 1

    status, _, answer = post("/api/webhooks/generic/nothing-like-this", b"{}")
    assert (status, json.loads(answer)["code"]) == (404, "NOT_FOUND")
    status, _, answer = post(path_of(integration), b"", method="PUT")
    assert (status, json.loads(answer)["code"]) == (405, "METHOD_NOT_ALLOWED")
    assert not Delivery.objects.exists()


def test_of_a_body_that_is_too_large_only_a_part_is_held(settings):
    settings.AURORA_WEBHOOK_MAX_BYTES = 100
    status, _, _ = post(path_of(sender(organization_factory())), *[b"x" * 60] * 50)
    delivery = Delivery.objects.get()
    assert (status, delivery.state, len(delivery.body)) == (202, "unreadable", 101)


def test_what_its_sender_gives_up_is_not_stored():
    assert post(path_of(sender(organization_factory())), b'{"title":', None) is None
    assert not Delivery.objects.exists()


def test_too_many_at_once_are_told_to_come_again(monkeypatch):
    monkeypatch.setattr(door, "MOST_WAITING", 0)
    status, headers, answer = post(path_of(sender(organization_factory())), json.dumps(said()).encode())
    assert (status, headers["retry-after"], json.loads(answer)["code"]) == (503, "5", "OVERLOADED")
    assert not Delivery.objects.exists()


def test_a_mistake_of_ours_is_an_error_and_no_hanging(monkeypatch):
    def fail(*_):
        raise RuntimeError("broken")

    monkeypatch.setattr("incidents.api.webhooks.integration_at", fail)
    assert post(path_of(sender(organization_factory())), b"{}")[0] == 500
