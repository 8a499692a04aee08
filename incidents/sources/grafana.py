"""Grafana Alerting's webhook, version 1 (grafana.com/docs/grafana/latest: alerting, webhook notifier): Alertmanager's form.

Grafana can sign: HMAC-SHA256 in hexadecimal digits over the body, or over ``timestamp:body`` where the contact point
names a header for the time (Unix seconds). That header's name is the operator's; it is looked for under the one in the
integration's option ``timestamp_header``, by default X-Grafana-Alerting-Timestamp.
A rule without data, or whose query fails, makes an alert that is called DatasourceNoData or DatasourceError, with the
rule's name in ``rulename`` and the queries concerned, which change, in ``ref_id`` and ``datasource_uid``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from incidents.sources.alertmanager import read_alert, truncated
from incidents.sources.base import Overload, Parsed, ParsedAlert, UnreadablePayload, WebhookRequest
from incidents.sources.reading.alerts import collected
from incidents.sources.reading.body import Json, json_object, json_object_at
from incidents.sources.reading.bounds import MAX_ANNOTATION, MAX_TITLE, line, text
from incidents.sources.signing import hmac_hex, verify_age, verify_hmac, verify_shared_secret, with_headers
from incidents.sources.vendor import Vendor, rfc3339

SIGNATURE_HEADER = "X-Grafana-Alerting-Signature"
TIMESTAMP_HEADER = "X-Grafana-Alerting-Timestamp"
_NOT_THE_RULE = {"DatasourceNoData": "no data", "DatasourceError": "its query fails"}
_CHANGING = ("ref_id", "datasource_uid")


class Grafana(Vendor):
    name = "grafana"
    title = "Grafana"
    secret_use = (
        "HMAC-SHA256 in X-Grafana-Alerting-Signature, also with a signed time; or Authorization: Bearer, "  # noqa: S105
        "or the password of Basic authentication"
    )
    setup = (
        "Under Alerting, Contact points, add one of the type Webhook with the address as URL",
        "With a secret: HMAC Signature, Secret; and X-Grafana-Alerting-Timestamp as Timestamp Header, against replays",
        "Name the contact point in a notification policy",
    )
    reads = "Each alert by its own state. Alerts of rules without data or with failing queries keep their rule's name."
    # One Grafana and its replicas; their labels name the folder and the rule.
    shares_identity = True
    # grafana/alerting, receivers/webhook: any error ends the attempt, and the group is sent again with the next interval.
    overload = Overload(status=503)

    def verify(self, request: WebhookRequest, secrets: Sequence[str]) -> None:
        signature = request.headers.get(SIGNATURE_HEADER.lower(), "")
        if not signature:
            verify_shared_secret(request, secrets)
            return
        sent_at = request.headers.get(_timestamp_header(request), "")
        if not sent_at:
            verify_hmac([signature], secrets, request.body, SIGNATURE_HEADER)
            return
        verify_hmac([signature], secrets, f"{sent_at}:".encode() + request.body, SIGNATURE_HEADER)
        verify_age(sent_at, request, secrets)

    def signed(self, request: WebhookRequest, secret: str) -> WebhookRequest:
        sent_at = str(int(request.received_at.timestamp()))
        request = replace(request, headers={**request.headers, _timestamp_header(request): sent_at})
        return with_headers(
            request, x_grafana_alerting_signature=hmac_hex(secret, f"{sent_at}:".encode() + request.body)
        )

    def parse(self, request: WebhookRequest) -> Parsed:
        body = json_object(request.body)
        if "alerts" not in body:
            raise UnreadablePayload("alerts is missing: this isn't a webhook of Grafana Alerting.")
        return collected(body["alerts"], lambda item: _read(item, body, request.received_at), note=truncated(body))

    def example_body(self, now: datetime) -> dict[str, Any]:
        labels = {"alertname": "AuroraTest", "grafana_folder": "Tests", "service": "checkout", "severity": "warning"}
        annotations = {"summary": "Test of this integration", "description": "Nothing is wrong."}
        return {
            "receiver": "Aurora",
            "status": "firing",
            "orgId": 1,
            "alerts": [
                {
                    "status": "firing",
                    "labels": labels,
                    "annotations": annotations,
                    "startsAt": rfc3339(now - timedelta(minutes=1)),
                    "endsAt": "0001-01-01T00:00:00Z",
                    "generatorURL": "https://grafana.example.org/alerting/grafana/1afz29v7z/view?orgId=1",
                    "fingerprint": "c6eadffa33fcdf37",
                    "silenceURL": "https://grafana.example.org/alerting/silence/new?alertmanager=grafana",
                    "dashboardURL": "",
                    "panelURL": "",
                    "values": {"B": 44.2, "C": 1},
                    "valueString": "[ var='B' labels={service=checkout} value=44.2 ]",
                }
            ],
            "externalURL": "https://grafana.example.org/",
            "version": "1",
            "groupKey": '{}:{alertname="AuroraTest"}',
            "truncatedAlerts": 0,
            "title": "[FIRING:1] AuroraTest Tests (checkout warning)",
            "state": "alerting",
        }


def _read(item: Json, body: Json, received_at: datetime) -> ParsedAlert:
    labels = json_object_at(item, "labels")
    trouble = _NOT_THE_RULE.get(line(labels.get("alertname"), 40))
    rule = labels.get("rulename")
    known = {name: value for name, value in labels.items() if not (trouble and name in _CHANGING)}
    found = read_alert(item, body, received_at, known)
    value = text(item.get("valueString"), MAX_ANNOTATION)
    if value:
        found = replace(found, annotations={"valueString": value, **_room(found.annotations)})
    if trouble and rule:
        found = replace(found, title=line(f"{line(rule, MAX_TITLE - 20)}: {trouble}", MAX_TITLE))
    return found


def _room(annotations: Any) -> dict[str, str]:
    return dict(list(annotations.items())[:63])


def _timestamp_header(request: WebhookRequest) -> str:
    return line(request.options.get("timestamp_header"), 100).lower() or TIMESTAMP_HEADER.lower()
