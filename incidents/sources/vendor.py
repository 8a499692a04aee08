"""What most sources do alike: take a shared secret, have no id of deliveries, be asked to send again by 503."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from incidents.sources.base import Overload, Parsed, WebhookRequest
from incidents.sources.signing import SHARED_SECRET_USE, verify_shared_secret, with_bearer


class Vendor:
    """A source; subclasses name themselves, and read and show a body."""

    name = ""
    title = ""
    secret_use = SHARED_SECRET_USE
    shares_identity = False
    has_time = True
    overload = Overload()
    template = ""
    setup: Sequence[str] = ()
    reads = ""

    def verify(self, request: WebhookRequest, secrets: Sequence[str]) -> None:
        verify_shared_secret(request, secrets)

    def delivery_id(self, request: WebhookRequest) -> str:
        return ""

    def parse(self, request: WebhookRequest) -> Parsed:
        raise NotImplementedError

    def signed(self, request: WebhookRequest, secret: str) -> WebhookRequest:
        return with_bearer(request, secret)

    def example(self, now: datetime) -> WebhookRequest:
        return as_request(self.example_body(now), now)

    def example_body(self, now: datetime) -> Any:
        """The body of the example."""
        raise NotImplementedError


def as_request(body: Any, now: datetime, **headers: str) -> WebhookRequest:
    """A body as JSON in a request; underscores in names of headers stand for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    data = json.dumps(body, ensure_ascii=False).encode()
    return WebhookRequest(headers={"content-type": "application/json", **named}, body=data, received_at=now)


def rfc3339(moment: datetime) -> str:
    """``2026-01-06T09:00:00Z``"""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
