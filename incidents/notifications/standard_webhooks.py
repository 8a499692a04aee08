"""Signatures of the Standard Webhooks specification, so that receivers verify them with libraries that exist.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets

PREFIX = "whsec_"
# The specification's bounds, in bytes.
SHORTEST_KEY, LONGEST_KEY, NEW_KEY = 24, 64, 32


def new_secret() -> str:
    """A secret for a receiver."""
    return PREFIX + base64.b64encode(secrets.token_bytes(NEW_KEY)).decode()


def key_of(secret: str) -> bytes:
    """The key that a secret is. Raises ValueError, saying what a secret looks like."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(PREFIX) or not SHORTEST_KEY <= len(key) <= LONGEST_KEY:
        raise ValueError(f"A secret is {PREFIX} and {SHORTEST_KEY} to {LONGEST_KEY} bytes in Base64.")
    return key


def signature_headers(secret: str, message_id: str, seconds: int, body: bytes) -> dict[str, str]:
    """The headers that sign a body sent at a time (seconds since 1970). Raises ValueError for what is no secret."""
    signed = f"{message_id}.{seconds}.".encode() + body
    signature = base64.b64encode(hmac.new(key_of(secret), signed, hashlib.sha256).digest()).decode()
    return {"webhook-id": message_id, "webhook-timestamp": str(seconds), "webhook-signature": f"v1,{signature}"}
