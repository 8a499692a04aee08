"""The ledger's keys: those that authenticate records, and those that sign heads."""

from __future__ import annotations

from django.conf import settings

from audit.canonical import key_id


def hmac_key() -> tuple[str, str]:
    """The id of the key that authenticates new records, and the key."""
    return key_id(settings.AURORA_HMAC_KEY), settings.AURORA_HMAC_KEY


def hmac_keys() -> dict[str, str]:
    """Every key by which a record may be authenticated, by its id."""
    return {key_id(key): key for key in (settings.AURORA_HMAC_KEY, *settings.AURORA_HMAC_KEYS)}
