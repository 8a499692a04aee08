"""Ledgers to export, and the offline verifier run as an auditor runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audit import heads, sealing
from audit.export_formats import FORMATS
from audit.exporting import entries
from audit.filters import RecordFilter
from audit.models import Record
from audit.offline import VERIFIER
from audit.services import record

OWN, OTHER = "1f0c2a52-0000-4000-8000-000000000001", "1f0c2a52-0000-4000-8000-000000000002"
SCOPE = RecordFilter(organization_id=OWN)


def write(count: int, *, own: Collection[int] | None = None, first: int = 0, **fields: Any) -> list[Record]:
    """Records with a number and a personal text each; those whose numbers aren't in ``own`` are another organisation's."""
    return [
        record(
            event="test.happened",
            organization_id=OWN if own is None or number in own else OTHER,
            actor_id="user_1",
            data={"number": number},
            personal={"question": f"What is {number}?"},
            **fields,
        )
        for number in range(first, first + count)
    ]


def exported(scope: RecordFilter = SCOPE, saved_sizes: Iterable[int] = ()) -> list[dict[str, Any]]:
    """The export's lines."""
    return [entry for block in entries(scope, saved_sizes=frozenset(saved_sizes)) for entry in block]


def written(folder: Path, lines: list[dict[str, Any]], form: str = "jsonl") -> Path:
    path = folder / f"ledger.{form}"
    path.write_bytes(b"".join(FORMATS[form]([lines])))
    return path


def saved_head() -> dict[str, Any]:
    """The newest head, as somebody copies it."""
    head = heads.latest()
    assert head is not None
    return dict(heads.as_json(head))


def sealed(*parts: int, own: Collection[int] | None = None) -> list[dict[str, Any]]:
    """Write and seal so many records, then so many more…, numbered throughout; the head after each."""
    found: list[dict[str, Any]] = []
    for count in parts:
        write(count, own=own, first=found[-1]["size"] if found else 0)
        sealing.seal_all()
        found.append(saved_head())
    return found


@dataclass
class Verdict:
    code: int
    text: str


def verify(file: Path, *options: str, saved: Iterable[dict[str, Any]] = ()) -> Verdict:
    """What the program says, in a Python that knows nothing of Aurora."""
    arguments = [str(file), *options]
    if saved := list(saved):
        path = file.with_name("heads.jsonl")
        path.write_text("".join(f"{json.dumps(head)}\n" for head in saved))
        arguments += ["--head", str(path)]
    done = subprocess.run(
        [sys.executable, "-I", str(VERIFIER), *arguments], capture_output=True, text=True, cwd=file.parent, timeout=60
    )
    assert done.stderr == "" or done.returncode == 2, done.stderr
    return Verdict(done.returncode, done.stdout + done.stderr)
