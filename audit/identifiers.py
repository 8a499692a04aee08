"""Ids of records: they rise with time, so that what is written together lies together in every index."""

from __future__ import annotations

import secrets
import time
import uuid


def record_id() -> uuid.UUID:
    """A UUID of version 7 (RFC 9562, section 5.7): 48 bits of milliseconds since 1970, then 74 random ones.

    Random ids alone would touch a page of their own in three indexes with every insert and every check: verifying a
    million records would read most of the database from its file again and again.
    """
    milliseconds = time.time_ns() // 1_000_000
    value = milliseconds << 80 | secrets.randbits(80)
    return uuid.UUID(int=value & ~(0xF << 76 | 0x3 << 62) | 0x7 << 76 | 0x2 << 62)
