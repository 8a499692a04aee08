"""What the ledger records about notifications."""

from audit.events import Event

_OUTCOME = {
    "channel": "the channel",
    "incident": "the incident",
    "kind": "which change it told",
    "attempts": "how many attempts it took",
}
_RULE = {
    "name": "its name",
    "minimum_severity": "how bad incidents must be",
    "kinds": "which changes it tells; empty for all that matter",
    "services": "ids of the services that it is for; empty for all",
}

EVENTS = (
    Event(
        "incidents.channel_created",
        "A channel for notifications was added",
        {"name": "its name", "kind": "webhook, email or slack"},
    ),
    Event(
        "incidents.channel_deleted",
        "A channel was taken away with its rules and notifications",
        {"name": "its name", "rules": "how many", "notifications": "how many"},
    ),
    Event(
        "incidents.channel_tested",
        "A person sent a test message",
        {"delivered": "whether it arrived", "outcome": "what came of it"},
    ),
    Event(
        "incidents.channel_updated",
        "A channel was changed",
        {
            "changed": "names of what was changed; addresses and secrets aren't told",
            "name": "its new name",
            "is_enabled": "whether it is used",
        },
    ),
    Event(
        "incidents.notification_dead",
        "A notification was given up",
        {**_OUTCOME, "reason": "what came of the last attempt"},
    ),
    Event(
        "incidents.notification_resent",
        "A person had a notification sent again",
        {"channel": "the channel", "incident": "the incident"},
    ),
    Event(
        "incidents.notification_sent",
        "A notification was delivered, or there was nobody to tell",
        {**_OUTCOME, "reason": "why nobody was told, where nobody was"},
    ),
    Event("incidents.rule_created", "A rule of what is told where was added", {"channel": "the channel", **_RULE}),
    Event("incidents.rule_deleted", "A rule was taken away", {"name": "its name"}),
    Event(
        "incidents.rule_updated",
        "A rule was changed",
        {"changed": "names of what was changed", "is_enabled": "whether it is used", **_RULE},
    ),
)
