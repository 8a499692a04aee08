"""Heads kept outside of the database, beside those in it: by them a tree that was cut or rewritten shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings

from audit import anchors, head_files, heads, restoring
from audit.models import TreeHead
from audit.verifying.findings import Finding, first

BATCH = 1000
Head = Mapping[str, Any]


@dataclass
class Saved:
    """What saved heads say: the largest size that one gives, roots to compare, and what is wrong with them already."""

    newest: int = 0
    roots: list[tuple[int, bytes]] = field(default_factory=list)
    finding: Finding | None = None


def kept() -> Iterator[Head]:
    """The heads that this installation keeps: in ``heads.jsonl``, and in its anchor where that is a file, without those
    that were put aside when the ledger was set back. Raises OSError."""
    yield from heads.saved()
    anchor = settings.AURORA_LEDGER_ANCHOR
    if anchor and not anchors.is_address(anchor):
        before = restoring.heads_of_before()
        for head in head_files.read(Path(anchor).expanduser()):
            if (head["size"], str(head.get("signature"))) not in before:
                yield head


def in_file(path: Path) -> list[Head]:
    """The heads in a file: lines of JSON, or one object written in any way. Raises OSError, also when it holds none."""
    text = path.read_bytes()
    found: list[Head] = [*head_files.read(path)] or [head for head in [head_files.parsed(text)] if head is not None]
    if not found:
        raise OSError(f"{path} holds no head.")
    return found


def compare(saved: Iterable[Head], size: int) -> Saved:
    """Compare saved heads with those of the database, whose tree has ``size`` leaves.

    A saved head that the database holds too needs no look of its own: the database's heads are all checked.
    Raises django.db.DatabaseError.
    """
    result, remaining = Saved(), iter(saved)
    while batch := list(islice(remaining, BATCH)):
        sizes = [head["size"] for head in batch if isinstance(head.get("size"), int)]
        stored = {pk: heads.as_json(head) for pk, head in TreeHead.objects.in_bulk(sizes).items()}
        for head in batch:
            if stored.get(head.get("size")) == head:
                result.newest = max(result.newest, head["size"])
            else:
                _take(result, head, size, is_stored=head.get("size") in stored)
    return result


def _take(result: Saved, head: Head, size: int, *, is_stored: bool) -> None:
    if not heads.head_is_authentic(head):
        finding = Finding(size, None, None, f"The saved head of size {head.get('size')!r} isn't signed by a known key.")
    elif head["size"] > size:
        what = f"A saved head of size {head['size']} proves that the ledger was cut: it has {size} leaves now."
        finding = Finding(size, size, None, what)
    else:
        result.newest = max(result.newest, head["size"])
        result.roots.append((head["size"], bytes.fromhex(head["root"])))
        word = "differs from" if is_stored else "is missing among"
        what = f"The saved head of size {head['size']} {word} the database's heads."
        # Behind the comparison of its root, which says more.
        finding = Finding(head["size"], head["size"] - 1, None, what)
    result.finding = first(result.finding, finding)
