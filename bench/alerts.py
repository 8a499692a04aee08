"""Deliveries for a load: three vendors' forms, every fourth an alert that is new, the others again what fires already."""

from __future__ import annotations

import itertools
import random
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

SOURCES = ("alertmanager", "pagerduty", "generic")
_NAMES = ("basket", "catalogue", "invoice", "ledger", "mail", "parcel", "price", "search", "stock", "tax")
SERVICES = tuple(f"{name}-service" for name in _NAMES)
FAULTS = (
    "answers slowly",
    "refuses connections",
    "is out of memory",
    "has a full disk",
    "lags behind",
    "loses messages",
)
NEW_EVERY = 4
REMEMBERED = 200


class Alerts:
    """What an organisation's monitoring sends. ``paths`` are the addresses of its integrations, by source."""

    def __init__(self, paths: Mapping[str, str]) -> None:
        self._paths = paths
        self._numbers = itertools.count()
        self._firing: list[dict[str, str]] = []

    def next(self) -> tuple[str, Any, dict[str, str]]:
        """Path, body and headers of the next delivery."""
        number = next(self._numbers)
        if number % NEW_EVERY == 0 or not self._firing:
            alert = {
                "source": SOURCES[number // NEW_EVERY % len(SOURCES)],
                "key": uuid.uuid4().hex,
                "service": random.choice(SERVICES),
                "fault": random.choice(FAULTS),
                "since": datetime.now(UTC).isoformat(),
            }
            self._firing = [*self._firing[-REMEMBERED:], alert]
        else:
            alert = random.choice(self._firing)
        body, headers = _FORMS[alert["source"]](alert, datetime.now(UTC).isoformat())
        return self._paths[alert["source"]], body, headers


def _alertmanager(alert: Mapping[str, str], now: str) -> tuple[Any, dict[str, str]]:
    labels = {"alertname": alert["fault"], "service": alert["service"], "instance": alert["key"], "severity": "warning"}
    item = {"status": "firing", "labels": labels, "annotations": {"summary": _title(alert)}, "startsAt": alert["since"]}
    # Real repetitions name the time at which the group was looked at nowhere; here it makes them deliveries of their own.
    return {"version": "4", "status": "firing", "alerts": [item], "groupLabels": {"at": now}}, {}


def _pagerduty(alert: Mapping[str, str], now: str) -> tuple[Any, dict[str, str]]:
    data = {
        "id": alert["key"],
        "type": "incident",
        "title": _title(alert),
        "status": "triggered",
        "urgency": "high",
        "service": {"summary": alert["service"]},
        "created_at": alert["since"],
        "html_url": f"https://paging.example.com/incidents/{alert['key']}",
    }
    event = {
        "id": uuid.uuid4().hex,
        "event_type": "incident.triggered",
        "resource_type": "incident",
        "occurred_at": now,
    }
    return {"event": {**event, "data": data}}, {"X-Webhook-Id": uuid.uuid4().hex}


def _generic(alert: Mapping[str, str], now: str) -> tuple[Any, dict[str, str]]:
    body = {"id": alert["key"], "title": _title(alert), "service": alert["service"], "severity": "high"}
    return {**body, "timestamp": now}, {"X-Delivery-Id": uuid.uuid4().hex}


def _title(alert: Mapping[str, str]) -> str:
    return f"{alert['service']} {alert['fault']}"


_FORMS = {"alertmanager": _alertmanager, "pagerduty": _pagerduty, "generic": _generic}
