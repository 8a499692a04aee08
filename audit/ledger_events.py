"""What the ledger records about itself."""

from audit.events import Event

EVENTS = (
    Event(
        "audit.keys_changed",
        "Another key authenticates records or signs heads from then on",
        data={
            "hmac_key_id": "id of the key that authenticates records",
            "signing_key_id": "id of the key that signs heads",
            "public_key": "the signing key's public half, in hexadecimal",
            "former_hmac_key_id": "the id before",
            "former_signing_key_id": "the id before",
        },
    ),
    Event(
        "audit.set_back",
        "An operator accepts a restored backup that has less than was sealed",
        data={
            "saved_size": "leaves of the largest saved head",
            "saved_root": "its root, in hexadecimal",
            "tree_size": "leaves of the restored tree",
            "kept_as": "name of the file in which the saved heads of before are",
        },
    ),
    Event("audit.record_missing", "A record was gone before it was sealed: somebody deleted it"),
    Event(
        "audit.exported",
        "An administrator takes the organisation's ledger away, or an operator's command wrote it out",
        data={
            "format": "`jsonl` or `csv`",
            "filters": "names of the filters that narrowed it",
        },
    ),
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
