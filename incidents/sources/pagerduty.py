"""PagerDuty's webhooks, version 3 (PagerDuty/developer-docs, docs/webhooks: Overview, Behavior, Signatures).

One event each. What identifies an incident is its id. Only triggering, reopening and resolving change its state: who
acknowledged, escalated, or wrote a note changes nothing here. ``X-PagerDuty-Signature`` lists one signature per secret
while PagerDuty's own secret is rotated.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from incidents.sources.base import Overload, Parsed, ParsedAlert, UnreadablePayload, WebhookRequest
from incidents.sources.reading import words
from incidents.sources.reading.alerts import FIRING, RESOLVED, NotAnAlert, Status, alert, single
from incidents.sources.reading.body import Json, at, first, json_object, json_object_at
from incidents.sources.reading.bounds import MAX_ID, line
from incidents.sources.signing import hmac_hex, verify_hmac, with_headers
from incidents.sources.vendor import Vendor, rfc3339

SIGNATURE_HEADER = "X-PagerDuty-Signature"
_STATES: dict[str, Status] = {
    "incident.triggered": FIRING,
    "incident.reopened": FIRING,
    "incident.resolved": RESOLVED,
}


class PagerDuty(Vendor):
    name = "pagerduty"
    title = "PagerDuty"
    secret_use = "HMAC-SHA256 in X-PagerDuty-Signature"  # noqa: S105
    setup = (
        "Under Integrations, Generic Webhooks (v3), add a webhook with the address",
        "Choose the events incident.triggered, incident.reopened and incident.resolved",
        "After saving, PagerDuty shows a secret once: give it on the integration's page in Aurora, under “Enter a secret”",
    )
    reads = (
        "Incidents that are triggered, reopened and resolved. Acknowledgements, notes and responders change nothing."
    )
    # docs/webhooks/02-Behavior: 5xx and 429 are tried again up to 4 times in 20 minutes, other 4xx never; three dropped
    # ones in a row switch the webhook off for 24 hours.
    overload = Overload(status=429)

    def verify(self, request: WebhookRequest, secrets: Sequence[str]) -> None:
        listed = request.headers.get(SIGNATURE_HEADER.lower(), "").split(",")[:20]
        given = [signature.strip().removeprefix("v1=") for signature in listed if signature.strip().startswith("v1=")]
        verify_hmac(given, secrets, request.body, SIGNATURE_HEADER)

    def signed(self, request: WebhookRequest, secret: str) -> WebhookRequest:
        return with_headers(request, x_pagerduty_signature=f"v1={hmac_hex(secret, request.body)}")

    def delivery_id(self, request: WebhookRequest) -> str:
        return line(request.headers.get("x-webhook-id"), MAX_ID)

    def parse(self, request: WebhookRequest) -> Parsed:
        event = json_object(request.body).get("event")
        if not isinstance(event, dict):
            raise UnreadablePayload("event is missing: this isn't a version 3 webhook of PagerDuty.")
        return single(event, lambda item: _read(item, request.received_at))

    def example_body(self, now: datetime) -> dict[str, Any]:
        return {
            "event": {
                "id": "5ac64822-4adc-4fda-ade0-410becf0de4f",
                "event_type": "incident.triggered",
                "resource_type": "incident",
                "occurred_at": rfc3339(now),
                "agent": None,
                "client": {"name": "Monitoring Service"},
                "data": {
                    "id": "PAURORATEST",
                    "type": "incident",
                    "html_url": "https://example.pagerduty.com/incidents/PAURORATEST",
                    "number": 2,
                    "status": "triggered",
                    "incident_key": "aurora-test",
                    "created_at": rfc3339(now - timedelta(minutes=1)),
                    "title": "Test of this integration",
                    "service": {"id": "PF9KMXH", "summary": "checkout", "type": "service_reference"},
                    "escalation_policy": {"id": "PUS0KTE", "summary": "Default", "type": "escalation_policy_reference"},
                    "teams": [{"id": "PFCVPS0", "summary": "Shop", "type": "team_reference"}],
                    "priority": {"id": "PSO75BM", "summary": "P3", "type": "priority_reference"},
                    "urgency": "low",
                },
            }
        }


def _read(event: Json, received_at: datetime) -> ParsedAlert:
    kind, data = line(event.get("event_type"), 60), json_object_at(event, "data")
    status = _STATES.get(kind)
    if status is None or data.get("type") != "incident":
        raise NotAnAlert(f"{kind or 'An event without event_type'} about a {line(data.get('type'), 40) or 'nothing'} "
                         "doesn't change an incident's state.")  # fmt: skip
    priority, urgency = at(data, "priority.summary"), data.get("urgency")
    labels = {
        "priority": priority,
        "urgency": urgency,
        "team": at(data, "teams.0.summary"),
        "escalation_policy": at(data, "escalation_policy.summary"),
        "incident_key": data.get("incident_key"),
        "number": data.get("number"),
    }
    return alert(
        title=data.get("title"),
        status=status,
        identity=[("incident", data.get("id"))],
        received_at=received_at,
        # Priorities are named by each account; where nobody knows the name, urgency still says something.
        severity=priority if words.severity(priority) != words.UNKNOWN else urgency or priority,
        service=first(data, "service.summary"),
        labels=labels,
        occurred_at=event.get("occurred_at"),
        started_at=data.get("created_at"),
        alert_id=data.get("id"),
        source_url=data.get("html_url"),
        payload=event,
    )
