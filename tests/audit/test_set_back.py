"""A database that was cut or restored: nothing goes on as if nothing were, until an operator says that it may."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from audit import heads, saved_heads, sealing, stored_tree
from audit.errors import LedgerDamagedError
from audit.models import Record, TreeHead
from audit.verification import verify
from aurora_site.ops import health, ledger_diagnosis
from tests.audit.tampering import sql
from tests.audit.whole import records

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("triggers_off")]


@pytest.fixture(autouse=True)
def looked_at_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored_tree, "REMEMBER_SECONDS", -1.0)


def cut(size: int) -> None:
    """What a restored backup of that size lacks."""
    gone = "SELECT record_id FROM audit_leaf WHERE seq >= %s"
    sql(f"DELETE FROM audit_record WHERE id IN ({gone})", size)
    sql("DELETE FROM audit_leaf WHERE seq >= %s", size)
    sql("DELETE FROM audit_treehead WHERE size > %s", size)


def sealed(*sizes: int) -> None:
    for size in sizes:
        records(size)
        sealing.seal_all()


@pytest.mark.parametrize("left", [0, 3])
def test_nothing_is_sealed_or_saved_on_top_of_a_tree_that_was_cut(left: int) -> None:
    sealed(3, 4)
    kept = heads.saved_path().read_bytes()
    cut(left)
    with pytest.raises(LedgerDamagedError, match=f"signed head of 7 leaves, the database only {left}"):
        sealing.seal_all()
    records(2)
    for attempt in (sealing.seal, sealing.seal_all, saved_heads.save_missing):
        with pytest.raises(LedgerDamagedError, match=f"the database only {left}: it was set back or cut"):
            attempt()
    assert (sealing.lag()["waiting"], heads.saved_path().read_bytes()) == (2, kept)
    assert TreeHead.objects.count() == (1 if left else 0)
    check = health.check_ledger()
    assert check.status == "unhealthy" and "set back or cut" in check.message and "2 records wait" in check.message
    finding = ledger_diagnosis.sealed("ledger")
    assert finding.state == "broken" and "seal_audit --accept-restored" in finding.mend
    with pytest.raises(CommandError, match="set back or cut") as failure:
        call_command("seal_audit")
    assert failure.value.returncode == 1


def test_the_largest_signed_head_counts_wherever_it_stands() -> None:
    sealed(2, 5)
    path = heads.saved_path()
    small, large = path.read_text().splitlines()
    forged = json.dumps({**json.loads(large), "size": 99})
    path.write_text("\n".join([large, "no head", forged, small, ""]))
    assert saved_heads.largest() == json.loads(large)
    larger = json.dumps(heads.as_json(heads.sign(size=8, root=b"r" * 32, at=timezone.now())))
    with path.open("a") as file:
        file.write(larger[:100])
        file.flush()
        assert saved_heads.largest() == json.loads(large), "a line that is still being written"
        file.write(larger[100:])
        file.flush()
        assert saved_heads.largest() == json.loads(larger)
        file.write("\n" + small + "\n")
    assert saved_heads.largest() == json.loads(larger)
    path.write_text(small + "\n" + forged + "\n" + " " * 5000 + "\n")
    assert saved_heads.largest() == json.loads(small), "another file in its place"
    path.unlink()
    assert saved_heads.largest() is None


def test_a_tree_that_grew_past_the_saved_head_another_way() -> None:
    sealed(3, 4)
    kept = heads.saved_path().read_bytes()
    cut(3)
    heads.saved_path().unlink()
    sealed(9)
    heads.saved_path().write_bytes(kept)
    with pytest.raises(LedgerDamagedError, match="whose head was saved at 7 leaves"):
        sealing.seal_all()
    records(1)
    with pytest.raises(LedgerDamagedError, match="whose head was saved at 7 leaves"):
        sealing.seal_all()
    assert heads.saved_path().read_bytes() == kept


def test_an_operator_accepts_a_restored_backup(settings: Any, tmp_path: Path) -> None:
    settings.AURORA_LEDGER_ANCHOR = str(tmp_path / "anchor.jsonl")
    records(3)
    call_command("seal_audit", stdout=StringIO())
    records(4)
    call_command("seal_audit", stdout=StringIO())
    kept, saved = heads.saved_path().read_text(), list(heads.saved())[-1]
    cut(3)
    records(1)
    assert verify().state == "tampered"
    out = StringIO()
    call_command("seal_audit", "--accept-restored", stdout=out)
    [told] = Record.objects.filter(event="audit.set_back")
    data = json.loads(bytes(told.body))["data"]
    assert data == {
        "saved_size": 7, "saved_root": saved["root"], "tree_size": 3, "kept_as": data["kept_as"],
    }  # fmt: skip
    aside = heads.saved_path().with_name(data["kept_as"])
    assert aside.read_text() == kept and aside.stat().st_mode & 0o777 == 0o600
    assert str(aside) in out.getvalue() and "Sealed 2 records. The tree has 5 leaves" in out.getvalue()
    assert [head["size"] for head in heads.saved()] == [3, 5]
    assert health.check_ledger() == health.Check("healthy", "5 records sealed, 0 wait")
    report = verify()
    assert report.state == "sound"
    assert [warning for warning in report.warnings if "set back" in warning and data["kept_as"] in warning] != []
    # Who kept a head elsewhere is still told what it proves, and so is everybody once that evidence is gone.
    assert verify(saved_heads=[saved]).state == "tampered"
    aside.unlink()
    assert verify().state == "tampered"


def test_there_is_nothing_to_accept_in_a_tree_that_is_whole_or_was_changed() -> None:
    sealed(3)
    out = StringIO()
    call_command("seal_audit", "--accept-restored", stdout=out)
    assert "nothing was set back" in out.getvalue()
    cut(2)
    with pytest.raises(CommandError, match="set back or cut"):
        call_command("seal_audit")
    sql("INSERT INTO audit_treehead (size, root, at, key_id, signature) VALUES (2, %s, %s, 'x', %s)",
        b"r" * 32, timezone.now(), b"s" * 64)  # fmt: skip
    with pytest.raises(CommandError, match="isn't the one whose root its head gives"):
        call_command("seal_audit", "--accept-restored", stdout=StringIO())
    assert not Record.objects.filter(event="audit.set_back").exists()
    assert [head["size"] for head in heads.saved()] == [3]
