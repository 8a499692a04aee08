"""Sealing: records get their places in the tree, batch by batch, and a signed head says what the tree then is.

Writers only insert. One sealer at a time follows the queue in its order, whatever clocks say. A lock in the database keeps
others from doing the same work; should two work all the same, the unique keys of leaves, nodes and heads let one through.
"""

from __future__ import annotations

import copy
import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.db import DatabaseError, IntegrityError, InterfaceError, connection, transaction
from django.utils import timezone

from audit import heads, saved_heads
from audit.errors import LedgerDamagedError
from audit.merkle import CompactRange, leaf_hash
from audit.models import Leaf, Record, TreeNode, Unsealed
from audit.services import record
from audit.stored_tree import stored_tree
from audit.tree_store import STRIDE

logger = logging.getLogger(__name__)

BATCH = 2000
LOCK = 6_153_870_214
# How long a frozen process may keep the lock.
FROZEN_SECONDS = 20
# Records of the queue's front whose times are looked at; the first may be gone.
FRONT = 10

_QUEUE, _RECORD, _LEAF = (model._meta.db_table for model in (Unsealed, Record, Leaf))

# The tree as this process sealed it last, good as long as the newest head says the same.
_sealed = CompactRange()


class Waiting(NamedTuple):
    """An entry of the queue; ``body`` is None when its record is gone, ``seq`` when it has no leaf."""

    queue_id: int
    record_id: uuid.UUID
    body: bytes | None
    seq: int | None


def seal_all() -> int:
    """Seal until nothing waits or another sealer works; how many queue entries were done.

    Raises LedgerDamagedError, and OSError when heads can't be saved outside the database.
    """
    total = 0
    while done := seal():
        total += done
    # What a sealer that was killed left out, and what other machines signed.
    saved_heads.save_missing()
    return total


def seal(limit: int = BATCH) -> int:
    """Seal one batch and save its head outside the database; how many queue entries were done, 0 when nothing waits or
    another sealer works. Raises as ``seal_all``."""
    if not Unsealed.objects.exists():
        return 0
    before = _size()
    try:
        with alone() as is_alone:
            done = _seal_batch(limit) if is_alone else 0
    except (IntegrityError, LedgerDamagedError) as error:
        if _size() > before:
            return 0  # another sealer was quicker
        if isinstance(error, LedgerDamagedError):
            raise
        raise LedgerDamagedError(f"The tree doesn't fit its newest head: {error}") from error
    if done:
        saved_heads.save_missing()
    return done


def lag() -> dict[str, float]:
    """How many records wait for their seal, and for how many seconds the oldest of them."""
    front = Unsealed.objects.order_by("id").values_list("record_id", flat=True)[:FRONT]
    times = Record.objects.filter(pk__in=list(front)).order_by().values_list("at", flat=True)
    oldest = min(times, default=None)
    seconds = max(0.0, (timezone.now() - oldest).total_seconds()) if oldest else 0.0
    return {"waiting": Unsealed.objects.count(), "oldest_seconds": seconds}


def _size() -> int:
    head = heads.latest()
    return head.size if head is not None else 0


def _seal_batch(limit: int) -> int:
    global _sealed  # noqa: PLW0603 one memory a process
    waiting = _waiting(limit)
    if not waiting:
        return 0
    tree = _tree()
    leaves, nodes = [], []
    for record_id, body in _without_leaf(waiting, tree.size):
        value = leaf_hash(body)
        leaves.append(Leaf(seq=tree.size, record_id=record_id, hash=value))
        nodes += [
            TreeNode(level=level, index=index, hash=subtree)
            for level, index, subtree in tree.append(value)
            if level and level % STRIDE == 0
        ]
    if leaves:
        Leaf.objects.bulk_create(leaves)
        TreeNode.objects.bulk_create(nodes)
        heads.sign(size=tree.size, root=tree.root(), at=timezone.now()).save()
    done = _leave_queue(waiting)
    # Should the transaction fail after all, no head will say what this tree says, and it isn't used.
    _sealed = tree
    return done


def _tree() -> CompactRange:
    """A copy of the tree to go on with. Raises LedgerDamagedError."""
    saved = saved_heads.largest()
    head, known = heads.latest(), _sealed
    if problem := saved_heads.contradiction(saved, head):
        raise LedgerDamagedError(problem)
    if head is not None and (head.size, bytes(head.root)) == (known.size, known.root()):
        return copy.deepcopy(known)
    return stored_tree()


def _waiting(limit: int) -> list[Waiting]:
    """The front of the queue, with the record and the leaf that belong to each entry. One statement, since thousands of ids
    as parameters take longer than all else here."""
    statement = (
        f"SELECT u.id, u.record_id, r.body, l.seq"  # noqa: S608 names of tables
        f" FROM (SELECT id, record_id FROM {_QUEUE} ORDER BY id LIMIT %s) u"
        f" LEFT JOIN {_RECORD} r ON r.id = u.record_id LEFT JOIN {_LEAF} l ON l.record_id = u.record_id ORDER BY u.id"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [limit])
        return [
            Waiting(queue_id, uuid.UUID(str(record_id)), None if body is None else bytes(body), seq)
            for queue_id, record_id, body, seq in cursor.fetchall()
        ]


def _without_leaf(waiting: list[Waiting], size: int) -> Iterator[tuple[uuid.UUID, bytes]]:
    """Id and bytes of each record that has no leaf yet, once. Those that are gone leave a record of it."""
    seen = set()
    for entry in waiting:
        if entry.seq is not None and entry.seq >= size:
            raise LedgerDamagedError(f"There are leaves beyond the newest head, which has {size}.")
        if entry.seq is not None or entry.record_id in seen:
            continue
        seen.add(entry.record_id)
        if entry.body is None:
            logger.error("The record %s was gone before it was sealed", entry.record_id)
            record(event="audit.record_missing", subject=("record", entry.record_id))
        else:
            yield entry.record_id, entry.body


def _leave_queue(waiting: list[Waiting]) -> int:
    numbers = ",".join(str(entry.queue_id) for entry in waiting)
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {_QUEUE} WHERE id IN ({numbers})")  # noqa: S608 numbers
        return cursor.rowcount


@contextmanager
def alone() -> Iterator[bool]:
    """A transaction; False when another sealer is at work."""
    if connection.vendor == "postgresql":
        with transaction.atomic(durable=True):
            _do(f"SET LOCAL idle_in_transaction_session_timeout = '{FROZEN_SECONDS}s'")
            yield bool(_ask("SELECT pg_try_advisory_xact_lock(%s)", LOCK))
        return
    # MySQL's named locks belong to the session and are common to all databases of a server.
    name = f"aurora-sealer-{uuid.uuid5(uuid.NAMESPACE_OID, str(connection.settings_dict['NAME'])).hex}"
    if getattr(connection, "mysql_is_mariadb", False):
        _do(f"SET idle_transaction_timeout = {FROZEN_SECONDS}")
    is_alone = bool(_ask("SELECT GET_LOCK(%s, 0)", name))
    try:
        with transaction.atomic(durable=True):
            yield is_alone
    finally:
        if is_alone:
            _release(name)


def _release(name: str) -> None:
    try:
        _ask("SELECT RELEASE_LOCK(%s)", name)
    except (DatabaseError, InterfaceError):
        # The lock ends with the session; nobody must be left with it.
        if not connection.in_atomic_block:
            connection.close()
        raise


def _ask(statement: str, argument: int | str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, [argument])
        return cursor.fetchone()[0]


def _do(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
