"""Aurora's own form, for whatever can post JSON: one alert, or ``{"alerts": [alert, …]}``.

An alert: ``title`` (or message, summary), and as wanted ``status`` (firing where it isn't given, or resolved),
``severity``, ``service``, ``id`` (or fingerprint, dedup_key), ``started_at``, ``ended_at``, ``timestamp``, ``labels``,
``url``, ``description``. Without an id an alert is known by its title, service and labels.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from incidents.sources.base import BadSignature, Overload, Parsed, ParsedAlert, UnreadablePayload, WebhookRequest
from incidents.sources.reading.alerts import FIRING, RESOLVED, NotAnAlert, Status, alert, collected, single
from incidents.sources.reading.body import Json, first, json_object, json_object_at, json_value
from incidents.sources.reading.bounds import line
from incidents.sources.reading.times import moment
from incidents.sources.signing import hmac_hex, verify_hmac, verify_shared_secret, with_headers
from incidents.sources.vendor import Vendor, rfc3339

SIGNATURE_HEADER = "X-Aurora-Signature"
_FIRING = frozenset("firing triggered trigger open opened active alerting alarm problem down".split())  # noqa: SIM905
_RESOLVED = frozenset("resolved resolve closed ok recovered recovery clear cleared normal up".split())  # noqa: SIM905
_IGNORED = frozenset("acknowledged acknowledge ack pending suppressed silenced".split())  # noqa: SIM905
_TITLES, _IDS = ("title", "message", "summary"), ("id", "fingerprint", "dedup_key")
_WHEN_FIRING, _WHEN_RESOLVED = ("timestamp", "started_at"), ("ended_at", "resolved_at", "timestamp")


class Generic(Vendor):
    name = "generic"
    title = "Anything that posts JSON"
    setup = (
        'POST JSON to the address, one alert or {"alerts": [...]}',
        "Say at least a title; as you have them status (firing or resolved), id, service, severity, labels and times",
    )
    reads = "title, and as wanted status (firing or resolved), severity, service, id, times, labels, url, description."
    secret_use = (
        "Authorization: Bearer, the password of Basic authentication, X-Aurora-Token, or HMAC-SHA256 of the body as "  # noqa: S105
        "hexadecimal digits in X-Aurora-Signature"
    )
    # The same short body may be meant anew each time; ``delivery_id`` says when it isn't.
    has_time = False
    # Ours to say: 503 with Retry-After.
    overload = Overload(status=503)

    def verify(self, request: WebhookRequest, secrets: Sequence[str]) -> None:
        signature = request.headers.get(SIGNATURE_HEADER.lower(), "")
        if signature:
            verify_hmac([signature.strip().removeprefix("sha256=")], secrets, request.body, SIGNATURE_HEADER)
            return
        try:
            verify_shared_secret(request, secrets)
        except BadSignature as error:
            raise BadSignature(
                str(error).replace("or X-Aurora-Token", f"X-Aurora-Token, or sign ({SIGNATURE_HEADER})")
            ) from None

    def delivery_id(self, request: WebhookRequest) -> str:
        """The sender's id of the delivery, or a hash of the body where each of its alerts says its time."""
        named = request.headers.get("idempotency-key", "") or request.headers.get("x-delivery-id", "")
        if named.strip():
            return line(named, 255)
        return f"body {hashlib.sha256(request.body).hexdigest()}" if _is_timed(request.body) else ""

    def signed(self, request: WebhookRequest, secret: str) -> WebhookRequest:
        return with_headers(request, x_aurora_signature=hmac_hex(secret, request.body))

    def parse(self, request: WebhookRequest) -> Parsed:
        body = json_object(request.body)
        if "alerts" in body:
            return collected(body["alerts"], lambda item: _read(item, request.received_at), note=_remark(body, request))
        parsed = single(body, lambda item: _read(item, request.received_at))
        return Parsed(alerts=parsed.alerts, note=parsed.note or _remark(body, request))

    def example_body(self, now: datetime) -> dict[str, Any]:
        return {
            "id": "aurora-test",
            "title": "Test of this integration",
            "status": "firing",
            "severity": "low",
            "service": "checkout",
            "started_at": rfc3339(now - timedelta(minutes=1)),
            "labels": {"environment": "test"},
            "url": "https://status.example.org/aurora-test",
            "description": "Nothing is wrong.",
        }


def _read(item: Json, received_at: datetime) -> ParsedAlert:
    title = next((item[name] for name in _TITLES if isinstance(item.get(name), str) and item[name].strip()), None)
    if title is None:
        raise UnreadablePayload("title is missing: a text in title, message or summary says what is wrong.")
    status = _status(item)
    labels = json_object_at(item, "labels")
    known = first(item, *_IDS)
    described = {"title": title, "service": item.get("service"), **{f"label {name}": labels[name] for name in labels}}
    return alert(
        title=title,
        status=status,
        identity=described.items() if known is None else [("id", known)],
        received_at=received_at,
        severity=first(item, "severity") or first(labels, "severity"),
        service=item.get("service"),
        labels=labels,
        annotations={name: item.get(name) for name in ("summary", "description") if item.get(name) != title},
        occurred_at=first(item, *(_WHEN_FIRING if status == FIRING else _WHEN_RESOLVED)),
        started_at=item.get("started_at"),
        alert_id=known,
        source_url=item.get("url"),
        payload=item,
    )


def _status(item: Json) -> Status:
    word = line(item.get("status", FIRING), 60).lower()
    if word in _FIRING:
        return FIRING
    if word in _RESOLVED:
        return RESOLVED
    if word in _IGNORED:
        raise NotAnAlert(f"status {word} changes nothing: only firing and resolved do.")
    raise UnreadablePayload(f'status: "{word}" is neither firing nor resolved.')


def _remark(body: Json, request: WebhookRequest) -> str:
    """What was left out of alerts that could be read, one example of it."""
    for item in _items(body):
        if item.get("labels") not in (None, {}) and not isinstance(item["labels"], dict):
            return "labels: it must be an object of names and values, so it was left out."
        for name in ("started_at", "timestamp", "ended_at", "resolved_at"):
            if item.get(name) not in (None, "") and moment(item[name], request.received_at) is None:
                return f"{name}: it is no time that can be (RFC 3339, or seconds since 1970), so it was left out."
    return ""


def _items(body: Json) -> list[Json]:
    items = body.get("alerts", [body])
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _is_timed(body: bytes) -> bool:
    try:
        value = json_value(body)
    except UnreadablePayload:
        return False
    items = _items(value) if isinstance(value, dict) else []
    return bool(items) and all(first(item, *_WHEN_FIRING, *_WHEN_RESOLVED) is not None for item in items)
