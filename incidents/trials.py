"""Test alerts: they go the whole way, to who is called, but keep to themselves and end soon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from incidents.sources.base import ParsedAlert

# Set on deliveries by Aurora alone: it isn't among the headers that are kept of what senders send.
TEST_HEADER = "x-aurora-test"
TEST_LABEL = "aurora_test"
TITLE_AHEAD = "Test alert: "
LASTS = timedelta(minutes=1)
END_TASK = "incidents.end_test_alerts"


def as_test(alert: ParsedAlert, delivery_id: str) -> ParsedAlert:
    """An alert of an example, marked; each test is an alert of its own, apart from the real one that it looks like."""
    return replace(
        alert,
        title=f"{TITLE_AHEAD}{alert.title}"[:255],
        status="firing",
        identity=(*alert.identity, (TEST_LABEL, delivery_id)),
        labels={**alert.labels, TEST_LABEL: "true"},
    )


def is_test(labels: Mapping[str, object]) -> bool:
    """Whether these are the labels of a test alert."""
    return labels.get(TEST_LABEL) == "true"
