"""Prometheus Alertmanager's webhook, version 4 (https://prometheus.io/docs/alerting/latest/configuration/#webhook_config).

One request is a group of alerts, of which each has a state of its own. What identifies an alert are its labels: its
``fingerprint`` is a hash of them. ``endsAt`` of one that fires is the year 1 or a guess.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from incidents.sources.base import Overload, Parsed, ParsedAlert, UnreadablePayload, WebhookRequest
from incidents.sources.reading.alerts import FIRING, RESOLVED, NotAnAlert, alert, collected
from incidents.sources.reading.body import Json, first, json_object, json_object_at
from incidents.sources.reading.bounds import line
from incidents.sources.vendor import Vendor, rfc3339


class Alertmanager(Vendor):
    name = "alertmanager"
    title = "Prometheus Alertmanager"
    setup = (
        "Add a receiver with webhook_configs to alertmanager.yml: the address as url, send_resolved: true",
        "With a secret: http_config, authorization, credentials",
        "Route alerts to that receiver, and reload Alertmanager",
    )
    reads = "Each alert by its own state and labels. Two Alertmanagers that send the same alert make one."
    # The members of a cluster send every alert once each at least.
    shares_identity = True
    # notify/util.go, Retrier: only 5xx is tried again, up to the next group_interval.
    overload = Overload(status=503)

    def parse(self, request: WebhookRequest) -> Parsed:
        body = json_object(request.body)
        if "alerts" not in body:
            raise UnreadablePayload("alerts is missing: this isn't a webhook of Alertmanager.")
        return collected(body["alerts"], lambda item: read_alert(item, body, request.received_at), note=truncated(body))

    def example_body(self, now: datetime) -> dict[str, Any]:
        labels = {"alertname": "AuroraTest", "service": "checkout", "severity": "warning", "instance": "10.0.0.7:9100"}
        annotations = {"summary": "Test of this integration", "description": "Nothing is wrong."}
        return {
            "version": "4",
            "groupKey": '{}:{alertname="AuroraTest"}',
            "truncatedAlerts": 0,
            "status": "firing",
            "receiver": "aurora",
            "groupLabels": {"alertname": "AuroraTest"},
            "commonLabels": labels,
            "commonAnnotations": annotations,
            "externalURL": "http://alertmanager.example.org:9093",
            "alerts": [
                {
                    "status": "firing",
                    "labels": labels,
                    "annotations": annotations,
                    "startsAt": rfc3339(now - timedelta(minutes=1)),
                    "endsAt": "0001-01-01T00:00:00Z",
                    "generatorURL": "http://prometheus.example.org:9090/graph?g0.expr=up",
                    "fingerprint": "1a30ba71cca2921f",
                }
            ],
        }


def read_alert(item: Json, body: Json, received_at: datetime, identity: Mapping[str, Any] | None = None) -> ParsedAlert:
    """An alert of a group; Grafana sends the same form. ``identity`` is given where the labels aren't."""
    status = item.get("status")
    if status not in (FIRING, RESOLVED):
        raise NotAnAlert(f"status is {line(status, 40) or 'missing'}, neither firing nor resolved.")
    labels, annotations = json_object_at(item, "labels"), json_object_at(item, "annotations")
    known = identity or labels or {"fingerprint": item.get("fingerprint")}
    return alert(
        title=first(annotations, "summary", "title") or first(labels, "alertname") or first(annotations, "description"),
        status=FIRING if status == FIRING else RESOLVED,
        identity=known.items(),
        received_at=received_at,
        severity=first(labels, "severity", "priority", "level"),
        labels=labels,
        annotations=annotations,
        occurred_at=item.get("startsAt") if status == FIRING else item.get("endsAt"),
        started_at=item.get("startsAt"),
        alert_id=item.get("fingerprint"),
        source_url=first(item, "generatorURL") or first(body, "externalURL"),
        payload=item,
    )


def truncated(body: Json) -> str:
    """The note on a group whose sender left out some of its alerts."""
    count = body.get("truncatedAlerts")
    if not isinstance(count, int) or count <= 0:
        return ""
    return f"{line(count, 20)} alerts of this group were left out by the sender (max_alerts); they are not known here."
