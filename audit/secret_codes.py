"""Tells whether a secret changed without telling the secret: by its code under the key that authenticates records."""

from __future__ import annotations

import hashlib
import hmac

SECRET_DOMAIN = b"aurora-ledger-secret-v1\x00"
CODE_LENGTH = 16
# Letters alone: a code never looks like a number that must be redacted.
_LETTERS = str.maketrans("0123456789", "ghijklmnop")


def secret_code(key: str, name: str, text: str) -> str:
    """The start of HMAC-SHA256 (RFC 2104) over a secret's name and text: equal for the same secret under the same key."""
    code = hmac.new(key.encode(), SECRET_DOMAIN + f"{name}\n{text}".encode(), hashlib.sha256).hexdigest()
    return code[:CODE_LENGTH].translate(_LETTERS)
