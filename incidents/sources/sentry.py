"""Sentry's integration webhooks (docs.sentry.io: integration platform, webhooks; getsentry/sentry, utils/sentry_apps).

What was sent is in the header Sentry-Hook-Resource, and shows in the body. Alerts of issues are known by the issue's id,
so that the webhook ``issue`` with action resolved ends what ``event_alert`` began. Metric alerts have ids of their own.
Only the body is signed: whoever has a signed one can send it again.
Fields of the issue resource come from Sentry's documentation and from public integrations, not from a captured payload.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from incidents.sources.base import Overload, Parsed, ParsedAlert, UnreadablePayload, WebhookRequest
from incidents.sources.reading.alerts import FIRING, RESOLVED, NotAnAlert, Status, alert, single
from incidents.sources.reading.body import Json, at, first, json_object, json_object_at
from incidents.sources.reading.bounds import MAX_ID, line, pairs
from incidents.sources.reading.words import service_of
from incidents.sources.signing import hmac_hex, verify_hmac, with_headers
from incidents.sources.vendor import Vendor, as_request, rfc3339

SIGNATURE_HEADER = "Sentry-Hook-Signature"
_ISSUE_STATES: dict[str, Status] = {"created": FIRING, "unresolved": FIRING, "resolved": RESOLVED}
_METRIC_STATES: dict[str, Status] = {"critical": FIRING, "warning": FIRING, "resolved": RESOLVED}
_PROJECT = re.compile(r"/projects/[^/]{1,100}/([^/]{1,100})/")


class Sentry(Vendor):
    name = "sentry"
    title = "Sentry"
    secret_use = "HMAC-SHA256 in Sentry-Hook-Signature; the secret is the integration's Client Secret"  # noqa: S105
    setup = (
        "Under Settings, Custom Integrations, make an internal one: the address as Webhook URL, Alert Rule Action on",
        "Tick the webhook issue, so that resolving is known (every new issue makes an alert then)",
        "Give its Client Secret under “Enter a secret” on the integration's page in Aurora",
        "Add it as action to alert rules",
    )
    reads = (
        "Issue alerts, metric alerts, and issues created, unresolved, resolved. Assigning and archiving change nothing."
    )
    # Issues don't say when they were resolved; Sentry's id of the request tells deliveries apart.
    has_time = False
    # utils/sentry_apps/webhooks.py: of the answers only 503 and 504 are tried again; it waits a second for them.
    overload = Overload(status=503)

    def verify(self, request: WebhookRequest, secrets: Sequence[str]) -> None:
        verify_hmac([request.headers.get(SIGNATURE_HEADER.lower(), "")], secrets, request.body, SIGNATURE_HEADER)

    def signed(self, request: WebhookRequest, secret: str) -> WebhookRequest:
        return with_headers(request, sentry_hook_signature=hmac_hex(secret, request.body))

    def delivery_id(self, request: WebhookRequest) -> str:
        return line(request.headers.get("request-id"), MAX_ID)

    def parse(self, request: WebhookRequest) -> Parsed:
        body = json_object(request.body)
        data, action = json_object_at(body, "data"), line(body.get("action"), 40)
        for kind, read in _READERS.items():
            item = data.get(kind)
            if isinstance(item, dict):
                return single(item, lambda item, read=read: read(item, data, action, request))  # type: ignore[misc]
        resource = line(request.headers.get("sentry-hook-resource"), 40)
        if data or resource:
            return Parsed(note=f"A webhook about {resource or 'something else'} is no alert.")
        raise UnreadablePayload("data is missing: this isn't a webhook of Sentry.")

    def example(self, now: datetime) -> WebhookRequest:
        sent_at = str(int(now.timestamp()))
        return as_request(
            self.example_body(now), now, sentry_hook_resource="event_alert", sentry_hook_timestamp=sent_at
        )

    def example_body(self, now: datetime) -> dict[str, Any]:
        return {
            "action": "triggered",
            "actor": {"id": "sentry", "name": "Sentry", "type": "application"},
            "installation": {"uuid": "a8e5d37a-696c-4c54-adb5-b3f28d64c7de"},
            "data": {
                "event": {
                    "event_id": "e4874d664c3540c1a32eab185f12c5ab",
                    "issue_id": "1170820242",
                    "title": "Test of this integration",
                    "level": "warning",
                    "culprit": "checkout.pay",
                    "environment": "test",
                    "datetime": rfc3339(now - timedelta(minutes=1)),
                    "tags": [["environment", "test"], ["level", "warning"]],
                    "url": "https://sentry.io/api/0/projects/example/checkout/events/e4874d664c3540c1a32eab185f12c5ab/",
                    "web_url": "https://sentry.io/organizations/example/issues/1170820242/",
                },
                "triggered_rule": "Very important alert rule",
            },
        }


def _read_event(event: Json, data: Json, action: str, request: WebhookRequest) -> ParsedAlert:
    if action != "triggered":
        raise NotAnAlert(f"event_alert with action {action or 'missing'} is no alert.")
    labels = pairs(event.get("tags"))
    project = _PROJECT.search(line(event.get("url"), 500))
    return alert(
        title=first(event, "title", "message", "metadata.type"),
        status=FIRING,
        identity=[("issue", event.get("issue_id"))],
        received_at=request.received_at,
        severity=first(event, "level") or labels.get("level"),
        service=service_of(labels) or (project and project[1]),
        labels={**_named(event, "culprit", "environment", "platform", "release"), **labels},
        annotations={"triggered_rule": data.get("triggered_rule"), "message": event.get("message")},
        occurred_at=first(event, "received", "datetime", "timestamp"),
        alert_id=event.get("issue_id"),
        source_url=first(event, "web_url", "issue_url"),
        payload={"triggered_rule": data.get("triggered_rule"), "event": event},
    )


def _read_metric(metric: Json, data: Json, action: str, request: WebhookRequest) -> ParsedAlert:
    status = _METRIC_STATES.get(action)
    if status is None:
        raise NotAnAlert(f"metric_alert with action {action or 'missing'} is no alert.")
    times = ("date_detected", "date_started") if status == FIRING else ("date_closed",)
    return alert(
        title=first(metric, "title", "alert_rule.name") or data.get("description_title"),
        status=status,
        identity=[("metric_alert", metric.get("id"))],
        received_at=request.received_at,
        severity=action if status == FIRING else "",
        service=at(metric, "projects.0"),
        labels={**_named(metric, "identifier"), "alert_rule": at(metric, "alert_rule.name")},
        annotations={"description": data.get("description_text")},
        occurred_at=first(metric, *times) or request.headers.get("sentry-hook-timestamp"),
        started_at=first(metric, "date_started"),
        alert_id=metric.get("id"),
        source_url=data.get("web_url"),
        payload=metric,
    )


def _read_issue(issue: Json, data: Json, action: str, request: WebhookRequest) -> ParsedAlert:
    status = _ISSUE_STATES.get(action)
    if status is None:
        raise NotAnAlert(f"An issue that is {action or 'named without action'} keeps its state.")
    return alert(
        title=first(issue, "title", "metadata.title"),
        status=status,
        identity=[("issue", issue.get("id"))],
        received_at=request.received_at,
        severity=first(issue, "level"),
        service=first(issue, "project.slug", "project.name"),
        labels=_named(issue, "culprit", "platform", "shortId", "issueCategory", "substatus"),
        occurred_at=request.headers.get("sentry-hook-timestamp"),
        started_at=issue.get("firstSeen") if status == FIRING else None,
        alert_id=issue.get("id"),
        source_url=first(issue, "web_url", "permalink"),
        payload=issue,
    )


_Reader = Callable[[Json, Json, str, WebhookRequest], ParsedAlert]
_READERS: dict[str, _Reader] = {"event": _read_event, "metric_alert": _read_metric, "issue": _read_issue}


def _named(item: Json, *names: str) -> dict[str, Any]:
    return {name: item.get(name) for name in names}
