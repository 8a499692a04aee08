"""Rotation: new keys at once in running processes, older ones still count, and the ledger says so."""

from __future__ import annotations

import json
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from audit import heads, sealing
from audit.keys import hmac_key, hmac_keys, public_keys, signing_key, signing_key_of
from audit.models import Record
from audit.rotation import keys_record
from audit.selectors import record_is_authentic
from aurora_site.core import home
from tests.audit.whole import assert_whole, records
from tests.live import ROOT

pytestmark = pytest.mark.django_db
SEED = "3f1c9a7be2d04586a9c31e7f0b8d62543f1c9a7be2d04586a9c31e7f0b8d6254"


@pytest.fixture(autouse=True)
def own_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A home from before: without a key that signs heads."""
    monkeypatch.setattr(home, "home", lambda: tmp_path)
    (tmp_path / "secrets.json").write_text(json.dumps({"secret_key": "s" * 64, "hmac_key": "h" * 64}))
    return tmp_path


def kept(own_home: Path) -> dict[str, Any]:
    return json.loads((own_home / "secrets.json").read_text())


def rotate(*arguments: str) -> list[str]:
    out = StringIO()
    call_command("rotate_audit_key", *arguments, stdout=out)
    return out.getvalue().splitlines()


def test_an_older_home_gets_its_key_at_first_use(own_home: Path) -> None:
    key = signing_key()
    assert kept(own_home) == {
        "secret_key": "s" * 64, "hmac_key": "h" * 64, "ledger_signing_key": kept(own_home)["ledger_signing_key"],
    }  # fmt: skip
    assert signing_key_of(kept(own_home)["ledger_signing_key"]).public == key.public
    assert (own_home / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert public_keys() == {key.id: key.public}


def test_both_keys_are_replaced_and_older_records_and_heads_still_count(own_home: Path) -> None:
    first = records(1)[0]
    sealing.seal_all()
    assert keys_record()
    before = heads.latest(), hmac_key(), signing_key()
    said = rotate()
    assert [line.partition(":")[0] for line in said] == ["Records", "Heads", "The ledger records it."]
    assert not any(key in "".join(said) for key in (hmac_key()[1], before[1][1], kept(own_home)["ledger_signing_key"]))
    assert hmac_key()[0] != before[1][0]
    assert signing_key().id != before[2].id
    assert (kept(own_home)["hmac_keys"], kept(own_home)["ledger_public_keys"]) == (
        ["h" * 64],
        [before[2].public.hex()],
    )
    told = Record.objects.filter(event="audit.keys_changed").order_by("at").last()
    assert json.loads(bytes(told.body))["data"] == {
        "hmac_key_id": hmac_key()[0],
        "signing_key_id": signing_key().id,
        "public_key": signing_key().public.hex(),
        "former_hmac_key_id": before[1][0],
        "former_signing_key_id": before[2].id,
    }
    sealing.seal_all()
    assert heads.latest().key_id == signing_key().id
    assert all(record_is_authentic(row) for row in Record.objects.all())
    assert Record.objects.get(pk=first.pk).key_id == before[1][0]
    assert_whole(sealed=3)
    assert keys_record()
    assert Record.objects.count() == 3
    rotate("--only", "signing")
    assert (len(hmac_keys()), len(public_keys())) == (2, 3)


def test_a_running_process_notices_what_another_replaced(own_home: Path) -> None:
    before = signing_key().id
    script = "from aurora_site.core.home import secret_replace as r; r('ledger_signing_key', kept_as='x', keep=str)"
    variables = {"PATH": "/usr/bin:/bin", "AURORA_HOME": str(own_home)}
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, timeout=60, env=variables)
    assert signing_key().id == signing_key_of(kept(own_home)["ledger_signing_key"]).id != before


def test_keys_from_the_environment_are_left_alone(own_home: Path, settings: Any) -> None:
    settings.AURORA_HMAC_KEY, settings.AURORA_HMAC_KEYS = "e" * 64, ["o" * 64]
    settings.AURORA_LEDGER_SIGNING_KEY = SEED
    settings.AURORA_LEDGER_PUBLIC_KEYS = ["ab" * 32]
    before = kept(own_home)
    said = "\n".join(rotate())
    assert f"AURORA_LEDGER_PUBLIC_KEYS={signing_key_of(SEED).public.hex()},{'ab' * 32}\n" in said
    assert "AURORA_HMAC_KEYS=<the present AURORA_HMAC_KEY>,<those that it holds now>\n" in said
    assert "e" * 64 not in said
    assert SEED not in said
    assert (kept(own_home), Record.objects.count()) == (before, 0)
    assert signing_key().public == signing_key_of(SEED).public
    # Records by the key that the home generated before still count.
    assert len(hmac_keys()) == 3


def test_a_key_that_is_not_known_makes_records_and_heads_false(own_home: Path, settings: Any) -> None:
    row = records(1)[0]
    sealing.seal_all()
    (own_home / "secrets.json").unlink()
    assert not record_is_authentic(row)
    assert not heads.head_is_authentic(heads.latest())
    assert heads.as_json(heads.latest())["public_key"] == ""
    # What comes is sealed on the same tree all the same.
    records(1)
    assert sealing.seal_all() == 1
    assert heads.head_is_authentic(heads.latest())
