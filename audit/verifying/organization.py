"""The records of one organisation, each against its columns, code, texts and leaf."""

from __future__ import annotations

import time
import uuid
from hashlib import sha256

from audit.keys import hmac_keys
from audit.models import PersonalText
from audit.verifying import rows
from audit.verifying.findings import UNPLACED, Finding, first
from audit.verifying.ranges import Checked
from audit.verifying.records import RecordChecker, StoredRecord, StoredText

CHUNK = 2048


def check(organization_id: str, size: int, deadline: float | None) -> tuple[Checked, int]:
    """Check an organisation's records in order of time, in a tree of ``size`` leaves whose leaves were checked; with it,
    how many of them aren't in that tree yet. Raises TimeoutError when it is past ``deadline`` (by time.monotonic), and
    django.db.DatabaseError."""
    result, waiting, checker, after = Checked(), 0, RecordChecker(hmac_keys()), None
    while found := rows.of_organization(organization_id, after, CHUNK):
        if deadline and time.monotonic() > deadline:
            raise TimeoutError
        texts = _texts([row[3] for row in found])
        for seq, leaf, waits, *columns in found:
            record = StoredRecord._make(columns)
            what = checker.fault(record, texts.get(record.id, ())) or _place_fault(record, seq, leaf, waits=waits)
            if what:
                finding = Finding(UNPLACED if seq is None else seq, seq, str(uuid.UUID(bytes=record.id)), what)
                result.finding = first(result.finding, finding)
            waiting += seq is None or seq >= size
            result.records += 1
        after = found[-1][4], found[-1][3]
    return result, waiting


def _place_fault(record: StoredRecord, seq: int | None, leaf: bytes, *, waits: bool) -> str | None:
    if seq is None:
        return None if waits else "The record has no place in the tree and doesn't wait for one."
    if sha256(b"\x00" + record.body).digest() != leaf:
        return "The leaf's hash isn't that of the record's bytes."
    return None


def _texts(record_ids: list[bytes]) -> dict[bytes, list[StoredText]]:
    texts: dict[bytes, list[StoredText]] = {}
    for text in PersonalText.objects.filter(record_id__in=[uuid.UUID(bytes=value) for value in record_ids]):
        stored = StoredText(text.name, text.person_id, bytes(text.salt), text.text)
        texts.setdefault(text.record_id.bytes, []).append(stored)
    return texts
