"""What ``manage.py doctor`` looks at in the ledger: keys, triggers, the sealer, the anchor."""

from __future__ import annotations

from django.conf import settings
from django.db import connection

from audit import anchors, heads, keys, sealing, selectors, triggers
from audit.errors import LedgerDamagedError
from audit.stored_tree import stored_tree
from aurora_site.core.home import SECRETS_FILE, home
from aurora_site.ops.finding import Finding

SHORTEST_KEY = 32
# Longer than any sealer pauses, and than a frozen one keeps its lock.
LAG_SECONDS = 30.0
SAME_KEYS = (
    "Set the same AURORA_HMAC_KEY and AURORA_LEDGER_SIGNING_KEY on all machines, and give older keys in AURORA_HMAC_KEYS and"
    " AURORA_LEDGER_PUBLIC_KEYS."
)
VERIFY = (
    "Look with `manage.py verify_audit`. If you restored a backup, go on from there with "
    "`manage.py seal_audit --accept-restored`."
)


def key(part: str) -> Finding:
    """The keys in use, and whether they are the ones that the newest record and head were made with."""
    if len(keys.hmac_key()[1]) < SHORTEST_KEY:
        return Finding(part, "broken", "The ledger's key is too short", "AURORA_HMAC_KEY needs 32 characters.")
    newest, head = selectors.newest_key_id(), heads.latest()
    if newest and newest not in keys.hmac_keys():
        return Finding(part, "broken", f"The newest record's key {newest} isn't known here", SAME_KEYS)
    if head is not None and head.key_id not in keys.public_keys():
        return Finding(part, "broken", f"The newest head's key {head.key_id} isn't known here", SAME_KEYS)
    return Finding(
        part,
        "ok",
        f"records: {_source(settings.AURORA_HMAC_KEY)}, {keys.hmac_key()[0]}; heads: "
        f"{_source(settings.AURORA_LEDGER_SIGNING_KEY)}, {keys.signing_key().id}; keep a copy where the database isn't",
    )


def _source(value: str) -> str:
    return "from the environment" if value else f"in {home() / SECRETS_FILE}"


def triggers_in_place(part: str) -> Finding:
    absent = triggers.missing()
    if absent:
        text = f"{len(absent)} are missing or disabled, the first {absent[0]}; verification still finds changes"
        return Finding(part, "warning", text, triggers.MEND[connection.vendor])
    return Finding(part, "ok", f"{len(triggers.names())} refuse to change the ledger")


def sealed(part: str) -> Finding:
    """The tree against the heads that were signed, and how far the sealer is behind."""
    try:
        size = stored_tree().size
    except LedgerDamagedError as error:
        return Finding(part, "broken", f"{error} Nothing is sealed on top of it", VERIFY)
    except OSError as error:
        return Finding(part, "broken", f"The saved heads can't be read: {error.strerror or error}", VERIFY)
    lag = sealing.lag()
    if lag["oldest_seconds"] > LAG_SECONDS:
        text = f"{lag['waiting']:g} records wait for their seal, the oldest for {lag['oldest_seconds']:.0f} seconds"
        return Finding(part, "warning", text, "Workers seal; look at their log, or run `manage.py seal_audit`.")
    return Finding(
        part, "ok", f"{size} leaves, {lag['waiting']:g} records wait; heads are kept in {heads.saved_path()}"
    )


def anchor(part: str) -> Finding:
    if not settings.AURORA_LEDGER_ANCHOR:
        return Finding(part, "ok", "None (AURORA_LEDGER_ANCHOR): heads are kept in AURORA_HOME alone")
    state = anchors.state()
    if state.error:
        return Finding(part, "warning", f"It fails: {state.error}", "Look at AURORA_LEDGER_ANCHOR; workers try again.")
    return Finding(part, "ok", f"It has the head of size {state.size}" if state.size else "It has no head yet")
