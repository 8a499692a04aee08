"""The exact bytes of a ledger record, its authentication code, and the commitments that bind personal text to it.

Canonical JSON after RFC 8785 for the values used here: keys sorted, no white space, UTF-8, no floating point
(numbers with a fraction are written as decimal text, so that every language reads the same bytes).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import math
from typing import Any

RECORD_DOMAIN = b"aurora-ledger-record-v1\x00"
COMMITMENT_DOMAIN = b"aurora-ledger-text-v1\x00"
KEY_ID_LENGTH = 16


def canonical_bytes(value: Any) -> bytes:
    """JSON bytes that are equal for equal values. Raises ValueError for what JSON can't hold."""
    text = json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8")


def _plain(value: Any) -> Any:
    match value:
        case bool() | int() | str() | None:
            return value
        case float():
            if not math.isfinite(value):
                raise ValueError("A ledger record can't hold infinite numbers.")
            return format(value, ".6f").rstrip("0").rstrip(".") or "0"
        case dict():
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            return str(value)


def key_id(key: str) -> str:
    """Names a key without telling it: the start of its SHA-256."""
    return hashlib.sha256(b"aurora-ledger-key\x00" + key.encode()).hexdigest()[:KEY_ID_LENGTH]


def authentication_code(key: str, body: bytes) -> str:
    """HMAC-SHA256 (RFC 2104) over the record's bytes, in hexadecimal."""
    return hmac.new(key.encode(), RECORD_DOMAIN + body, hashlib.sha256).hexdigest()


def commitment(salt: bytes, text: str) -> str:
    """Binds a text into a record without showing it: SHA-256 over a 32-byte random salt and the text, hexadecimal."""
    return hashlib.sha256(COMMITMENT_DOMAIN + salt + text.encode("utf-8")).hexdigest()
