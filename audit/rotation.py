"""Replacing the ledger's keys, and the records that say which keys are in use."""

from __future__ import annotations

import json

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
from audit.models import Record
from audit.sealing import alone
from audit.services import record
from aurora_site.core.home import secret_replace

EVENT = "audit.keys_changed"

# What this process knows to be recorded.
_recorded: tuple[str, str] | None = None


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


def keys_record() -> bool:
    """Record the keys in use unless the last such record names them; False when a sealer is at work just now.

    Whoever changed them, and wherever: the record follows from the keys themselves. Raises DatabaseError.
    """
    global _recorded  # noqa: PLW0603 one memory a process
    signing = signing_key()
    now = hmac_key()[0], signing.id
    if now == _recorded:
        return True
    with alone() as is_alone:
        if not is_alone:
            return False
        before = _last_recorded()
        if now != before:
            data = {
                "hmac_key": now[0],
                "signing_key": now[1],
                "public_key": signing.public.hex(),
                "former_hmac_key": before[0],
                "former_signing_key": before[1],
            }
            record(event=EVENT, data=data)
    _recorded = now
    return True


def _last_recorded() -> tuple[str, str]:
    last = Record.objects.filter(event=EVENT).order_by("-at", "-id").first()
    if last is None:
        return "", ""
    data = json.loads(bytes(last.body))["data"]
    return data["hmac_key"], data["signing_key"]
