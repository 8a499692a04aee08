"""What lies outside of the signed tree: the sealer's queue, and rows that belong nowhere."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from django.db import connection

from audit.keys import hmac_keys
from audit.tree_store import STRIDE
from audit.verifying import rows
from audit.verifying.findings import UNPLACED, Finding, first
from audit.verifying.ranges import Checked
from audit.verifying.records import RecordChecker, StoredRecord

CHUNK = 4096

# One statement sees one state, so that writing and sealing may go on meanwhile.
_TOTALS = """
SELECT (SELECT count(*) FROM audit_record), (SELECT count(*) FROM audit_leaf), (SELECT count(*) FROM audit_pruned),
       (SELECT count(DISTINCT record_id) FROM audit_unsealed), (SELECT count(*) FROM audit_unsealed)
"""
_SIZE = "(SELECT COALESCE(MAX(size), 0) FROM audit_treehead)"
_LEAF_BEYOND = f"SELECT seq FROM audit_leaf WHERE seq < 0 OR seq >= {_SIZE} ORDER BY seq LIMIT 1"  # noqa: S608
_NODE_BEYOND = f"""
SELECT level, {{index}} FROM audit_treenode WHERE {{index}} < 0 OR level < {STRIDE} OR MOD(level, {STRIDE}) <> 0
OR ({{index}} + 1) * POWER(2, level) > {_SIZE} LIMIT 1
"""  # noqa: S608
_TWICE = "SELECT {record_id} FROM audit_unsealed GROUP BY record_id HAVING COUNT(*) > 1 LIMIT 1"
_UNPLACED = """
SELECT {id} FROM audit_record r LEFT JOIN audit_leaf l ON l.record_id = r.id
LEFT JOIN audit_unsealed u ON u.record_id = r.id WHERE l.seq IS NULL AND u.id IS NULL ORDER BY r.at, r.id LIMIT 1
"""
_TEXT_ALONE = """
SELECT {record_id} FROM audit_personaltext t LEFT JOIN audit_record r ON r.id = t.record_id
WHERE r.id IS NULL ORDER BY t.id LIMIT 1
"""


def check_waiting() -> Checked:
    """Check the records in the sealer's queue, up to the first finding. Raises django.db.DatabaseError."""
    waiting, checker, after = Checked(), RecordChecker(hmac_keys()), 0
    while entries := rows.waiting(after, CHUNK):
        texts = rows.waiting_texts(entries[0][0], entries[-1][0])
        for _, record_id, seq, *columns in entries:
            if seq is not None:
                what: str | None = f"A sealed record (leaf {seq}) was put into the sealer's queue again."
            elif columns[0] is None:
                what = "The record was deleted before it was sealed."
            else:
                waiting.records += 1
                waiting.texts += len(texts.get(record_id, ()))
                what = checker.fault(StoredRecord._make(columns), texts.get(record_id, ()))
            if what:
                waiting.finding = _finding(record_id, what)
                return waiting
        after = entries[-1][0]
    return waiting


def check_placed() -> Finding | None:
    """Whether every record is in the tree or in the queue, and nothing lies beside the tree; the first thing that does.

    Raises django.db.DatabaseError.
    """
    return first(_leaf_beyond(), _node_beyond(), next(_unplaced(), None))


def text_alone() -> Finding | None:
    """A personal text whose record isn't there."""
    found = rows.fetch(_TEXT_ALONE.format(record_id=rows.uuid_bytes("t.record_id")), ("bytea",))
    return _finding(found[0][0], "A personal text belongs to a record that isn't there.") if found else None


def _leaf_beyond() -> Finding | None:
    for (seq,) in rows.fetch(_LEAF_BEYOND, ("int8",)):
        return Finding(seq, seq, None, f"The leaf {seq} lies outside of every signed head.")
    return None


def _node_beyond() -> Finding | None:
    for level, index in rows.fetch(_NODE_BEYOND.format(index=connection.ops.quote_name("index")), ("int2", "int8")):
        what = f"The stored node of level {level}, index {index} belongs to no part of the tree."
        return Finding(UNPLACED, None, None, what)
    return None


def _unplaced() -> Iterator[Finding]:
    [(records, leaves, pruned, waiting, entries)] = rows.fetch(_TOTALS, ["int8"] * 5)
    if waiting != entries:
        for (record_id,) in rows.fetch(_TWICE.format(record_id=rows.uuid_bytes("record_id")), ("bytea",)):
            yield _finding(record_id, "The record waits in the sealer's queue twice.")
    # They differ too while retention hasn't deleted all that it may: then, as when something is wrong, look closer.
    if records != leaves - pruned + waiting:
        for (record_id,) in rows.fetch(_UNPLACED.format(id=rows.uuid_bytes("r.id")), ("bytea",)):
            yield _finding(record_id, "The record has no place in the tree and doesn't wait for one.")


def _finding(record_id: bytes, what: str) -> Finding:
    return Finding(UNPLACED, None, str(uuid.UUID(bytes=record_id)), what)
