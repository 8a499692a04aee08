"""What the ledger records about incidents and services."""

from audit.events import Event
from aurora_site.accounts.ledger_events import admin_events
from incidents.notifications import ledger_events as notification_events

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
        "incidents.incident_opened",
        "An alert opened an incident",
        {
            "number": "what people call it by",
            "severity": "how bad it is",
            "service": "which service it is about",
            "source": "what kind of monitoring system sent the alert",
        },
    ),
    Event("incidents.incident_reopened", "An incident's alert fires again", {"status": "its state before and after"}),
    Event(
        "incidents.incident_resolved",
        "The last alert of an incident ended",
        {"status": "its state before and after", "alerts": "how many it had"},
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
        "incidents.incident_acknowledged",
        "A person said that they look at an incident",
        {"seconds": "how long that took since its start"},
    ),
    Event(
        "incidents.incident_assigned",
        "An incident was given to somebody, by a person or (without an actor) by the roster",
        {"assignee": "whose it was before and is after"},
    ),
    Event("incidents.incident_noted", "A person wrote a note", {"entry": "its timeline entry"}, {"note": "its text"}),
    Event("incidents.incident_snoozed", "A person let an incident wait", {"until": "until when"}),
    Event("incidents.incident_unsnoozed", "An incident waits no longer: its time was over, or a person said so"),
    Event(
        "incidents.incident_responder_added",
        "Somebody was added to an incident's responders, or responds in another role",
        {"user": "who", "role": "as what, before and after"},
    ),
    Event("incidents.incident_responder_removed", "Somebody responds to an incident no longer", {"user": "who"}),
    Event(
        "incidents.incident_feedback",
        "A person said whether Aurora's part in an incident helped",
        {"helpful": "whether it did"},
        {"comment": "what they said about it"},
    ),
    Event(
        "incidents.incident_merged",
        "An incident was merged into another",
        {"target": "the other one", "alerts": "how many alerts went with it"},
    ),
    Event(
        "incidents.incident_unmerged",
        "A merged incident was taken out again",
        {"target": "the one it was in", "alerts": "how many alerts came back with it"},
    ),
    Event("incidents.roster_created", "A roster was made", {"name": "its name", "service": "the service it is of"}),
    Event("incidents.roster_deleted", "A roster was deleted with its shifts", {"name": "its name"}),
    Event(
        "incidents.roster_shift_added",
        "Somebody was put on call",
        {"shift": "the shift", "user": "who", "from": "from when", "until": "until when"},
    ),
    Event("incidents.roster_shift_removed", "A shift was taken out", {"shift": "the shift", "user": "whose it was"}),
    Event(
        "incidents.roster_imported",
        "Shifts were read from a calendar",
        {
            "added": "how many",
            "removed": "how many of an earlier import went",
            "problems": "how much was not understood",
        },
    ),
    Event(
        "incidents.runbook_added",
        "A link to a runbook was added",
        {"title": "its title", "url": "its address", "service": "the service it is for"},
    ),
    Event(
        "incidents.runbook_removed",
        "A link to a runbook was removed",
        {"title": "its title", "url": "its address", "service": "the service it was for"},
    ),
    Event(
        "incidents.service_created",
        "A service was added",
        {"name": "its name", "dependencies": "ids of the services that it calls"},
    ),
    Event(
        "incidents.service_deleted",
        "A service was taken out of the graph, by its members or in the admin",
        {"name": "its name"},
    ),
    Event(
        "incidents.service_updated",
        "A service was changed, or which services it calls",
        {
            "name": "its name",
            "changed": "names of what was changed",
            "dependencies": "ids of the services that it calls now",
        },
    ),
    Event(
        "incidents.services_imported",
        "Services and calls were added from a file or from labels of metrics",
        {
            "format": "csv, edges, series or exposition",
            "services": "how many services are new",
            "dependencies": "how many calls are new",
            "refused": "how many lines weren't understood",
        },
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
    *notification_events.EVENTS,
    # What the admin records of a deletion is the same event as that of the services.
    *admin_events("incidents", "service")[:2],
)
