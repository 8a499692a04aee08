"""``manage.py verify_audit`` and what it says by its exit status."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from audit import heads, sealing, triggers, verification
from audit.canonical import authentication_code
from audit.models import Record
from audit.services import record
from audit.verification import record_check, verify
from audit.verifying.records import RecordChecker, StoredRecord
from aurora_site.ops import ledger_diagnosis
from tests.audit.tampering import sql


def command(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    try:
        call_command("verify_audit", *arguments)
    except SystemExit as end:
        return int(end.code or 0), capsys.readouterr().out
    except CommandError as error:
        return error.returncode, str(error)
    return 0, capsys.readouterr().out


@pytest.mark.django_db
def test_exit_statuses(triggers_off: None, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert command(capsys) == (0, "Sound: 0 records checked; the signed tree has 0 leaves.\n")
    rows = [record(event="test.happened", organization_id="o") for _ in range(3)]
    sealing.seal_all()
    assert command(capsys) == (0, "Sound: 3 records checked; the signed tree has 3 leaves.\n")

    copy = tmp_path / "head.json"
    copy.write_text(json.dumps(heads.as_json(heads.latest()), indent=1))
    assert command(capsys, "--head", str(copy))[0] == 0
    copy.write_text("no head")
    assert command(capsys, "--head", str(copy)) == (2, f"Saved heads can't be read: {copy} holds no head.")
    assert command(capsys, "--head", str(tmp_path / "none"))[0] == 2
    assert command(capsys, "--from", "3")[0] == 0
    for beyond in ("4", "-1"):
        assert command(capsys, f"--from={beyond}") == (
            2,
            "--from: Give a place from 0 to 3, the number of signed leaves.",
        )

    sql("UPDATE audit_record SET event = 'test.other' WHERE event = 'test.happened'")
    what = "The columns event differ from the record's bytes."
    assert command(capsys) == (1, f"TAMPERED  leaf 0, record {rows[0].pk}: {what}\n")
    code, text = command(capsys, "--json", "--organization", "o", "--from", "0")
    report: dict[str, Any] = json.loads(text)
    assert (code, report["state"]) == (1, "tampered")
    assert report["first_bad"] == {"seq": 0, "record_id": str(rows[0].pk), "what": what}


@pytest.mark.django_db
def test_a_beginning_beyond_a_cut_tree_tells_of_the_cut(triggers_off: None, capsys: pytest.CaptureFixture[str]) -> None:
    for count in (1, 3):
        for _ in range(count):
            record(event="test.happened")
        sealing.seal_all()
    sql("DELETE FROM audit_treehead WHERE size = 4")
    code, text = command(capsys, "--from", "2")
    assert (code, "A saved head of size 4 proves that the ledger was cut" in text) == (1, True)


@pytest.mark.django_db
def test_one_record_by_itself(triggers_off: None) -> None:
    row = record(event="test.asked", personal={"question": "Where?", "answer": "There."})
    assert (record_check(row).sound, record_check(row).seq) == (True, None)
    sealing.seal_all()
    row.texts.get(name="answer").delete()
    found = record_check(Record.objects.get(pk=row.pk))
    assert (found.sound, found.seq, found.leaf) == (True, 0, True)
    assert found.texts == {"question": "kept", "answer": "erased"}
    sql("UPDATE audit_personaltext SET text = 'Who?'")
    sql("UPDATE audit_record SET actor_id = 'b'")
    found = record_check(Record.objects.get(pk=row.pk))
    assert (found.sound, found.authentic, found.columns) == (False, True, ["actor_id"])
    assert found.texts["question"] == "changed"
    sql("UPDATE audit_record SET code = 'c'")
    assert not record_check(Record.objects.get(pk=row.pk)).authentic


@pytest.mark.django_db(transaction=True)
def test_several_processes_find_what_one_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "LEAVES", 256)
    with transaction.atomic():
        for number in range(800):
            record(event="test.happened", data={"number": number})
    sealing.seal_all()
    told: list[tuple[int, int]] = []
    report = verify(workers=2, progress=lambda done, size: told.append((done, size)))
    assert report == verify()
    assert (report.state, report.checked, report.warnings) == ("sound", 800, [])
    assert told == [(256, 800), (512, 800), (768, 800), (800, 800)]


@given(st.text(min_size=1, max_size=100), st.binary(max_size=200))
def test_codes_are_checked_as_they_are_made(key: str, body: bytes) -> None:
    code = authentication_code(key, body)
    texts = dict.fromkeys(("event", "organization_id", "actor_id", "subject_type", "subject_id", "trace_id"), "")
    stored = StoredRecord(id=bytes(16), at=timezone.now(), body=body, key_id="k", code=code, **texts)
    checker = RecordChecker({"k": key})
    assert checker.code_fault(stored) is None
    assert checker.code_fault(stored._replace(body=body + b" ")) is not None
    assert checker.code_fault(stored._replace(key_id="other")) is not None


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "mysql", reason="PostgreSQL lets a table's owner make triggers")
def test_a_server_that_allows_no_triggers_is_said(triggers_off: None, caplog: pytest.LogCaptureFixture) -> None:
    def refuse(execute: Any, statement: str, *others: Any) -> Any:
        if statement.startswith("CREATE TRIGGER"):
            raise OperationalError(1419, "You do not have the SUPER privilege and binary logging is enabled")
        return execute(statement, *others)

    with connection.execute_wrapper(refuse):
        triggers.install("default")
    assert "doesn't allow the ledger's triggers" in caplog.text
    assert triggers.missing() == triggers.names()
    found = ledger_diagnosis.triggers_in_place("ledger triggers")
    assert (found.state, "Grant TRIGGER" in found.mend) == ("warning", True)
