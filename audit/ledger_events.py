"""What the ledger records about itself."""

from audit.events import Event

EVENTS = (
    Event(
        "audit.pruned",
        "Retention removes records of an organisation: written and sealed before they go",
        data={
            "before": "only records from before this time go",
            "first_seq": "place of the first in the tree",
            "last_seq": "place of the last",
            "count": "how many go",
            "events": "how many of each event",
            "digest": "SHA-256 over place (8 bytes, big-endian) and leaf hash of each, in their order",
        },
    ),
)
