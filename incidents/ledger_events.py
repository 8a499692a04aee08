"""What the ledger records about incidents and services."""

from audit.events import Event
from aurora_site.accounts.ledger_events import admin_events

EVENTS = (
    Event(
        "incidents.incident_created",
        "A person reported an incident",
        {"severity": "how bad it is", "service": "which service it is about"},
        {"title": "its title", "summary": "its summary"},
    ),
    Event(
        "incidents.incident_updated",
        "A person changed an incident",
        {
            "changed": "names of what was changed",
            "status": "its state before and after",
            "severity": "how bad it is, before and after",
            "aurora_status": "the investigation's state before and after",
            "active_tab": "the page's tab before and after",
        },
        {"summary": "the new summary"},
    ),
    Event(
        "incidents.deliveries_pruned",
        "Old deliveries were removed as the organisation wants it",
        {"before": "received before this time", "deliveries": "how many"},
    ),
    Event(
        "incidents.delivery_retried",
        "A person had a delivery processed again",
        {"state": "why: how it had ended before"},
    ),
    Event(
        "incidents.integration_created",
        "A sender of alerts was added",
        {"source": "what kind it is", "name": "its name", "has_secret": "whether its deliveries must be signed"},
    ),
    Event(
        "incidents.integration_deleted",
        "A sender of alerts was taken away, with its deliveries",
        {"name": "its name", "deliveries": "how many"},
    ),
    Event(
        "incidents.integration_rotated",
        "A sender of alerts got a new address or secret",
        {
            "token": "whether the address is new",
            "secret": "whether the secret is",
            "grace_hours": "how long the old ones stay good",
        },
    ),
    Event(
        "incidents.integration_tested",
        "A person sent an example through an integration",
        {"delivery_id": "the delivery that it made"},
    ),
    Event(
        "incidents.integration_updated",
        "A sender of alerts was changed",
        {
            "changed": "names of what was changed",
            "name": "its new name",
            "is_enabled": "whether it takes deliveries",
        },
    ),
    Event(
        "incidents.service_created",
        "A service was added",
        {"name": "its name", "dependencies": "ids of the services that it calls"},
    ),
    Event(
        "incidents.silence_created",
        "A silence or maintenance window was set",
        {
            "kind": "which of the two",
            "starts_at": "from when",
            "ends_at": "until when",
            "repeat": "whether it holds each day or week",
            "services": "ids of the services that it is for",
        },
        {"comment": "why"},
    ),
    Event("incidents.silence_ended", "A silence or maintenance window was ended early", {"kind": "which of the two"}),
    Event(
        "incidents.subscription_confirmed",
        "Aurora confirmed a subscription of Amazon SNS, whose messages an integration takes from then on",
        {"topic": "the topic's ARN"},
    ),
    *admin_events("incidents", "service"),
)
