"""Records that retention removed, against the sealed records that sum them up (event ``audit.pruned``)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import orjson

from audit.keys import hmac_keys
from audit.models import Leaf, Record
from audit.verifying import rows
from audit.verifying.findings import Finding, first
from audit.verifying.records import RecordChecker, as_stored

PRUNED = "audit.pruned"
CHUNK = 4096


@dataclass
class _Removed:
    """What the rows of one summary come to: SHA-256 over each seq (8 bytes, big-endian) and leaf hash, in order."""

    first_seq: int
    count: int = 0
    gone: int = 0
    digest: Any = field(default_factory=sha256)


def check_pruned(size: int) -> Finding | None:
    """Whether what is marked as pruned is what sealed summaries say, in a tree of ``size``. Raises DatabaseError.

    While nothing of a summary is deleted yet, marks may be missing: retention was interrupted and will go on.
    """
    removed: dict[bytes, _Removed] = {}
    after = -1
    while found := rows.pruned(after, CHUNK):
        for seq, summary_id, leaf, is_there in found:
            if leaf is None:
                return Finding(seq, seq, None, "A leaf is marked as pruned that isn't there.")
            entry = removed.setdefault(summary_id, _Removed(seq))
            entry.count += 1
            entry.gone += not is_there
            entry.digest.update(seq.to_bytes(8, "big") + leaf)
        after = found[-1][0]
    return first(*(_summary_fault(uuid.UUID(bytes=key), entry, size) for key, entry in removed.items()))


def _summary_fault(summary_id: uuid.UUID, entry: _Removed, size: int) -> Finding | None:
    summary = Record.objects.filter(pk=summary_id).first()
    leaf = Leaf.objects.filter(record_id=summary_id, seq__lt=size).first()
    if (
        summary is None
        or leaf is None
        or summary.event != PRUNED
        or RecordChecker(hmac_keys()).fault(as_stored(summary))
    ):
        return _finding(entry, f"no sealed record {summary_id} sums up what retention removed.")
    told = orjson.loads(bytes(summary.body))["data"]
    if (told["count"], told["digest"]) == (entry.count, entry.digest.hexdigest()):
        return None
    if not entry.gone and entry.count < told["count"]:
        return None
    return _finding(entry, f"what is marked isn't what the record {summary_id} sums up.")


def _finding(entry: _Removed, what: str) -> Finding:
    return Finding(entry.first_seq, entry.first_seq, None, f"Leaves are marked as pruned, but {what}")
