"""Deliveries for tests."""

import base64
import json
from datetime import UTC, datetime

from incidents.sources.base import WebhookRequest
from incidents.sources.registry import source

NOW = datetime(2026, 5, 20, 14, 0, tzinfo=UTC)


def delivery(body, *, received_at=NOW, options=None, **headers):
    """A request with this body (bytes as they are, anything else as JSON); underscores in header names are hyphens."""
    data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return WebhookRequest(headers=named, body=data, received_at=received_at, options=options or {})


def parsed(name, body, **headers):
    return source(name).parse(delivery(body, **headers))


def only(name, body, **headers):
    """The one alert of a body."""
    found = parsed(name, body, **headers)
    assert (len(found.alerts), found.note) == (1, "")
    return found.alerts[0]


def basic(password, user="aurora"):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
