"""The ledger's routes: who may, filters, cursors, proofs that hold, and exports that the offline verifier accepts."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from audit import heads, merkle, sealing
from audit.api import exports, views
from audit.models import PersonalText, Record
from audit.offline import VERIFIER
from audit.services import record
from aurora_site.accounts.models import Membership, Role
from tests.audit.ledgers import saved_head, verify
from tests.audit.tampering import sql
from tests.factories.accounts import member_factory

pytestmark = pytest.mark.django_db
BASE = "/admin/audit"
ClientOf = Callable[[Membership], APIClient]


@pytest.fixture
def admin() -> Membership:
    return member_factory(role=Role.ADMIN)


@pytest.fixture
def api(admin: Membership, client_of: ClientOf) -> APIClient:
    """Signed in before the ledger begins, so that tests know its records."""
    client = client_of(admin)
    sealing.seal_all()
    return client


def happened(admin: Membership, number: int = 0, **fields: Any) -> Record:
    given = {"event": "test.happened", "data": {"number": number}, **fields}
    return record(organization_id=admin.organization_id, **given)


def key_of(row: Record) -> Any:
    """A record's id as statements take it."""
    return Record._meta.pk.get_db_prep_value(row.pk, connection)


def ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [each["id"] for each in answer.json()["records"]]


@pytest.mark.parametrize("path", ["count", "records", "export", "verifier", "head", "verify", "consistency?from=1"])
def test_only_administrators_read_the_ledger(client_of: ClientOf, path: str) -> None:
    for role in (Role.VIEWER, Role.EDITOR):
        answer = client_of(member_factory(role=role)).get(f"{BASE}/{path}")
        assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN")


def test_records_of_another_organisation_are_not_there(api: APIClient, admin: Membership) -> None:
    foreign = happened(member_factory(role=Role.ADMIN), personal={"question": "Whose is this?"})
    own = happened(admin)
    sealing.seal_all()
    assert api.get(f"{BASE}/records", {"event": "test."}).json()["records"][0]["id"] == str(own.pk)
    assert api.get(f"{BASE}/count", {"event": "test.*"}).json() == {"count": 1}
    for path in (f"records/{foreign.pk}", f"records/{foreign.pk}/proof", f"records/{uuid.uuid4()}"):
        answer = api.get(f"{BASE}/{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
    text = b"".join(api.get(f"{BASE}/export").streaming_content).decode()
    assert str(own.pk) in text
    for secret in (str(foreign.pk), foreign.organization_id, foreign.code, "Whose is this?"):
        assert secret not in text


def test_pages_follow_cursors_while_records_are_written(api: APIClient, admin: Membership) -> None:
    rows = [happened(admin, number) for number in range(7)]
    same = datetime(2026, 3, 31, 12, tzinfo=UTC)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")
        if connection.vendor != "mysql":
            cursor.execute("UPDATE audit_record SET at = %s WHERE event = 'test.happened'", [same])
    answer = api.get(f"{BASE}/records", {"event": "test.happened", "limit": "3"})
    found, cursors = ids(answer), [answer.json()["next_cursor"]]
    while cursors[-1]:
        happened(admin, 99, event="test.other")
        answer = api.get(f"{BASE}/records", {"event": "test.happened", "limit": "3", "cursor": cursors[-1]})
        found += ids(answer)
        cursors.append(answer.json()["next_cursor"])
    newest_first = Record.objects.filter(event="test.happened").order_by("-at", "-id")
    assert found == [str(row.pk) for row in newest_first]
    assert set(found) == {str(row.pk) for row in rows}
    assert len(cursors) == 3
    exactly = api.get(f"{BASE}/records", {"event": "test.happened", "limit": "7"}).json()
    assert (len(exactly["records"]), exactly["next_cursor"]) == (7, None)


def test_filters_narrow_lists_and_counts_alike(api: APIClient, admin: Membership) -> None:
    before = datetime.now(UTC)
    asked = happened(
        admin, event="test.asked", actor_id="user_a", trace_id="trace-1", personal={"question": "Where is 50% of_it?"}
    )
    ran = happened(admin, event="test.run.ended", actor_id="user_b", subject=("run", "7"), trace_id="trace-1")
    other = happened(admin, event="test.running", subject=("run", "8"), trace_id="0f0e0d0c0b0a49088706050403020100")
    tomorrow = (before + timedelta(days=1)).date().isoformat()
    for given, wanted in (
        ({"event": "test.asked"}, [asked]),
        ({"event": "test.run."}, [ran]),
        ({"event": "test.run*"}, [other, ran]),
        ({"event": "test.run"}, []),
        ({"actor_id": "user_b"}, [ran]),
        ({"subject_type": "run"}, [other, ran]),
        ({"subject_type": "run", "subject_id": "7"}, [ran]),
        ({"trace_id": "trace-1"}, [ran, asked]),
        ({"trace_id": "0F0E0D0C-0b0a-4908-8706-050403020100"}, [other]),
        ({"trace_id": "0f0e0d0c0b0a49088706050403020100"}, [other]),
        ({"q": "where IS 50% of_"}, [asked]),
        ({"q": "50%_of"}, []),
        ({"event": "test.", "since": before.isoformat()}, [other, ran, asked]),
        ({"event": "test.", "since": ran.at.isoformat(), "until": ran.at.isoformat()}, [ran]),
        ({"event": "test.", "since": ran.at.isoformat().replace("+", " ")}, [other, ran]),
        ({"event": "test.", "until": before.strftime("%Y-%m-%dT%H:%M:%SZ")}, []),
        ({"event": "test.", "until": tomorrow}, [other, ran, asked]),
        ({"event": "test.", "since": tomorrow}, []),
        ({"event": "test.", "actor_id": ""}, [other, ran, asked]),
    ):
        assert ids(api.get(f"{BASE}/records", given)) == [str(row.pk) for row in wanted], given
        assert api.get(f"{BASE}/count", given).json() == {"count": len(wanted)}


@pytest.mark.parametrize(
    ("path", "given", "field"),
    [
        ("records", {"limit": "0"}, "limit"),
        ("records", {"limit": "x"}, "limit"),
        ("records", {"offset": "5"}, "offset"),
        ("records", {"actor": "a"}, "actor"),
        ("records", {"cursor": "nonsense"}, "cursor"),
        ("records", {"cursor": "MjAyNi0wMy0zMVQxMjowMDowMC9hYmM"}, "cursor"),
        ("records", {"cursor": "x" * 300}, "cursor"),
        ("records", {"since": "yesterday"}, "since"),
        ("records", {"since": "2026-02-30"}, "since"),
        ("records", {"until": "2026-W10-1"}, "until"),
        ("records", {"until": "0001-01-01T00:00:00+14:00"}, "until"),
        ("records", {"since": "2026-03-02", "until": "2026-03-01"}, "since"),
        ("records", {"event": "x" * 65}, "event"),
        ("records", {"event": "a*b"}, "event"),
        ("records", {"event": "tes_."}, "event"),
        ("records", {"event": "agents.run_suceeded"}, "event"),
        ("count", {"event": "agents.asked*"}, "event"),
        ("export", {"event": "agent."}, "event"),
        ("verify", {"from": "999999"}, "from"),
        ("records", {"actor_id": "a\x00"}, "actor_id"),
        ("records", {"subject_type": "x" * 33}, "subject_type"),
        ("records", {"q": "x" * 201}, "q"),
        ("count", {"limit": "5"}, "limit"),
        ("export", {"format": "xml"}, "format"),
        ("export", {"saved_sizes": "1,x"}, "saved_sizes"),
        ("export", {"saved_sizes": ",".join(["1"] * 51)}, "saved_sizes"),
        ("export", {"cursor": "x"}, "cursor"),
        ("head", {"size": "1"}, "size"),
        ("consistency", {}, "from"),
        ("consistency", {"from": "-1"}, "from"),
        ("consistency", {"from": "1", "to": "999999"}, "to"),
        ("consistency", {"from": "2", "to": "1"}, "from"),
        ("consistency", {"from": "1", "to": "one"}, "to"),
    ],
)
def test_a_bad_parameter_is_named(
    api: APIClient, admin: Membership, path: str, given: dict[str, str], field: str
) -> None:
    happened(admin)
    happened(admin)
    sealing.seal_all()
    answer = api.get(f"{BASE}/{path}", given)
    body = answer.json()
    assert (answer.status_code, body["code"], list(body["fields"])) == (400, "VALIDATION_ERROR", [field])


def test_a_record_shows_its_place_and_what_was_erased(api: APIClient, admin: Membership) -> None:
    row = happened(admin, personal={"question": "Where?", "answer": "There."})
    shown = api.get(f"{BASE}/records/{row.pk}").json()
    assert (shown["seq"], shown["personal"], shown["erased"], shown["authentic"]) == (
        None,
        {"question": "Where?", "answer": "There."},
        [],
        True,
    )
    sealing.seal_all()
    PersonalText.objects.filter(name="answer").delete()
    shown = api.get(f"{BASE}/records/{row.pk}").json()
    assert (shown["seq"], shown["personal"], shown["erased"]) == (
        saved_head()["size"] - 1,
        {"question": "Where?"},
        ["answer"],
    )
    listed = api.get(f"{BASE}/records", {"event": "test.happened"}).json()["records"]
    assert listed == [shown]


def test_a_spoiled_record_shows_as_not_authentic(api: APIClient, admin: Membership, triggers_off: None) -> None:
    row = happened(admin)
    sql("UPDATE audit_record SET body = %s WHERE id = %s", b"\xff{", key_of(row))
    shown = api.get(f"{BASE}/records/{row.pk}").json()
    assert (shown["id"], shown["event"], shown["authentic"]) == (str(row.pk), "test.happened", False)


def test_inclusion_proofs_lead_to_signed_heads(api: APIClient, admin: Membership) -> None:
    rows, sizes = [], []
    for count in (3, 4, 6):
        rows += [happened(admin, number) for number in range(count)]
        sealing.seal_all()
        sizes.append(saved_head()["size"])
    for row in rows:
        for size in (None, sizes[-1], sizes[-1] - 1):
            proof = api.get(f"{BASE}/records/{row.pk}/proof", {"size": size} if size else {}).json()
            assert proof["size"] == (size or sizes[-1])
            assert proof["leaf"] == merkle.leaf_hash(bytes(row.body)).hex()
            if size is None:
                assert proof["head"] == saved_head()
                assert proof["root"] == proof["head"]["root"]
            if size == sizes[-1] - 1:
                assert proof["head"] is None
            if proof["seq"] >= (size or sizes[-1]):
                continue
            assert merkle.inclusion_holds(
                leaf=bytes.fromhex(proof["leaf"]),
                index=proof["seq"],
                size=proof["size"],
                proof=[bytes.fromhex(value) for value in proof["proof"]],
                root=bytes.fromhex(proof["root"]),
            )
        if row == rows[-2]:
            break
    for size in ("1", str(sizes[-1] + 1), "x"):
        answer = api.get(f"{BASE}/records/{rows[-1].pk}/proof", {"size": size})
        assert (answer.status_code, list(answer.json()["fields"])) == (400, ["size"])
    waiting = api.get(f"{BASE}/records/{happened(admin).pk}/proof")
    assert (waiting.status_code, waiting.json()["code"]) == (409, "NOT_SEALED")


def test_consistency_proofs_connect_signed_heads(api: APIClient, admin: Membership) -> None:
    signed = []
    for count in (3, 4, 6):
        for number in range(count):
            happened(admin, number)
        sealing.seal_all()
        signed.append(saved_head())
    newest = signed[-1]["size"]
    for first in range(1, newest + 1):
        shown = api.get(f"{BASE}/consistency", {"from": first}).json()
        assert (shown["from"], shown["to"], shown["to_head"]) == (first, newest, signed[-1])
        assert merkle.consistency_holds(
            first=first,
            second=newest,
            first_root=bytes.fromhex(shown["from_root"]),
            second_root=bytes.fromhex(shown["to_root"]),
            proof=[bytes.fromhex(value) for value in shown["proof"]],
        )
    shown = api.get(f"{BASE}/consistency", {"from": signed[0]["size"], "to": signed[1]["size"]}).json()
    assert (shown["from_head"], shown["to_head"]) == (signed[0], signed[1])
    assert (shown["from_root"], shown["to_root"]) == (signed[0]["root"], signed[1]["root"])


def test_a_damaged_tree_gives_no_proofs(api: APIClient, admin: Membership, triggers_off: None) -> None:
    row = happened(admin)
    happened(admin)
    sealing.seal_all()
    sql("DELETE FROM audit_leaf WHERE record_id <> %s", key_of(row))
    answer = api.get(f"{BASE}/records/{row.pk}/proof")
    assert (answer.status_code, answer.json()["code"]) == (503, "LEDGER_DAMAGED")


def test_the_head_and_what_waits(api: APIClient, admin: Membership) -> None:
    happened(admin)
    happened(member_factory(role=Role.ADMIN))
    shown = api.get(f"{BASE}/head").json()
    assert shown["waiting"] == 1
    sealing.seal_all()
    shown = api.get(f"{BASE}/head").json()
    assert (shown["head"], shown["waiting"]) == (saved_head(), 0)
    assert shown["public_keys"][shown["head"]["key_id"]] == shown["head"]["public_key"]


def test_verifying_names_the_first_bad_record(api: APIClient, admin: Membership, triggers_off: None) -> None:
    happened(member_factory(role=Role.ADMIN), 1)
    rows = [happened(admin, number) for number in range(3)]
    sealing.seal_all()
    count = api.get(f"{BASE}/count").json()["count"]
    assert api.get(f"{BASE}/verify").json() == {
        "state": "sound",
        "checked": count,
        "head": saved_head(),
        "first_bad": None,
        "warnings": [],
    }
    sql("UPDATE audit_record SET actor_id = 'user_x' WHERE id = %s", key_of(rows[1]))
    bad = api.get(f"{BASE}/verify").json()
    seq = api.get(f"{BASE}/records/{rows[1].pk}").json()["seq"]
    assert bad["state"] == "tampered"
    assert (bad["first_bad"]["seq"], bad["first_bad"]["record_id"]) == (seq, str(rows[1].pk))
    assert "actor_id" in bad["first_bad"]["what"]


def test_verifying_tells_no_ids_of_other_organisations(api: APIClient, admin: Membership, triggers_off: None) -> None:
    foreign = happened(member_factory(role=Role.ADMIN), 1)
    happened(admin)
    sealing.seal_all()
    sql("UPDATE audit_leaf SET hash = %s WHERE record_id = %s", bytes(32), key_of(foreign))
    bad = api.get(f"{BASE}/verify")
    assert (bad.json()["state"], bad.json()["first_bad"]["record_id"]) == ("tampered", None)
    assert str(foreign.pk) not in bad.content.decode()


def test_one_verification_at_a_time_and_not_for_ever(
    api: APIClient, admin: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened(admin)
    sealing.seal_all()
    with views._verifying:
        answer = api.get(f"{BASE}/verify")
    assert (answer.status_code, answer.json()["code"]) == (409, "VERIFICATION_RUNNING")
    monkeypatch.setattr(views, "VERIFY_SECONDS", 0.0)
    answer = api.get(f"{BASE}/verify")
    assert answer.json()["state"] in ("sound", "unchecked")
    answer = api.get(f"{BASE}/verify", {"from": "-1"})
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["from"])
    heads.saved_path().unlink()
    heads.saved_path().mkdir()
    answer = api.get(f"{BASE}/verify")
    assert (answer.status_code, answer.json()["code"]) == (503, "HEADS_UNREADABLE")


def test_before_the_first_seal_there_is_no_head(admin: Membership, client_of: ClientOf) -> None:
    client = client_of(admin)
    assert client.get(f"{BASE}/head").json()["head"] is None
    answer = client.get(f"{BASE}/consistency", {"from": 1})
    assert (answer.status_code, answer.json()["detail"]) == (400, "Nothing is sealed yet.")


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_a_downloaded_export_and_the_downloaded_verifier_agree(
    api: APIClient, admin: Membership, tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "PIECE_BYTES", 100)
    happened(member_factory(role=Role.ADMIN))
    for number in range(3):
        happened(admin, number, personal={"question": f"Who is number {number}?"})
    sealing.seal_all()
    answer = api.get(f"{BASE}/export", {"format": form, "event": "test."}, headers={"Accept": "text/csv"})
    assert answer["Content-Disposition"] == f'attachment; filename="ledger.{form}"'
    assert answer["Content-Type"] == {"jsonl": "application/x-ndjson", "csv": "text/csv; charset=utf-8"}[form]
    file = tmp_path / f"ledger.{form}"
    file.write_bytes(b"".join(answer.streaming_content))
    program = api.get(f"{BASE}/verifier")
    assert (program["Content-Type"], program["Content-Disposition"]) == (
        "text/x-python",
        'attachment; filename="verify_ledger.py"',
    )
    assert b"".join(program.streaming_content) == VERIFIER.read_bytes()
    verdict = verify(file, saved=[saved_head()])
    assert verdict.code == 0
    assert "unchanged and in their order below that head: 3 records" in verdict.text
    told = Record.objects.get(event="audit.exported")
    assert (told.actor_id, told.organization_id) == (admin.user_id, str(admin.organization_id))
    assert json.loads(bytes(told.body))["data"] == {"format": form, "filters": ["event"]}


def test_every_parameter_is_documented(api: APIClient) -> None:
    paths = api.get("/openapi.json").json()["paths"]
    filters = {"event", "actor_id", "subject_type", "subject_id", "trace_id", "since", "until", "q"}
    for path, names in (
        ("count", filters),
        ("records", filters | {"cursor", "limit"}),
        ("export", filters | {"format", "saved_sizes"}),
        ("head", set()),
        ("verifier", set()),
        ("verify", {"from"}),
        ("consistency", {"from", "to"}),
        ("records/{record_id}", {"record_id"}),
        ("records/{record_id}/proof", {"record_id", "size"}),
    ):
        shown = paths[f"{BASE}/{path}"]["get"]
        assert {each["name"] for each in shown.get("parameters", [])} == names, path
        assert all(each.get("description") or each["in"] == "path" for each in shown.get("parameters", []))
