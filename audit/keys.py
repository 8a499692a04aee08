"""The ledger's keys: those that authenticate records, and those that sign heads.

They come from the environment or from AURORA_HOME, never from the database. The secrets file is looked at anew whenever it
changed, so a rotation by ``rotate_audit_key`` reaches running processes.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from audit.canonical import KEY_ID_LENGTH, key_id
from aurora_site.core.home import secret, secrets_kept

SIGNING_DOMAIN = b"aurora-ledger-signing-key\x00"

# Names in the secrets file: the present key, and what is kept of former ones.
HMAC_SECRET, FORMER_HMAC_SECRETS = "hmac_key", "hmac_keys"
SIGNING_SECRET, FORMER_PUBLIC_KEYS = "ledger_signing_key", "ledger_public_keys"


@dataclass(frozen=True)
class SigningKey:
    """The Ed25519 key (RFC 8032) that signs heads; ``public`` are its 32 public bytes."""

    id: str
    public: bytes
    private: Ed25519PrivateKey


def hmac_key() -> tuple[str, str]:
    """The id of the key that authenticates new records, and the key."""
    key = settings.AURORA_HMAC_KEY or secret(HMAC_SECRET)
    return key_id(key), key


def hmac_keys() -> dict[str, str]:
    """Every key by which a record may be authenticated, by its id."""
    kept = secrets_kept()
    former = [kept[HMAC_SECRET]] if HMAC_SECRET in kept else []
    older = (*settings.AURORA_HMAC_KEYS, *former, *kept.get(FORMER_HMAC_SECRETS, []))
    return {key_id(key): key for key in (hmac_key()[1], *older)}


def signing_key() -> SigningKey:
    """The key that signs new heads. Raises ValueError when the environment's isn't 64 hexadecimal digits."""
    return signing_key_of(settings.AURORA_LEDGER_SIGNING_KEY or secret(SIGNING_SECRET))


def signing_key_of(seed: str) -> SigningKey:
    """The key that a seed of 64 hexadecimal digits stands for. Raises ValueError for anything else."""
    private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed))
    public = private.public_key().public_bytes_raw()
    return SigningKey(public_key_id(public), public, private)


def public_keys() -> dict[str, bytes]:
    """Every public key (32 bytes) whose signature under a head counts, by its id. Raises ValueError as ``signing_key``."""
    kept = secrets_kept()
    former = [signing_key_of(kept[SIGNING_SECRET]).public] if SIGNING_SECRET in kept else []
    older = [bytes.fromhex(key) for key in (*settings.AURORA_LEDGER_PUBLIC_KEYS, *kept.get(FORMER_PUBLIC_KEYS, []))]
    return {public_key_id(key): key for key in (signing_key().public, *former, *older)}


def public_key_id(public: bytes) -> str:
    """Names a public key: the start of its SHA-256, in hexadecimal."""
    return hashlib.sha256(SIGNING_DOMAIN + public).hexdigest()[:KEY_ID_LENGTH]
