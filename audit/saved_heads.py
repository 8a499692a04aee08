"""Heads kept outside the database against those in it: by the largest a tree shows that was cut, set back or rewritten."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from audit import head_files, heads, merkle
from audit.errors import LedgerDamagedError
from audit.keys import public_keys
from audit.models import TreeHead
from audit.tree_store import node

# Heads that one pass copies out of the database, newest first. The newest says all that older ones say.
MOST_MISSING = 10_000
# Bytes before the place up to which a file was read: by them a file that was replaced shows.
MARK_BYTES = 128


@dataclass(frozen=True)
class _Read:
    """How far a file was read, and the largest authentic head up to there."""

    place: tuple[str, int, frozenset[str]]
    end: int = 0
    mark: bytes = b""
    largest: dict[str, Any] | None = None


_read: _Read | None = None
_guard = threading.Lock()


def largest() -> dict[str, Any] | None:
    """The authentic saved head of the largest tree; None without any. Reads what is new in the file. Raises OSError."""
    global _read  # noqa: PLW0603 one memory a process
    path = heads.saved_path()
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return None
    with file, _guard:
        # Lines by a key that wasn't known count once it is.
        known = _Read((str(path), os.fstat(file.fileno()).st_ino, frozenset(public_keys())))
        if _read is not None and _read.place == known.place and _has_grown(file, _read):
            known = _read
        _read = _read_on(file, known)
        return _read.largest


def _has_grown(file: BinaryIO, known: _Read) -> bool:
    return os.pread(file.fileno(), len(known.mark), known.end - len(known.mark)) == known.mark


def _read_on(file: BinaryIO, known: _Read) -> _Read:
    file.seek(known.end)
    least = known.largest["size"] if known.largest else 0
    place, end, mark, found = known.end, known.end, known.mark, []
    for line in file:
        head = head_files.parsed(line)
        if head is not None and head["size"] > least:
            found.append((-head["size"], place))
        place += len(line)
        if line.endswith(b"\n"):
            end, mark = place, line[-MARK_BYTES:]
    # From the largest down, so that few signatures are checked however long the file is.
    for _, start in sorted(found):
        file.seek(start)
        head = head_files.parsed(file.readline())
        if head is not None and heads.head_is_authentic(head):
            return _Read(known.place, end, mark, head)
    return _Read(known.place, end, mark, known.largest)


def contradiction(saved: Mapping[str, Any] | None, newest: TreeHead | None) -> str:
    """How the database, whose newest head this is, contradicts a saved head; empty when it doesn't.

    Read the saved head first: one is stored before it is saved, so that it is never ahead of what is read later.
    """
    size = newest.size if newest is not None else 0
    if saved is None:
        return ""
    if saved["size"] > size:
        return (
            f"{heads.saved_path()} has a signed head of {saved['size']} leaves, the database only {size}: "
            "it was set back or cut."
        )
    stored = newest if saved["size"] == size else TreeHead.objects.filter(size=saved["size"]).first()
    try:
        root = merkle.root(node, saved["size"]) if stored is None else bytes(stored.root)
    except LookupError as error:
        return str(error)
    return "" if root.hex() == saved["root"] else rewritten(saved)


def rewritten(saved: Mapping[str, Any]) -> str:
    """What is said of a tree that has another root than a saved head of its size."""
    return f"The tree isn't the one whose head was saved at {saved['size']} leaves."


def save_missing() -> int:
    """Append to ``heads.jsonl`` what was signed since its last head, also by others; how many.

    Raises LedgerDamagedError when the database contradicts a saved head, and OSError.
    """
    if not heads.saved_path().exists() and heads.latest() is None:
        return 0
    with head_files.locked(heads.saved_path()) as file:
        saved = largest()
        newest = heads.latest()
        if problem := contradiction(saved, newest):
            raise LedgerDamagedError(problem)
        missing = _after(file.last(), newest) if newest is not None else []
        file.append(heads.as_json(head) for head in missing)
    return len(missing)


def _after(last: Mapping[str, Any] | None, newest: TreeHead) -> list[TreeHead]:
    """The stored heads that follow a saved one, in order."""
    if last is None:
        return list(TreeHead.objects.order_by("-size")[:MOST_MISSING])[::-1]
    if _is_same(last, newest):
        return []
    known = TreeHead.objects.filter(size=last["size"]).first()
    if known is None or not _is_same(last, known):
        # A line that nobody signed. What the database says is kept beside.
        return [newest]
    return list(TreeHead.objects.filter(size__gt=last["size"]).order_by("-size")[:MOST_MISSING])[::-1]


def _is_same(saved_head: Mapping[str, Any], head: TreeHead) -> bool:
    return (saved_head["size"], saved_head.get("root")) == (head.size, bytes(head.root).hex())


def name_aside(at: datetime) -> str:
    """The name of the file that the saved heads become when the ledger is set back."""
    return f"heads-before-{at:%Y%m%dT%H%M%S%f}Z.jsonl"


def put_aside(name: str) -> Path:
    """Give the file of saved heads this name: evidence of what was, which sealing no longer looks at. Raises OSError."""
    path = heads.saved_path()
    with head_files.locked(path):
        aside = path.rename(path.with_name(name))
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    return aside
