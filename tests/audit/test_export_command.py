"""``manage.py export_audit``: files that the program beside them checks."""

from __future__ import annotations

import io
import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from audit import heads, sealing
from audit.models import Record, Unsealed
from tests.audit.ledgers import OTHER, OWN, exported, sealed, write

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_a_folder_has_the_ledger_and_the_program_that_checks_it(tmp_path: Path, form: str) -> None:
    sealed(5, 4, own={1, 2, 6})
    write(2)
    said, folder = io.StringIO(), tmp_path / "for the auditor"
    call_command("export_audit", output=str(folder), organization=OWN, format=form, saved_sizes="5", stdout=said)
    file = folder / f"ledger.{form}"
    assert said.getvalue().splitlines() == [
        f"{file}: 3 records under the head of 9 leaves, and 2 that wait for the sealer.",
        f"Check it anywhere: python3 verify_ledger.py ledger.{form} --head heads.jsonl",
    ]
    assert sorted(path.name for path in folder.iterdir()) == sorted([file.name, "verify_ledger.py"])
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    command = [sys.executable, "-I", "verify_ledger.py", file.name, "--head", str(heads.saved_path())]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "the first 9 leaves were never rewritten: they give 2 saved heads" in done.stdout
    assert OTHER not in file.read_text()
    told = Record.objects.get(event="audit.exported")
    assert (told.organization_id, told.actor_id) == (OWN, "")
    assert json.loads(bytes(told.body))["data"] == {"format": form, "filters": []}
    assert Unsealed.objects.count() == 3


def test_to_standard_output_all_organisations(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    sealed(4, own={1})
    call_command("export_audit")
    lines = [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]
    assert [line["kind"] for line in lines] == ["head", *["record"] * 4, "end"]
    assert lines[0]["scope"] == {"organization_id": None}
    assert Record.objects.get(event="audit.exported").organization_id == ""


def test_a_period(tmp_path: Path) -> None:
    rows = write(3)
    sealing.seal_all()
    since = rows[1].at.isoformat()
    call_command("export_audit", output=str(tmp_path), since=since, until=since, event="test.*", stdout=io.StringIO())
    kinds = [json.loads(line)["kind"] for line in (tmp_path / "ledger.jsonl").read_text().splitlines()]
    assert kinds == ["head", "subtree", "record", "subtree", "end"]
    told = json.loads(bytes(Record.objects.get(event="audit.exported").body))
    assert told["data"]["filters"] == ["event", "since", "until"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"since": "yesterday"}, "--since: Give a day"),
        ({"organization": "ours"}, "--organization takes an organisation's id"),
        ({"saved_sizes": "1,x"}, "--saved-sizes whole numbers"),
        ({"output": "/proc/no"}, "The export can't be written"),
    ],
)
def test_what_cannot_be_exported(options: dict[str, str], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        call_command("export_audit", **options)
    assert not Record.objects.filter(event="audit.exported").exists()


def test_a_failed_export_leaves_no_file_of_that_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sealed(2)
    call_command("export_audit", output=str(tmp_path), stdout=io.StringIO())
    whole = (tmp_path / "ledger.jsonl").read_bytes()
    assert len(whole.splitlines()) == len(exported())
    from audit import exporting

    def fails(*_: object) -> object:
        raise OSError("No space left on device")

    sealed(1)
    monkeypatch.setattr(exporting, "_sealed", fails)
    with pytest.raises(CommandError, match="No space left"):
        call_command("export_audit", output=str(tmp_path))
    assert Record.objects.filter(event="audit.exported").count() == 1
    assert (tmp_path / "ledger.jsonl").read_bytes() == whole
