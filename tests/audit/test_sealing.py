"""Sealing: every record gets one place in the tree, and a signed head says what the tree is."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import uuid
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.utils import timezone

from audit import heads, saved_heads, sealing
from audit.models import Leaf, Record, TreeHead, TreeNode, Unsealed
from tests.audit.whole import assert_whole, records

pytestmark = pytest.mark.django_db


def test_records_are_sealed_in_their_order_under_a_signed_head() -> None:
    rows = records(300)
    assert sealing.lag()["waiting"] == 300
    assert sealing.seal(limit=257) == 257
    assert sealing.seal_all() == 43
    assert list(Leaf.objects.values_list("record_id", flat=True)) == [row.pk for row in rows]
    assert [(row.level, row.index) for row in TreeNode.objects.all()] == [(8, 0)]
    assert [head["size"] for head in heads.saved()] == [257, 300]
    assert_whole(sealed=300)
    assert heads.saved_path().stat().st_mode & 0o777 == 0o600
    assert (sealing.seal(), sealing.seal_all()) == (0, 0)


@pytest.mark.parametrize("field", ["size", "root", "at", "key_id", "public_key", "signature"])
def test_a_head_with_one_changed_field_is_not_authentic(field: str) -> None:
    records(3)
    sealing.seal_all()
    head = heads.as_json(heads.latest())
    assert heads.head_is_authentic(head)
    changed = head["size"] + 1 if field == "size" else f"{'1' if head[field][0] == '0' else '0'}{head[field][1:]}"
    assert not heads.head_is_authentic({**head, field: changed})
    assert not heads.head_is_authentic({**head, field: None})
    del head[field]
    assert heads.head_is_authentic(head) is (field == "public_key")


def test_a_queue_row_without_its_record_is_passed_over_and_recorded() -> None:
    gone = uuid.uuid4()
    Unsealed.objects.create(record_id=gone)
    kept = records(1)[0]
    Unsealed.objects.create(record_id=kept.pk)
    assert sealing.seal_all() == 4
    told = Record.objects.get(event="audit.record_missing")
    assert told.subject_id == str(gone)
    assert list(Leaf.objects.values_list("record_id", flat=True)) == [kept.pk, told.pk]
    assert_whole(sealed=2)
    Unsealed.objects.create(record_id=kept.pk)
    assert sealing.seal_all() == 1
    assert_whole(sealed=2)


def test_a_clock_that_steps_back_changes_no_order(monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    rows = []
    for hours in (0, -1, 5, -30):
        monkeypatch.setattr(timezone, "now", lambda hours=hours: now + timedelta(hours=hours))
        rows += records(2)
        assert sealing.seal_all() == 2
    assert list(Leaf.objects.values_list("record_id", flat=True)) == [row.pk for row in rows]
    assert [head.at.day for head in TreeHead.objects.order_by("size")] == [1, 31, 1, 30]
    records(1)
    monkeypatch.setattr(timezone, "now", lambda: now - timedelta(days=400))
    assert sealing.lag() == {"waiting": 1, "oldest_seconds": 0.0}
    sealing.seal_all()
    assert_whole(sealed=9)


def test_a_sealer_that_fails_before_any_statement_leaves_nothing_half_done() -> None:
    """The transaction holds all of a batch; what a failure after it left out is made up for."""
    sealed, step, is_done = 0, 0, False
    while not is_done:
        step += 1
        records(3)
        sealed += 3
        failing = FailingBefore(step)
        with connection.execute_wrapper(failing), contextlib.suppress(OperationalError):
            sealing.seal_all()
            is_done = not failing.has_failed
        assert [head.size for head in TreeHead.objects.order_by("-size")[:1]] in ([], [sealed], [sealed - 3])
        sealing.seal_all()
        assert_whole(sealed=sealed)
    assert step > 10
    if connection.vendor == "mysql":
        # The failure that came before its release left it to this session, which other tests go on with.
        with connection.cursor() as cursor:
            cursor.execute("SELECT RELEASE_ALL_LOCKS()")


class FailingBefore:
    """An execute wrapper that fails once, before the given statement."""

    def __init__(self, step: int) -> None:
        self.left, self.has_failed = step, False

    def __call__(self, execute: Any, *arguments: Any) -> Any:
        self.left -= 1
        if self.left == 0:
            self.has_failed = True
            raise OperationalError("killed here")
        return execute(*arguments)


@pytest.mark.parametrize("kept", [0, 1, 200, -1])
def test_a_line_cut_short_is_left_and_its_head_saved_again(kept: int, monkeypatch: pytest.MonkeyPatch) -> None:
    records(1)
    sealing.seal_all()
    [first] = heads.saved()
    records(1)
    write = os.write

    def cut(descriptor: int, data: bytes) -> int:
        if data.startswith(b'{"size"'):
            write(descriptor, data[:kept])
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, data)

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space left"):
        patch.setattr(os, "write", cut)
        sealing.seal_all()
    assert list(heads.saved()) == ([first] if kept != -1 else [first, heads.as_json(heads.latest())])
    records(1)
    sealing.seal_all()
    assert [head["size"] for head in heads.saved()] == [1, 2, 3]
    assert_whole(sealed=3)


def test_heads_of_other_machines_are_saved_too() -> None:
    records(2)
    sealing.seal(limit=1)
    heads.saved_path().unlink()
    sealing.seal(limit=1)
    assert [head["size"] for head in heads.saved()] == [1, 2]
    assert saved_heads.save_missing() == 0


def test_a_line_that_nobody_signed_is_left_and_what_is_stored_kept_beside() -> None:
    records(3)
    sealing.seal_all()
    saved = heads.as_json(heads.latest())
    other = {**saved, "size": 9}
    with heads.saved_path().open("a") as file:
        file.write(json.dumps(other) + "\n")
    assert saved_heads.save_missing() == 1
    assert list(heads.saved()) == [saved, other, saved]


def test_seal_audit_seals_now_and_says_what_the_tree_is(settings: Any, tmp_path: Any) -> None:
    settings.AURORA_LEDGER_ANCHOR = str(tmp_path / "elsewhere" / "heads.jsonl")
    records(2)
    out = StringIO()
    call_command("seal_audit", stdout=out)
    assert out.getvalue().splitlines() == [
        f"Sealed 2 records. The tree has 2 leaves, root {bytes(heads.latest().root).hex()}.",
        "The anchor has the head of size 2.",
    ]
    assert (tmp_path / "elsewhere" / "heads.jsonl").read_text() == heads.saved_path().read_text()
    settings.AURORA_LEDGER_ANCHOR = str(tmp_path / "elsewhere" / "heads.jsonl" / "in a file" / "heads.jsonl")
    records(1)
    with pytest.raises(CommandError, match="The anchor failed: Not a directory") as failure:
        call_command("seal_audit", stdout=StringIO())
    assert failure.value.returncode == 2
