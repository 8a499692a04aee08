"""The export: every leaf of the tree in its order, the scope's records in full, and of all others nothing but hashes."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from audit import exporting, heads, sealing
from audit.exporting import Gap, entries
from audit.filters import RecordFilter
from audit.merkle import CompactRange, leaf_hash
from audit.models import PersonalText, Record, Unsealed
from audit.services import record
from tests.audit import ledgers
from tests.audit.ledgers import OTHER, OWN, SCOPE, exported, sealed, verify, write, written

pytestmark = pytest.mark.django_db


def rebuilt(lines: list[dict[str, Any]]) -> str:
    """The root that the lines give, by the product's own tree."""
    tree = CompactRange()
    for line in lines:
        if line["kind"] == "record":
            assert line["seq"] == tree.size
            tree.append(leaf_hash(line["body"].encode()))
        elif line["kind"] == "subtree":
            assert line["index"] << line["level"] == tree.size
            tree.append(bytes.fromhex(line["hash"]), level=line["level"])
    return tree.root().hex()


def test_an_export_has_the_head_every_leaf_in_order_what_waits_and_an_end() -> None:
    rows = write(5)
    sealing.seal_all()
    waiting = write(2)
    lines = exported()
    head, *leaves, first, second, end = lines
    assert {name: head[name] for name in ledgers.saved_head()} == ledgers.saved_head()
    assert (head["kind"], head["scope"]) == ("head", {"organization_id": OWN})
    assert [(line["kind"], line["seq"], line["body"]) for line in leaves] == [
        ("record", seq, bytes(row.body).decode()) for seq, row in enumerate(rows)
    ]
    text = PersonalText.objects.get(record=rows[3])
    assert leaves[3]["personal"] == {"question": {"salt": bytes(text.salt).hex(), "text": "What is 3?"}}
    assert (leaves[3]["key_id"], leaves[3]["code"]) == (rows[3].key_id, rows[3].code)
    assert leaves[3]["leaf"] == leaf_hash(bytes(rows[3].body)).hex()
    assert [(line["kind"], line["body"]) for line in (first, second)] == [
        ("unsealed", bytes(row.body).decode()) for row in waiting
    ]
    assert end == {"kind": "end", "records": 5, "subtrees": 0, "unsealed": 2}
    assert Unsealed.objects.count() == 2, "an export seals nothing"


def test_of_other_organisations_only_hashes_show() -> None:
    own = {3, 4, 11}
    sealed(20, own=own)
    write(3, own={1})
    lines = exported()
    assert [line["seq"] for line in lines if line["kind"] == "record"] == sorted(own)
    assert [(line["level"], line["index"]) for line in lines if line["kind"] == "subtree"] == [
        *((1, 0), (0, 2)),
        *((0, 5), (1, 3), (1, 4), (0, 10)),
        *((2, 3), (2, 4)),
    ]
    assert all(line.keys() == {"kind", "level", "index", "hash"} for line in lines if line["kind"] == "subtree")
    assert rebuilt(lines) == ledgers.saved_head()["root"]
    text = json.dumps(lines)
    for row in Record.objects.filter(organization_id=OTHER):
        assert str(row.pk) not in text
    assert OTHER not in text
    assert lines[-1] == {"kind": "end", "records": 3, "subtrees": 8, "unsealed": 1}


def test_blocks_without_own_records_are_single_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "BLOCK", 8)
    monkeypatch.setattr(exporting, "BLOCK_LEVEL", 3)
    own = {0, 85, 299}
    sealed(300, own=own)
    lines = exported()
    assert rebuilt(lines) == ledgers.saved_head()["root"]
    assert [line["seq"] for line in lines if line["kind"] == "record"] == sorted(own)
    subtrees = [(line["level"], line["index"]) for line in lines if line["kind"] == "subtree"]
    assert subtrees[:9] == [(0, 1), (1, 1), (2, 1), (3, 1), (4, 1), (5, 1), (4, 4), (2, 20), (0, 84)]
    assert (7, 1) in subtrees
    saved = {1, 8, 9, 23, 40, 128, 200, 300}
    split = exported(saved_sizes=saved)
    assert rebuilt(split) == rebuilt(lines)
    ends = {(line["index"] + 1) << line["level"] for line in split if line["kind"] == "subtree"}
    assert saved - {1, 300} <= ends


@pytest.mark.parametrize(
    ("scope", "numbers"),
    [
        (RecordFilter(), range(6)),
        (RecordFilter(organization_id=OWN, subject_id="even"), [0, 2, 4]),
        (RecordFilter(organization_id=OWN, event="test.h"), []),
        (RecordFilter(organization_id=OWN, event="test.h*"), range(6)),
        (RecordFilter(organization_id=OWN, event="test."), range(6)),
        (RecordFilter(organization_id=OWN, q="what IS 3"), [3]),
        (RecordFilter(organization_id=OTHER), []),
    ],
)
def test_a_scope_narrows_what_is_shown_and_the_root_stays(scope: RecordFilter, numbers: Any) -> None:
    for number in range(6):
        subject = ("test", "odd" if number % 2 else "even")
        text = {"question": f"What is {number}?"}
        record(event="test.happened", organization_id=OWN, subject=subject, personal=text)
    sealing.seal_all()
    lines = exported(scope)
    assert [line["seq"] for line in lines if line["kind"] == "record"] == list(numbers)
    assert rebuilt(lines) == ledgers.saved_head()["root"]


def test_a_record_that_is_sealed_while_the_export_begins_shows_once(monkeypatch: pytest.MonkeyPatch) -> None:
    write(3)
    real, calls = heads.latest, []

    def sealed_meanwhile() -> Any:
        if not calls:
            calls.append(1)
            sealing.seal(limit=2)
        return real()

    monkeypatch.setattr(heads, "latest", sealed_meanwhile)
    assert [line["kind"] for line in exported()] == ["head", "record", "record", "unsealed", "end"]


def test_records_that_come_after_the_head_wait_for_the_next_export() -> None:
    sealed(2)
    blocks = entries(SCOPE)
    begun = next(blocks)
    sealed(3)
    lines = [*begun, *(line for block in blocks for line in block)]
    assert [line["kind"] for line in lines] == ["head", "record", "record", "end"]


def test_before_anything_is_sealed_an_export_says_so(tmp_path: Path) -> None:
    write(1)
    lines = exported()
    assert [line["kind"] for line in lines] == ["head", "unsealed", "end"]
    verdict = verify(written(tmp_path, lines))
    assert (verdict.code, verdict.text) == (
        2,
        "NOT CHECKED: nothing was sealed when the file was made: there is no signed head\n",
    )


def test_a_leaf_taken_away_is_a_hole_that_the_verifier_names(tmp_path: Path, triggers_off: None) -> None:
    sealed(6, own={0, 5})
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM audit_leaf WHERE seq = 3")
    verdict = verify(written(tmp_path, exported()))
    assert (verdict.code, verdict.text) == (1, "TAMPERED: leaf 3 is missing: line 5 goes on with leaf 4\n")


def test_a_body_that_is_no_text_any_more_goes_out_as_it_is(tmp_path: Path, triggers_off: None) -> None:
    rows = write(3)
    sealing.seal_all()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE audit_record SET body = %s WHERE id = %s", [b'{"a":"\xff\xfe"}', row_key(rows[1])])
    for form in ("jsonl", "csv"):
        verdict = verify(written(tmp_path, exported(), form))
        line = 4 if form == "csv" else 3
        assert (verdict.code, verdict.text) == (1, f"TAMPERED: record 1 (line {line}): it isn't written as a record\n")


def row_key(row: Record) -> Any:
    return Record._meta.pk.get_db_prep_value(row.pk, connection)


def test_gaps_join_only_what_belongs_together() -> None:
    chance, hashes = random.Random(4), [leaf_hash(bytes([number])) for number in range(64)]
    for _ in range(50):
        start, stop = sorted(chance.sample(range(65), 2))
        gap, tree = Gap(), CompactRange()
        for seq in range(start):
            tree.append(hashes[seq])
        for seq in range(start, stop):
            gap.add(0, seq, hashes[seq])
        lines = gap.close()
        for line in lines:
            tree.append(bytes.fromhex(line["hash"]), level=line["level"])
        for seq in range(stop, 64):
            tree.append(hashes[seq])
        whole = CompactRange()
        for value in hashes:
            whole.append(value)
        assert tree.root() == whole.root()
        assert len(lines) <= 12
        assert gap.close() == []
    gap = Gap()
    gap.add(0, 2, hashes[2])
    gap.add(0, 4, hashes[4])
    gap.add(0, 5, hashes[5])
    assert [(line["level"], line["index"]) for line in gap.close()] == [(0, 2), (1, 2)]
