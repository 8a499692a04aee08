"""Ids of records are UUIDs of version 7."""

from __future__ import annotations

import time
import uuid

from audit.identifiers import record_id


def test_ids_are_of_version_7_hold_the_time_and_differ() -> None:
    before = time.time_ns() // 1_000_000
    ids = [record_id() for _ in range(1000)]
    after = time.time_ns() // 1_000_000
    assert {(value.version, value.variant) for value in ids} == {(7, uuid.RFC_4122)}
    assert all(before <= value.int >> 80 <= after for value in ids)
    assert len(set(ids)) == len(ids)
