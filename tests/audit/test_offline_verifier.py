"""The offline verifier, run on real exports as an auditor runs it, and on exports that somebody tampered with."""

from __future__ import annotations

import ast
import codecs
import copy
import csv
import importlib.util
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from audit import heads, sealing
from audit.canonical import commitment
from audit.keys import public_key_id, signing_key
from audit.merkle import CompactRange, leaf_hash
from audit.models import PersonalText
from audit.offline import VERIFIER
from audit.services import record
from tests.audit.ledgers import OWN, exported, sealed, verify, write, written

pytestmark = pytest.mark.django_db

Lines = list[dict[str, Any]]
TAIL = "whoever has the signing key could have rewritten it, or cut off more; give heads that were saved since (--head)"
FOREIGN = {2, 3, 8}
OWN_NUMBERS = set(range(10)) - FOREIGN


_made: Lines = []


@pytest.fixture
def ledger(db: None) -> Lines:
    """Ten sealed leaves, seven of them shown, and one record that waits: made once, since tests use the file alone."""
    if not _made:
        sealed(6, 4, own=OWN_NUMBERS)
        write(1)
        _made.extend(exported())
    return copy.deepcopy(_made)


def head_of(lines: Lines) -> dict[str, Any]:
    """The head that the lines begin with, as somebody saved it."""
    return {name: lines[0][name] for name in ("size", "root", "at", "key_id", "public_key", "signature")}


def of(lines: Lines, seq: int) -> dict[str, Any]:
    return next(line for line in lines if line.get("seq") == seq)


def place(lines: Lines, seq: int) -> int:
    return lines.index(of(lines, seq))


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_an_untouched_export_is_sound_and_says_what_that_means(tmp_path: Path, form: str) -> None:
    first, second = sealed(6, 4, own=OWN_NUMBERS - {5})
    write(1)
    PersonalText.objects.filter(text="What is 1?").delete()
    lines = exported(saved_sizes=[6])
    key = second["public_key"]
    verdict = verify(written(tmp_path, lines, form), "--public-key", key, saved=[first])
    assert verdict.code == 0
    assert verdict.text.splitlines() == [
        "SOUND",
        "",
        "Proved:",
        f"  - the head of 10 leaves was signed at {second['at']} with the key {second['key_id']}, which you gave",
        "  - unchanged and in their order below that head: 6 records",
        "  - as their records were made with them: 6 personal texts",
        "  - the first 6 leaves were never rewritten: they give 1 saved head",
        "",
        "Not proved:",
        f"  - the tail, 4 leaves: {TAIL}",
        "  - what is behind 4 leaves shown as hashes: others' records, or left out, or removed by retention",
        "  - what no head covers yet: 1 record that waited for the sealer",
        "  - what was erased, or left out of this file: 1 personal text; the records themselves hold",
        "  - the records' own codes (HMAC): only Aurora has the key; `manage.py verify_audit` checks them",
    ]


def test_without_a_saved_head_or_a_key_it_says_that_these_are_unproven(ledger: Lines, tmp_path: Path) -> None:
    file, head = written(tmp_path, ledger), head_of(ledger)
    alone, known = verify(file), verify(file, saved=[head])
    assert (alone.code, known.code) == (0, 0)
    assert f"whose key that is: compare {head['public_key']} with what you were told" in alone.text
    assert "the tail, 10 leaves: whoever has the signing key could have rewritten it" in alone.text
    assert "as was a head that you saved" in known.text
    assert "cut off" not in known.text


def edited(lines: Lines) -> None:
    line = of(lines, 4)
    line["body"] = line["body"].replace('"number":4', '"number":5')


def edited_with_its_hash(lines: Lines) -> None:
    edited(lines)
    of(lines, 4)["leaf"] = leaf_hash(of(lines, 4)["body"].encode()).hex()


def edited_without_a_hash(lines: Lines) -> None:
    edited(lines)
    del of(lines, 4)["leaf"]


def other_text(lines: Lines) -> None:
    of(lines, 1)["personal"]["question"]["text"] = "What is 7?"


def other_salt(lines: Lines) -> None:
    of(lines, 1)["personal"]["question"]["salt"] = "00" * 32


def added_text(lines: Lines) -> None:
    of(lines, 1)["personal"]["answer"] = {"salt": "00" * 32, "text": "Seven."}


def bound_otherwise(lines: Lines) -> None:
    """Text, salt, commitment and leaf hash all changed to fit each other."""
    line = of(lines, 1)
    body = json.loads(line["body"])
    body["texts"]["question"] = commitment(bytes(32), "What is 7?")
    line["personal"]["question"] = {"salt": "00" * 32, "text": "What is 7?"}
    line["body"] = json.dumps(body, sort_keys=True, separators=(",", ":"))
    line["leaf"] = leaf_hash(line["body"].encode()).hex()


def dropped(lines: Lines) -> None:
    lines.remove(of(lines, 5))


def swapped(lines: Lines) -> None:
    here, there = place(lines, 4), place(lines, 5)
    lines[here], lines[there] = lines[there], lines[here]


def swapped_with_numbers(lines: Lines) -> None:
    swapped(lines)
    four, five = of(lines, 4), of(lines, 5)
    four["seq"], five["seq"] = 5, 4


def doubled(lines: Lines) -> None:
    lines.insert(place(lines, 4), of(lines, 4))


def replayed(lines: Lines) -> None:
    """A record stands in the place of another."""
    lines[place(lines, 5)] = {**of(lines, 4), "seq": 5}


def inserted(lines: Lines) -> None:
    lines.insert(place(lines, 9) + 1, {**of(lines, 9), "seq": 10})


def waiting_twice(lines: Lines) -> None:
    lines.insert(-1, {**of(lines, 9), "kind": "unsealed"})


def forged_root(lines: Lines) -> None:
    lines[0]["root"] = "00" * 32


def forged_size(lines: Lines) -> None:
    lines[0]["size"] = 9


def forged_time(lines: Lines) -> None:
    lines[0]["at"] = lines[0]["at"].replace("2", "3", 1)


def forged_key(lines: Lines) -> None:
    """The key's id stays, the key is the forger's own."""
    _sign(lines[0], Ed25519PrivateKey.generate(), key_id=lines[0]["key_id"])


def cut_line(lines: Lines) -> None:
    del lines[-1]


def cut_tail(lines: Lines) -> None:
    del lines[place(lines, 9) :]


def cut_tail_with_an_end(lines: Lines) -> None:
    del lines[place(lines, 9) : -1]
    lines[-1].update(records=6, unsealed=0)


def foreign_hash(lines: Lines) -> None:
    line = next(line for line in lines if line.get("level") == 1)
    line["hash"] = f"{'1' if line['hash'][0] == '0' else '0'}{line['hash'][1:]}"


def foreign_level(lines: Lines) -> None:
    next(line for line in lines if line.get("level") == 1)["level"] = 2


def waiting_record_dropped(lines: Lines) -> None:
    del lines[-2]


def waiting_record_edited(lines: Lines) -> None:
    lines[-2]["personal"]["question"]["text"] = "Which?"


def more_after_the_end(lines: Lines) -> None:
    lines.append({"kind": "end", "records": 7, "subtrees": 2, "unsealed": 1})


def strange_kind(lines: Lines) -> None:
    of(lines, 4)["kind"] = "note"


def sealed_after_unsealed(lines: Lines) -> None:
    lines.insert(-1, lines.pop(place(lines, 9)))


ROOT = "the leaves don't give the root that was signed; those from 0 on aren't what they were"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (edited, r"record 4 \(line L\), id '{id4}': its body isn't the one that was sealed"),
        (edited_with_its_hash, ROOT),
        (edited_without_a_hash, ROOT),
        (other_text, r"record 1 \(line L\), id '{id1}': its text 'question' isn't the one that it was made with"),
        (other_salt, r"record 1 \(line L\), id '{id1}': its text 'question' isn't the one that it was made with"),
        (added_text, r"record 1 \(line L\), id '{id1}': its text 'answer' isn't the one that it was made with"),
        (bound_otherwise, ROOT),
        (dropped, r"leaf 5 is missing: line L goes on with leaf 6"),
        (swapped, r"leaf 4 is missing: line L goes on with leaf 5"),
        (swapped_with_numbers, ROOT),
        (doubled, r"line L: leaf 4 stands where leaf 5 belongs: doubled, or out of order"),
        (replayed, r"record 5 \(line L\), id '{id4}': the same record came before"),
        (inserted, r"line L: leaf 10 lies beyond the 10 leaves that were signed"),
        (waiting_twice, r"line L, a record that waits for the sealer, id '{id9}': the same record came before"),
        (forged_root, r"line L: the head is forged: its signature is wrong"),
        (forged_size, r"line L: the head is forged: its signature is wrong"),
        (forged_time, r"line L: the head is forged: its signature is wrong"),
        (forged_key, r"line L: the head is forged: its key id isn't that of its public key"),
        (cut_line, r"the file has no end: it was cut, after 10 of 10 leaves"),
        (cut_tail, r"the file has no end: it was cut, after 9 of 10 leaves"),
        (cut_tail_with_an_end, r"leaf 9 is missing, and all that follow: 10 were signed"),
        (foreign_hash, ROOT),
        (foreign_level, r"leaf 2 is missing: line L goes on with leaf 4"),
        (waiting_record_dropped, r"the end tells of 1 unsealed, and 0 are here"),
        (waiting_record_edited, r"line L, a record that waits .*: its text 'question' isn't the one .*"),
        (more_after_the_end, r"line L: something follows the end"),
        (strange_kind, r"line L: a line of kind 'note' has no place here"),
        (sealed_after_unsealed, r"line L: a line of kind 'record' has no place here"),
    ],
)
def test_what_was_tampered_with_is_named(
    ledger: Lines, tmp_path: Path, change: Callable[[Lines], None], said: str
) -> None:
    ids = {f"id{seq}": json.loads(of(ledger, seq)["body"])["id"] for seq in (1, 4, 9)}
    change(ledger)
    pattern = said.replace("line L", r"line \d+").format(**ids)
    verdict = verify(written(tmp_path, ledger))
    assert verdict.code == 1
    assert re.fullmatch(f"TAMPERED: {pattern}\n", verdict.text), verdict.text
    program = loaded()
    with pytest.raises(program.Tampered, match=f"^{pattern}$"):
        program.Check([], []).run(str(written(tmp_path, ledger, "csv")))


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_a_file_cut_anywhere_is_noticed(ledger: Lines, tmp_path: Path, form: str) -> None:
    file = written(tmp_path, ledger, form)
    whole = file.read_bytes()
    program = loaded()
    for length in {*range(0, len(whole) - 2, 97), len(whole) - 3, len(whole) - 40, 1}:
        file.write_bytes(whole[:length])
        with pytest.raises((program.Tampered, program.Unchecked)):
            program.Check([], []).run(str(file))


def test_any_changed_byte_is_noticed_or_means_nothing(ledger: Lines, tmp_path: Path) -> None:
    """Bytes outside of what is proved: the export's own scope and time, and codes for which an auditor has no key."""
    file = written(tmp_path, ledger)
    whole, program = file.read_bytes(), loaded()
    unproved = (
        r'"leaf"|"scope".*?\}, "exported_at": "[^"]*"|"key_id": "[^"]*", "code": "[^"]*"|"subtrees": \d+|: |, |\n'
    )
    free = {at for match in re.finditer(unproved.encode(), whole) for at in range(*match.span())}
    unsealed = whole.index(b'{"kind": "unsealed"')
    for at in range(0, unsealed, 37):
        if at in free:
            continue
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises((program.Tampered, program.Unchecked)):
            program.Check([], []).run(str(file))


def test_a_table_whose_readable_columns_lie_is_found_out(ledger: Lines, tmp_path: Path) -> None:
    file = written(tmp_path, ledger, "csv")
    file.write_text(file.read_text().replace(",test.happened,", ",test.refused,", 1))
    verdict = verify(file)
    assert verdict.code == 1
    assert verdict.text.endswith("the table's columns differ from its body\n")


def test_a_table_is_safe_to_open_in_a_spreadsheet(tmp_path: Path) -> None:
    nasty = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "'quoted'", 'a "b", c\nd', "plain", "é\u2028 ü"]
    for text in nasty:
        record(event="test.x", organization_id=OWN, actor_id=text, trace_id=text, subject=(text, text))
    sealing.seal_all()
    file = written(tmp_path, exported(), "csv")
    assert verify(file).code == 0
    with file.open(newline="", encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    assert [row["kind"] for row in rows] == ["head", *["record"] * len(nasty), "end"]
    assert [row["actor_id"] for row in rows[1:-1]] == [f"'{text}" if text[0] in "=+-@\t\r'" else text for text in nasty]
    for row in rows:
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) for cell in row.values())


def test_saved_heads_prove_that_the_past_was_not_rewritten(tmp_path: Path) -> None:
    """Each is compared with the root of the file's own first leaves."""
    kept = sealed(3, 5, 1)
    file = written(tmp_path, exported())
    verdict = verify(file, saved=kept)
    assert (verdict.code, "the first 9 leaves were never rewritten: they give 3 saved heads" in verdict.text) == (
        0,
        True,
    )
    assert "cut off" not in verdict.text
    # Another history of the same length, signed with the same key.
    history = copy.deepcopy(exported())
    edited_with_its_hash(history)
    _resign(history)
    assert verify(written(tmp_path, history)).code == 0
    for saved in (kept, kept[1:], kept[2:]):
        verdict = verify(written(tmp_path, history), saved=saved)
        agreed, first_bad = (3, kept[1]) if saved is kept else (0, saved[0])
        assert (verdict.code, verdict.text) == (
            1,
            (
                f"TAMPERED: leaves {agreed} to {first_bad['size'] - 1} aren't those of the head that was signed at "
                f"{first_bad['at']}\n"
            ),
        )
    assert verify(written(tmp_path, history), saved=kept[:1]).code == 0


def test_a_newer_saved_head_proves_that_the_tail_was_cut_off(tmp_path: Path) -> None:
    sealed(4)
    lines = exported()
    _, newer = sealed(2, 3)
    words = f"the file ends after 4 leaves, but a head of 9 was signed at {newer['at']}"
    made = (datetime.fromisoformat(newer["at"]) + timedelta(hours=1)).isoformat(timespec="microseconds")
    for claim in (made, "", None):
        lines[0]["exported_at"] = claim
        verdict = verify(written(tmp_path, lines), saved=[newer])
        assert (verdict.code, verdict.text) == (
            1,
            f"TAMPERED: {words}, before the file was made: the tail was cut off\n",
        )


def test_heads_signed_after_the_file_was_made_are_a_loud_warning(tmp_path: Path) -> None:
    """Heads are signed all the time: copying them after the export accuses nobody, and assures of nothing."""
    older, own = sealed(2, 3)
    lines = exported()
    newer, newest = sealed(2, 3)
    file = written(tmp_path, lines)
    verdict = verify(file, saved=[newest, older, newer])
    assert verdict.code == 0
    assert verdict.text.splitlines()[:6] == [
        "SOUND",
        "",
        "WARNING: proved up to 5 leaves; heads up to 10, signed later than this file says it was made, aren't covered.",
        (
            f"The file says that it was made at {lines[0]['exported_at']}, the newest of these heads was signed at "
            f"{newest['at']}."
        ),
        "To check the rest, export anew. If you know that the file was made later than it says, its tail was cut off.",
        "",
    ]
    assert "the first 2 leaves were never rewritten: they give 1 saved head" in verdict.text
    assert f"the tail, 3 leaves: {TAIL}" in verdict.text
    assert "one hash reaches across" not in verdict.text
    assert "WARNING" not in verify(file, saved=[older, own]).text

    # Older heads are compared as ever, and who signed the newest one must be known.
    rewritten = {**older, "root": "00" * 32}
    _sign(rewritten, signing_key().private)
    verdict = verify(file, saved=[newest, rewritten])
    assert (verdict.code, verdict.text.startswith("TAMPERED: leaves 0 to 1 aren't those of the head")) == (1, True)
    verdict = verify(file, saved=[{**newest, "size": 11}])
    assert (verdict.code, "its signature is wrong" in verdict.text) == (2, True)
    before = {**newer, "at": "2026-01-01T00:00:00.000000+00:00"}
    _sign(before, signing_key().private)
    verdict = verify(file, saved=[before, newest])
    assert (verdict.code, verdict.text.endswith("before the file was made: the tail was cut off\n")) == (1, True)
    edited_with_its_hash(lines)
    assert verify(written(tmp_path, lines), saved=[newest]).code == 1


def test_a_saved_head_within_others_leaves_needs_an_export_with_its_size(tmp_path: Path) -> None:
    first, _ = sealed(5, 3, own={0})
    verdict = verify(written(tmp_path, exported()), saved=[first])
    assert verdict.code == 0
    assert "1 saved head: one hash reaches across the end of it; export with saved_sizes to compare it" in verdict.text
    verdict = verify(written(tmp_path, exported(saved_sizes=[5])), saved=[first])
    assert "the first 5 leaves were never rewritten: they give 1 saved head" in verdict.text


def test_saved_heads_that_nobody_signed_prove_nothing(ledger: Lines, tmp_path: Path) -> None:
    file = written(tmp_path, ledger)
    for forged in ({**head_of(ledger), "root": "00" * 32}, {**head_of(ledger), "size": 99}):
        verdict = verify(file, saved=[forged])
        assert (verdict.code, verdict.text) == (
            2,
            f"NOT CHECKED: the saved head of {forged['size']} leaves says something else, but its signature is wrong\n",
        )
    strangers = head_of(ledger)
    _sign(strangers, Ed25519PrivateKey.generate(), size=99)
    verdict = verify(file, "--public-key", head_of(ledger)["public_key"], saved=[strangers])
    assert verdict.code == 2
    assert "you didn't give the key that signed it" in verdict.text


def test_a_head_by_another_key_is_refused_where_the_key_is_known(ledger: Lines, tmp_path: Path) -> None:
    known, forger = head_of(ledger)["public_key"], Ed25519PrivateKey.generate()
    edited_with_its_hash(ledger)
    _resign(ledger, forger)
    file = written(tmp_path, ledger)
    assert verify(file).code == 0
    verdict = verify(file, "--public-key", known)
    assert verdict.code == 2
    assert verdict.text.startswith(
        f"NOT CHECKED: the head was signed with a key that you didn't give, {ledger[0]['public_key']}. Keys may have been "
        "rotated: /admin/audit/head shows all of them, and in an export of all organisations the records audit.keys_changed"
    )
    assert verdict.text.endswith("then repeat --public-key for each\n")
    assert verify(file, "--public-key", known, "--public-key", ledger[0]["public_key"].upper()).code == 0
    for malformed in ("", "no key", known[:-2], "ff" * 32):
        verdict = verify(file, "--public-key", known, "--public-key", malformed)
        said = f"NOT CHECKED: --public-key {malformed!r} isn't a public key: it is 64 hexadecimal digits\n"
        assert (verdict.code, verdict.text) == (2, said)


def test_what_is_no_export_cannot_be_checked(ledger: Lines, tmp_path: Path) -> None:
    file = tmp_path / "ledger.jsonl"
    assert verify(file).code == 2
    for content, code in (
        ("", 2),
        ("\n", 2),
        ("[]\n", 2),
        ("\x89PNG\n\n", 2),
        ("kind,note\nhead,none\n", 2),
        ('{"kind": "end"}\n', 2),
        ('{"kind": "head"}\n', 1),
    ):
        file.write_text(content)
        assert verify(file).code == code, content
    table = written(tmp_path, ledger, "csv")
    text = table.read_text()
    for changed in (text.replace(",", ";"), text.replace(",", "\t"), text.replace("kind,", '"kind",', 1)):
        table.write_text(changed)
        verdict = verify(table)
        assert (verdict.code, verdict.text.startswith("NOT CHECKED: this isn't an exported ledger")) == (2, True)
    file = written(tmp_path, ledger)
    for content in ("", "nothing", "[]", '{"size": "4"}'):
        (tmp_path / "heads.json").write_text(content)
        assert verify(file, "--head", str(tmp_path / "heads.json")).code == 2
    assert verify(file, "--head", str(tmp_path / "missing")).code == 2
    assert verify(file, "--nonsense").code == 2


def test_a_byte_order_mark_changes_nothing(ledger: Lines, tmp_path: Path) -> None:
    for form in ("jsonl", "csv"):
        file, saved = written(tmp_path, ledger, form), tmp_path / "heads"
        file.write_bytes(codecs.BOM_UTF8 + file.read_bytes())
        saved.write_bytes(codecs.BOM_UTF8 + json.dumps(head_of(ledger)).encode() + b"\r\n")
        verdict = verify(file, "--head", str(saved))
        assert (verdict.code, "the first 10 leaves were never rewritten" in verdict.text) == (0, True)


def test_saved_heads_are_read_as_aurora_writes_and_shows_them(tmp_path: Path) -> None:
    newest = sealed(6, 4)[-1]
    file, saved = written(tmp_path, exported()), tmp_path / "saved"
    kept = heads.saved_path().read_text()
    for content, count in (
        (json.dumps({"head": newest, "waiting": 1}, indent=1), "1 saved head"),
        (kept + '{"size": 12, "ro', "2 saved heads"),
        ('{"size": 12, "ro\n' + kept, "2 saved heads"),
    ):
        saved.write_text(content)
        verdict = verify(file, "--head", str(saved))
        assert verdict.code == 0
        assert f"the first 10 leaves were never rewritten: they give {count}" in verdict.text


def test_the_program_runs_on_python_3_9() -> None:
    source = VERIFIER.read_text()
    tree = ast.parse(source, feature_version=(3, 9))
    imported = {
        name.name if isinstance(node, ast.Import) else node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }
    assert imported == {
        "__future__",
        "argparse",
        "codecs",
        "collections.abc",
        "csv",
        "datetime",
        "hashlib",
        "json",
        "re",
        "sys",
        "typing",
    }


@pytest.mark.parametrize(
    ("seed", "public", "message", "signature"),
    [  # RFC 8032, section 7.1
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            (
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24"
                "655141438e7a100b"
            ),
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            (
                "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28d"
                "c027beceea1ec40a"
            ),
        ),
    ],
)
def test_signatures_of_the_standard_hold(seed: str, public: str, message: str, signature: str) -> None:
    assert seed
    assert loaded().signature_holds(bytes.fromhex(public), bytes.fromhex(message), bytes.fromhex(signature))


@settings(max_examples=25)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=80), st.integers(0, 511))
def test_signatures_hold_as_the_product_signs_and_no_changed_bit_does(seed: bytes, message: bytes, bit: int) -> None:
    key, program = Ed25519PrivateKey.from_private_bytes(seed), loaded()
    public, signature = key.public_key().public_bytes_raw(), key.sign(message)
    assert program.signature_holds(public, message, signature)
    changed = (int.from_bytes(signature, "little") ^ (1 << bit)).to_bytes(64, "little")
    assert not program.signature_holds(public, message, changed)
    assert not program.signature_holds(public, message + b"!", signature)
    other = (int.from_bytes(public, "little") ^ (1 << bit % 256)).to_bytes(32, "little")
    assert not program.signature_holds(other, message, signature)
    beyond = (int.from_bytes(signature[32:], "little") + program.ORDER).to_bytes(33, "little")[:32]
    assert not program.signature_holds(public, message, signature[:32] + beyond)


@cache
def loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("verify_ledger", VERIFIER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _sign(head: dict[str, Any], key: Ed25519PrivateKey, **changes: Any) -> None:
    public = key.public_key().public_bytes_raw()
    head.update(public_key=public.hex(), key_id=public_key_id(public))
    head.update(changes)
    text = f"aurora-ledger\n{head['size']}\n{head['root']}\n{head['at']}\n"
    head["signature"] = key.sign(text.encode()).hex()


def _resign(lines: Lines, key: Ed25519PrivateKey | None = None) -> None:
    """What somebody who has a signing key can do: a new head over whatever the file says."""
    tree = CompactRange()
    for line in lines:
        if line["kind"] == "record":
            tree.append(leaf_hash(line["body"].encode()))
        elif line["kind"] == "subtree":
            tree.append(bytes.fromhex(line["hash"]), level=line["level"])
    _sign(lines[0], key or signing_key().private, root=tree.root().hex())
