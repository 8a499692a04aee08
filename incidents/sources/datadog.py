"""Datadog's webhook (docs.datadoghq.com/integrations/webhooks). The body is whatever the operator's template says: ours.

What identifies an alert is the monitor and the group of tags that it is about, in any order. ``$ALERT_TRANSITION`` says
what changed. Without it, as in other templates, ``$ALERT_TYPE`` does (error, warning, success, info).
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from incidents.sources.base import Overload, Parsed, ParsedAlert, UnreadablePayload, WebhookRequest
from incidents.sources.reading import words
from incidents.sources.reading.alerts import FIRING, RESOLVED, NotAnAlert, Status, alert, single
from incidents.sources.reading.body import Json, json_object
from incidents.sources.reading.bounds import line
from incidents.sources.reading.tags import tag_list, tagged
from incidents.sources.vendor import Vendor

TEMPLATE = {
    "alert_id": "$ALERT_ID",
    "scope": "$ALERT_SCOPE",
    "transition": "$ALERT_TRANSITION",
    "alert_type": "$ALERT_TYPE",
    "priority": "$ALERT_PRIORITY",
    "title": "$ALERT_TITLE",
    "event_title": "$EVENT_TITLE",
    "message": "$TEXT_ONLY_MSG",
    "tags": "$TAGS",
    "hostname": "$HOSTNAME",
    "metric": "$ALERT_METRIC",
    "query": "$ALERT_QUERY",
    "date": "$DATE",
    "last_updated": "$LAST_UPDATED",
    "cycle_key": "$ALERT_CYCLE_KEY",
    "aggregation_key": "$AGGREG_KEY",
    "link": "$LINK",
}
# Whether it is said the first time, again, or as a reminder is the same to us.
_FIRING = frozenset({"triggered", "warn", "no data", "renotify", "alert", "error", "warning"})
_RESOLVED = frozenset({"recovered", "success"})
_TYPES = {"error": "high", "warning": "medium", "success": "info"}
_TRANSITIONS = {"triggered": "high", "warn": "medium"}


class Datadog(Vendor):
    name = "datadog"
    title = "Datadog"
    setup = (
        "Under Integrations, Webhooks, add one with the address, and the template as Payload",
        'With a secret: Custom Headers {"Authorization": "Bearer THE-SECRET"}',
        "Write @webhook-NAME into the message of each monitor",
    )
    reads = "Monitors that trigger, warn, or miss data, and their recoveries; services from the tag service."
    template = json.dumps(TEMPLATE, indent=2)
    # docs: sent again up to 5 times, after 5xx and missed connections only.
    overload = Overload(status=503)

    def parse(self, request: WebhookRequest) -> Parsed:
        body = json_object(request.body)
        return single(body, lambda item: _read(item, request.received_at))

    def example_body(self, now: datetime) -> dict[str, Any]:
        milliseconds = str(int((now - timedelta(minutes=1)).timestamp() * 1000))
        return {
            "alert_id": "1234",
            "scope": "host:web-1,service:checkout",
            "transition": "Triggered",
            "alert_type": "error",
            "priority": "P3",
            "title": "Test of this integration",
            "event_title": "[P3] [Triggered] Test of this integration",
            "message": "Nothing is wrong.",
            "tags": "env:test,host:web-1,monitor,service:checkout",
            "hostname": "web-1",
            "metric": "system.load.1",
            "query": "avg(last_5m):avg:system.load.1{*} by {host} > 4",
            "date": milliseconds,
            "last_updated": milliseconds,
            "cycle_key": "8c2b5e6f",
            "aggregation_key": "9bd4ac313a4d1e8fae2482df7b77628",
            "link": "https://app.datadoghq.com/monitors/1234",
        }


def _read(body: Json, received_at: datetime) -> ParsedAlert:
    status = _status(body)
    labels = tagged([*tag_list(_told(body, "tags")), *tag_list(_told(body, "scope", "alert_scope"))])
    for name in ("hostname", "metric", "query"):
        labels.setdefault(name, line(_told(body, name), 500))
    monitor, kind = _told(body, "alert_id"), line(_told(body, "alert_type"), 40).lower()
    scope = ",".join(sorted(set(tag_list(_told(body, "scope", "alert_scope")))))
    priority = _told(body, "priority", "alert_priority")
    known = words.severity(priority) != words.UNKNOWN
    changed_at = _told(body, "date", "last_updated")
    return alert(
        title=_told(body, "title", "alert_title", "event_title"),
        status=status,
        identity=[("monitor", monitor), ("scope", scope)] if monitor else [("event", _told(body, "aggregation_key"))],
        received_at=received_at,
        severity=priority if known else _TYPES.get(kind) or _TRANSITIONS.get(_transition(body)) or priority,
        labels=labels,
        annotations={"message": _told(body, "message", "body")},
        occurred_at=changed_at,
        alert_id=monitor,
        source_url=_told(body, "link"),
        payload=body,
    )


def _told(body: Json, *names: str) -> Any:
    """What the first of the fields says; a variable that Datadog didn't replace says nothing."""
    for name in names:
        value = body.get(name)
        if value not in (None, "") and not (isinstance(value, str) and value.startswith("$")):
            return value
    return None


def _transition(body: Json) -> str:
    return line(_told(body, "transition", "alert_transition", "alert_type"), 60).lower().removeprefix("re-")


def _status(body: Json) -> Status:
    word = _transition(body)
    if not word:
        raise UnreadablePayload("transition is missing: use the template of this integration as payload in Datadog.")
    if word in _FIRING:
        return FIRING
    if word in _RESOLVED:
        return RESOLVED
    raise NotAnAlert(f"transition {word} is neither an alert nor a recovery.")
