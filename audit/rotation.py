"""Replacing the ledger's keys, and the records that say which keys are in use."""

from __future__ import annotations

from django.conf import settings

from audit.keys import (
    FORMER_HMAC_SECRETS,
    FORMER_PUBLIC_KEYS,
    HMAC_SECRET,
    SIGNING_SECRET,
    hmac_key,
    signing_key,
    signing_key_of,
)
from audit.sealing import alone
from audit.selectors import latest_of
from audit.services import record
from aurora_site.core.home import secret_replace

EVENT = "audit.keys_changed"


class KeyFromEnvironmentError(Exception):
    """The key comes from the environment, so it has to be replaced there."""


def hmac_key_rotate() -> None:
    """Generate the key that authenticates records anew; the former one stays, to check older records.

    Raises KeyFromEnvironmentError, and OSError.
    """
    if settings.AURORA_HMAC_KEY:
        raise KeyFromEnvironmentError("AURORA_HMAC_KEY")
    secret_replace(HMAC_SECRET, kept_as=FORMER_HMAC_SECRETS, keep=str)


def signing_key_rotate() -> None:
    """Generate the key that signs heads anew. Of the former one its public key stays: it can check, and sign no more.

    Raises KeyFromEnvironmentError, and OSError.
    """
    if settings.AURORA_LEDGER_SIGNING_KEY:
        raise KeyFromEnvironmentError("AURORA_LEDGER_SIGNING_KEY")
    secret_replace(SIGNING_SECRET, kept_as=FORMER_PUBLIC_KEYS, keep=lambda seed: signing_key_of(seed).public.hex())


def keys_in_use() -> tuple[str, str]:
    """The ids of the keys that authenticate new records and sign new heads. Raises ValueError as ``signing_key``."""
    return hmac_key()[0], signing_key().id


def keys_record() -> bool:
    """Record the keys in use unless the last such record names them; False when a sealer is at work just now.

    Whoever changed them, and wherever: the record follows from the keys themselves. Raises DatabaseError.
    """
    now = keys_in_use()
    with alone() as is_alone:
        before = _last_recorded()
        if is_alone and now != before:
            data = {
                "hmac_key_id": now[0],
                "signing_key_id": now[1],
                "public_key": signing_key().public.hex(),
                "former_hmac_key_id": before[0],
                "former_signing_key_id": before[1],
            }
            record(event=EVENT, data=data)
    return is_alone


def _last_recorded() -> tuple[str, str]:
    last = latest_of(EVENT)
    return (last.data["hmac_key_id"], last.data["signing_key_id"]) if last else ("", "")
