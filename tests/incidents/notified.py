"""Channels, rules and receivers for tests of notifications."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta

from django.utils import timezone

from aurora_site.core.secret_text import unseal
from incidents.models import Notification
from incidents.notifications.services import channel_create, rule_create
from incidents.services.incidents import incident_create
from tests.factories.accounts import organization_factory
from tests.loopback import LoopbackServer

ACTOR = "user_a"


def about(organization):
    """Who acts where."""
    return {"organization_id": organization.pk, "actor_id": ACTOR}


def channel(server: LoopbackServer | str = "https://hooks.example.org/a", organization=None, kind="webhook", **fields):
    organization = organization or organization_factory()
    address = server if isinstance(server, str) else f"{server.url}/hook/secret-token"
    return channel_create(**about(organization), **{"name": "Ops", "kind": kind, "address": address, **fields})


def rule(to, **fields):
    return rule_create(**about(to.organization), **{"name": "All", "channel_id": to.pk, **fields})


def told(server, **fields) -> Notification:
    """The notification of a new incident that is on its way to a server."""
    to = channel(server, **fields)
    rule(to)
    incident_create(**about(to.organization), title="Checkout is down", service_name="checkout", severity="critical")
    return Notification.objects.get(channel=to)


def make_due(notification):
    """Its turn has come."""
    Notification.objects.filter(pk=notification.pk).update(next_attempt_at=timezone.now() - timedelta(seconds=1))


def head_and_body(request: bytes):
    """Headers in lower case, and the body, of a request that a server got."""
    head, _, body = request.partition(b"\r\n\r\n")
    lines = [line.split(": ", 1) for line in head.decode().split("\r\n")[1:]]
    return {name.lower(): value for name, value in lines}, body


def verified(request: bytes, secret: str) -> dict:
    """What a receiver does that knows the secret, written from the specification: the body if its signature holds."""
    headers, body = head_and_body(request)
    key = base64.b64decode(secret.split("_", 1)[1])
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert abs(timezone.now().timestamp() - int(headers["webhook-timestamp"])) < 300
    return json.loads(body)


def secret_of(to) -> str:
    return unseal(to.secret_sealed)
