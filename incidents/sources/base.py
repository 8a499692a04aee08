"""What a source of alerts is. Sources are pure: they know requests and alerts, no database and no Django request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol


class SourceError(Exception):
    """Base of what a source refuses; the text is shown to people."""


class BadSignature(SourceError):
    """The delivery doesn't prove that it comes from who knows the secret. Answered 401, and nothing is kept of it."""


class CannotVerify(SourceError):
    """Whether the delivery is genuine can't be known now (Amazon's certificate can't be fetched). Answered 503, so that the
    vendor sends it again; nothing is kept of it."""


class UnreadablePayload(SourceError):
    """No alert can be read from the body; the text says what is wrong with it. The delivery is kept."""


@dataclass(frozen=True, kw_only=True)
class WebhookRequest:
    """A delivery as it came. Names of headers are in lower case."""

    headers: Mapping[str, str]
    body: bytes
    received_at: datetime
    # Options of the integration (``topic_arns`` of CloudWatch, for one).
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ParsedAlert:
    """What one alert says, in our words.

    ``identity`` are the names and values that tell it from every other alert of its source: the same each time that it
    fires. ``occurred_at`` is when its state became ``status``, by the sender's clock; None where the sender doesn't say.
    ``service`` is empty, and ``severity`` ``unknown``, where it doesn't say. ``payload`` is the part of the body about it.
    """

    title: str
    status: Literal["firing", "resolved"]
    identity: tuple[tuple[str, str], ...]
    severity: str = "unknown"
    service: str = ""
    occurred_at: datetime | None = None
    started_at: datetime | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    source_alert_id: str = ""
    source_url: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Parsed:
    """The alerts of a delivery. ``note`` says why there are none (a comment on an alert, a subscription), or what of the
    delivery could not be read beside those that could; at most 500 characters. ``follow_up`` names the Celery task that
    goes on with the delivery: it is called with its id once it was processed."""

    alerts: Sequence[ParsedAlert] = ()
    note: str = ""
    follow_up: str = ""


@dataclass(frozen=True, kw_only=True)
class Overload:
    """What makes this vendor send again later: the status to answer when Aurora takes nothing more for now."""

    status: int = 503
    retry_after_seconds: int = 30


class Source(Protocol):
    """A monitoring system that sends alerts.

    ``name`` is the word in the address; ``has_time`` says that its bodies name when something happened, so that the same
    body is the same delivery.
    """

    name: str
    title: str
    # How a secret is used, in one line for people: "HMAC-SHA256 in X-PagerDuty-Signature".
    secret_use: str
    # Whether two integrations of this source speak of the same alerts (Alertmanagers of one cluster).
    shares_identity: bool
    has_time: bool
    overload: Overload
    # What people paste at the vendor as the body to send, where it sends none of its own; else empty.
    template: str
    # What of its deliveries counts, in a line or two for people.
    reads: str

    @property
    def setup(self) -> Sequence[str]:
        """What people do at the vendor, step by step."""

    def verify(self, request: WebhookRequest, secrets: Sequence[str]) -> None:
        """Raises BadSignature unless the request proves that its sender knows one of the secrets; without any secret, the
        token in the address is proof enough (unless the vendor signs by itself). Raises CannotVerify."""

    def delivery_id(self, request: WebhookRequest) -> str:
        """The vendor's own id of the delivery, the same when it is sent again; empty where there is none."""

    def parse(self, request: WebhookRequest) -> Parsed:
        """Read the alerts. Raises UnreadablePayload, and no other exception, whatever the body is."""

    def example(self, now: datetime) -> WebhookRequest:
        """A delivery such as the vendor sends (unsigned), for the test button and the documentation."""

    def signed(self, request: WebhookRequest, secret: str) -> WebhookRequest:
        """The request as its vendor would sign it."""
