"""The ledger as an auditor takes it away: the signed head, then leaf by leaf what lies below it, then what still waits.

Every leaf of the tree appears in order: records of the scope in full, all others as hashes of the largest complete
subtrees that they fill, so that the file alone gives the root. Nothing of a record outside the scope but hashes shows.

Work goes by blocks of leaves, each read by short statements of their own: no transaction lasts as long as the reader
takes, and memory holds one block. Pruning and erasing may happen meanwhile; leaves never change, so the file stays true.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils import timezone

from audit import heads, merkle, tree_store
from audit.filters import RecordFilter
from audit.models import Leaf, PersonalText, Record, Unsealed

BLOCK_LEVEL = 9
BLOCK = 1 << BLOCK_LEVEL
ID_BYTES = 16

# A line of the file, before it is written in a format.
Entry = dict[str, Any]


def entries(scope: RecordFilter, *, saved_sizes: Collection[int] = ()) -> Iterator[list[Entry]]:
    """The export's lines, a block of leaves at a time: ``head``, ``record`` and ``subtree``, ``unsealed``, ``end``.

    No subtree reaches across one of ``saved_sizes``: a verifier that holds heads of those sizes can compare them.
    """
    # The queue before the head: a record sealed between the two is in both, and left out below; none is in neither.
    waiting = _waiting()
    head = heads.latest()
    size = head.size if head else 0
    shown = heads.as_json(head) if head else {"size": 0, "root": merkle.EMPTY_ROOT.hex()}
    at = timezone.now().isoformat(timespec="microseconds")
    yield [{"kind": "head", **shown, "scope": scope.as_json(), "exported_at": at}]
    counts: Counter[str] = Counter()
    for block in _blocks(scope, size, frozenset(saved_sizes), waiting):
        counts.update(entry["kind"] for entry in block)
        yield block
    yield [{"kind": "end", "records": counts["record"], "subtrees": counts["subtree"], "unsealed": counts["unsealed"]}]


def _blocks(scope: RecordFilter, size: int, saved: frozenset[int], waiting: bytes) -> Iterator[list[Entry]]:
    gap = Gap()
    for start in range(0, size, BLOCK):
        yield _sealed(scope, start, min(start + BLOCK, size), saved, gap)
    yield gap.close()
    for start in range(0, len(waiting), BLOCK * ID_BYTES):
        yield _unsealed(scope, _ids(waiting[start : start + BLOCK * ID_BYTES]), size)


@dataclass
class Gap:
    """Leaves that aren't exported, side by side, as the hashes of the largest complete subtrees."""

    subtrees: list[tuple[int, int, bytes]] = field(default_factory=list)

    def add(self, level: int, index: int, value: bytes) -> None:
        while self.subtrees and index & 1 and self.subtrees[-1][:2] == (level, index - 1):
            value = merkle.node_hash(self.subtrees.pop()[2], value)
            level, index = level + 1, index >> 1
        self.subtrees.append((level, index, value))

    def close(self) -> list[Entry]:
        """The gap's lines; it is empty afterwards."""
        lines: list[Entry] = [
            {"kind": "subtree", "level": level, "index": index, "hash": value.hex()}
            for level, index, value in self.subtrees
        ]
        self.subtrees.clear()
        return lines


def _sealed(scope: RecordFilter, start: int, stop: int, saved: frozenset[int], gap: Gap) -> list[Entry]:
    """The lines of the leaves from ``start`` to ``stop``. What ends in an open gap comes with a later block."""
    block = Leaf.objects.filter(seq__gte=start, seq__lt=stop)
    records = _full(scope.apply(Record.objects.filter(pk__in=block.values("record_id"))))
    lines = gap.close() if start in saved else []
    if not records and stop - start == BLOCK and saved.isdisjoint(range(start + 1, stop)):
        try:
            gap.add(BLOCK_LEVEL, start >> BLOCK_LEVEL, tree_store.node(BLOCK_LEVEL, start >> BLOCK_LEVEL))
        except LookupError:
            # Somebody took nodes away; the leaves are looked at one by one.
            pass
        else:
            return lines
    # A leaf that somebody took away is a hole in the file, for the verifier to find.
    for seq, record_id, value in block.order_by("seq").values_list("seq", "record_id", "hash"):
        if seq in saved:
            lines += gap.close()
        if record_id in records:
            lines += gap.close()
            lines.append({"kind": "record", "seq": seq, "leaf": bytes(value).hex(), **records[record_id]})
        else:
            gap.add(0, seq, bytes(value))
    return lines


def _unsealed(scope: RecordFilter, ids: list[UUID], size: int) -> list[Entry]:
    """Those of the waiting records that are in the scope, in the queue's order, but for what was sealed meanwhile."""
    sealed = set(Leaf.objects.filter(record_id__in=ids, seq__lt=size).values_list("record_id", flat=True))
    records = _full(scope.apply(Record.objects.filter(pk__in=[each for each in ids if each not in sealed])))
    return [{"kind": "unsealed", **records[each]} for each in ids if each in records]


def _full(records: Any) -> dict[UUID, Entry]:
    """Records as they are exported, by id: body, code, and the personal texts that were not erased."""
    rows = {
        pk: {"body": bytes(body).decode("utf-8", "surrogateescape"), "key_id": key_id, "code": code, "personal": {}}
        for pk, body, key_id, code in records.order_by().values_list("pk", "body", "key_id", "code")
    }
    texts = PersonalText.objects.filter(record_id__in=list(rows)).order_by("name")
    for record_id, name, salt, text in texts.values_list("record_id", "name", "salt", "text"):
        rows[record_id]["personal"][name] = {"salt": bytes(salt).hex(), "text": text}
    return rows


def _waiting() -> bytes:
    """The ids of all records in the sealer's queue, in its order, 16 bytes each: the queue may be long."""
    queue = Unsealed.objects.order_by("id").values_list("record_id", flat=True)
    return b"".join(each.bytes for each in queue.iterator(chunk_size=10_000))


def _ids(packed: bytes) -> list[UUID]:
    return [UUID(bytes=packed[at : at + ID_BYTES]) for at in range(0, len(packed), ID_BYTES)]
