"""How the ledger stands, as ``doctor`` and ``/health`` tell it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from audit import anchors, heads, sealing, stored_tree
from aurora_site.core import home
from aurora_site.ops import health, ledger_diagnosis
from tests.audit.tampering import sql
from tests.audit.whole import records

pytestmark = pytest.mark.django_db


def states() -> list[str]:
    looks = (ledger_diagnosis.key, ledger_diagnosis.sealed, ledger_diagnosis.anchor)
    return [look("ledger").state for look in looks]


def test_a_ledger_that_is_well() -> None:
    assert states() == ["ok", "ok", "ok"]
    assert health.check_ledger() == health.Check("healthy", "0 records sealed, 0 wait")
    records(2)
    sealing.seal_all()
    assert states() == ["ok", "ok", "ok"]
    assert health.check_ledger() == health.Check("healthy", "2 records sealed, 0 wait")


def test_records_that_wait_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now - timedelta(seconds=90))
    records(3)
    monkeypatch.setattr(timezone, "now", lambda: now)
    text = "3 records wait for their seal, the oldest for 90 seconds"
    finding = ledger_diagnosis.sealed("ledger sealing")
    assert (finding.state, finding.message) == ("warning", text)
    assert "seal_audit" in finding.mend
    assert health.check_ledger() == health.Check("degraded", text)


def test_keys_that_this_machine_does_not_have(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Any) -> None:
    [row] = records(1)
    sealing.seal_all()
    head = heads.latest()
    hmac = home.secret("hmac_key")
    monkeypatch.setattr(home, "home", lambda: tmp_path)
    finding = ledger_diagnosis.key("ledger key")
    assert (finding.state, finding.message) == ("broken", f"The newest record's key {row.key_id} isn't known here")
    settings.AURORA_HMAC_KEYS = [hmac]
    finding = ledger_diagnosis.key("ledger key")
    assert (finding.state, finding.message) == ("broken", f"The newest head's key {head.key_id} isn't known here")
    settings.AURORA_HMAC_KEY = "short"
    assert ledger_diagnosis.key("ledger key").message == "The ledger's key is too short"


def test_a_database_that_lacks_what_was_saved() -> None:
    records(2)
    sealing.seal_all()
    with heads.saved_path().open("a") as file:
        file.write(json.dumps(heads.as_json(heads.sign(size=7, root=b"r" * 32, at=timezone.now()))) + "\n")
    finding = ledger_diagnosis.sealed("ledger sealing")
    assert finding.state == "broken"
    assert "has a signed head of 7 leaves, the database only 2: it was set back or cut" in finding.message


def test_a_tree_that_contradicts_its_head(triggers_off: None, monkeypatch: pytest.MonkeyPatch) -> None:
    records(2)
    sealing.seal_all()
    assert health.check_ledger().status == "healthy"
    sql("UPDATE audit_leaf SET hash = %s WHERE seq = 1", b"\x01" * 32)
    finding = ledger_diagnosis.sealed("ledger sealing")
    assert finding.state == "broken"
    problem = "The tree of 2 leaves isn't the one whose root its head gives. Nothing is sealed on top of it"
    assert finding.message == problem
    # Whether anything waits or not; and what waits is told besides.
    assert health.check_ledger().status == "healthy", "one look in ten seconds"
    monkeypatch.setattr(stored_tree, "REMEMBER_SECONDS", 0.0)
    none_wait = ". 0 records wait for their seal, the oldest for 0 seconds"
    assert health.check_ledger() == health.Check("unhealthy", problem + none_wait)
    with pytest.raises(CommandError, match="whose root its head gives") as failure:
        call_command("seal_audit")
    assert failure.value.returncode == 1


def test_an_anchor_that_fails(settings: Any, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings.AURORA_LEDGER_ANCHOR = str(tmp_path / "file" / "heads.jsonl")
    assert ledger_diagnosis.anchor("ledger anchor").message == "It has no head yet"
    records(1)
    sealing.seal_all()
    with pytest.raises(anchors.AnchorError):
        anchors.send()
    finding = ledger_diagnosis.anchor("ledger anchor")
    assert (finding.state, finding.message) == ("warning", "It fails: File exists")
    assert health.check_ledger() == health.Check("degraded", "The anchor fails: File exists")
    settings.AURORA_LEDGER_ANCHOR = str(tmp_path / "heads.jsonl")
    anchors.send()
    assert ledger_diagnosis.anchor("ledger anchor").message == "It has the head of size 1"
