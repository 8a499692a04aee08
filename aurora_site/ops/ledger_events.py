"""What the ledger records about the installation."""

from audit.events import Event

EVENTS = (
    Event(
        "ops.recovered",
        "Something broke and Aurora mended it",
        {"what": "what broke", "why": "why", "action": "what was done", "result": "what came of it"},
    ),
    Event(
        "ops.configuration_changed",
        "Aurora starts with another configuration than before",
        {
            "changed": "the settings that differ, before and after",
            "secrets": "of each secret, whether it is set, unset, changed, unchanged or removed",
            "values": "all settings that aren't secret",
            "secret_codes": "by which a change of a secret shows at the next start; they tell nothing of it",
        },
    ),
)
