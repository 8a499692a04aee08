"""Files of signed heads, one JSON object a line: only ever appended to, by several processes, and whole after a kill."""

from __future__ import annotations

import contextlib
import fcntl
import json
import mmap
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

# Enough of a file's end to hold its last whole lines; one takes about 400 bytes.
TAIL_BYTES = 64 * 1024


class HeadFile:
    """A file of heads that this process has locked."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def last(self) -> dict[str, Any] | None:
        """The last head in the file; None in an empty one."""
        size = os.fstat(self._descriptor).st_size
        tail = os.pread(self._descriptor, TAIL_BYTES, max(0, size - TAIL_BYTES))
        return next((head for line in reversed(tail.split(b"\n")) if (head := parsed(line)) is not None), None)

    def append(self, heads: Iterable[dict[str, Any]]) -> None:
        """Add heads, and return when the disk has them. Raises OSError."""
        text = "".join(f"{json.dumps(head)}\n" for head in heads)
        if not text:
            return
        size = os.fstat(self._descriptor).st_size
        if size and os.pread(self._descriptor, 1, size - 1) != b"\n":
            # A process died while it wrote. Its line stays as it is: nothing is ever taken out of this file.
            text = f"\n{text}"
        data = text.encode()
        while data:
            data = data[os.write(self._descriptor, data) :]
        os.fsync(self._descriptor)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[HeadFile]:
    """The file, made if missing (mode 600), while no other process writes to it. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield HeadFile(descriptor)
    finally:
        os.close(descriptor)


def read(path: Path) -> Iterator[dict[str, Any]]:
    """The heads in a file, in its order; none when there is no file. Lines cut short by a kill are left out."""
    with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
        for line in file:
            if (head := parsed(line)) is not None:
                yield head


def following(path: Path, last: dict[str, Any] | None) -> Iterator[dict[str, Any]]:
    """The heads in a file after one of its heads, all when that is None; the newest alone when it isn't in the file.

    Raises OSError.
    """
    if not path.exists() or not path.stat().st_size:
        return
    with path.open("rb") as file:
        start = 0 if last is None else _end_of(file.fileno(), f"{json.dumps(last)}\n".encode())
        if start < 0:
            with locked(path) as whole:
                yield from filter(None, [whole.last()])
            return
        file.seek(start)
        for line in file:
            if (head := parsed(line)) is not None:
                yield head


def _end_of(descriptor: int, line: bytes) -> int:
    """Where the last such line of a file ends; -1 when there is none. What is looked for stands near the end."""
    with mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ) as text:
        start = text.rfind(line)
        return start + len(line) if start >= 0 else -1


def parsed(line: bytes) -> dict[str, Any] | None:
    """The head in a line; None when the line holds none."""
    try:
        head = json.loads(line)
    except ValueError:
        return None
    return head if isinstance(head, dict) and isinstance(head.get("size"), int) else None
