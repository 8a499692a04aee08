#!/usr/bin/env python3
"""Checks a ledger that Aurora exported. Needs this file, the export, and Python 3.9 or later; neither Aurora nor a network.

    python verify_ledger.py ledger.jsonl [--head heads.jsonl] [--public-key HEX …]

How it works. Each record of the ledger is one text, its "body". Records stand in one order and never change. Their
SHA-256 hashes are the leaves of a Merkle tree (RFC 6962): a hash over pairs of hashes, up to one root. Whoever runs Aurora
signs the root together with the number of leaves (Ed25519, RFC 8032): a "head". This program builds the tree anew from
the file and compares its root with the signed one: if a record was changed, removed, added or moved since it was signed,
they differ. Leaves that the file doesn't show (records of others, filtered out, or removed by retention) are there as
hashes.

What the signer could still do is sign another history. So keep heads where the signer can't reach them: copy Aurora's
heads.jsonl now and then, and give it with --head. Each saved head is compared with the same leaves of the file. Copy it
before you export: heads that were signed later cover leaves which the file can't have, and only a warning tells of them.

Ends with 0 when all is sound, 1 when something was tampered with, 2 when it could not be checked.
"""

from __future__ import annotations

import argparse
import codecs
import csv
import hashlib
import json
import re
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

HASH = re.compile(r"[0-9a-f]{64}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00")


# A head shows some time after it was signed, and clocks differ.
MARGIN = timedelta(minutes=1)
OTHER_KEY = (
    "Keys may have been rotated: /admin/audit/head shows all of them, and in an export of all organisations the records "
    "audit.keys_changed say since when. Ask whoever runs Aurora in a way that you trust, then repeat --public-key for each"
)
# A table repeats these parts of the body, for people to read.
COLUMNS = ("at", "event", "organization_id", "actor_id", "subject_type", "subject_id", "trace_id")


class Tampered(Exception):
    """The file isn't what was signed."""


class Unchecked(Exception):
    """There is nothing that could be checked."""


# The tree of RFC 6962, section 2.1.


def leaf_hash(body: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """A tree that grows leaf by leaf. It keeps the roots of its complete subtrees only: (level, hash), largest first."""

    def __init__(self) -> None:
        self.size = 0
        self.subtrees: list[tuple[int, bytes]] = []

    def append(self, value: bytes, level: int = 0) -> None:
        """Add a leaf, or a complete subtree of 2**level leaves."""
        self.size += 1 << level
        while self.subtrees and self.subtrees[-1][0] == level:
            value = node_hash(self.subtrees.pop()[1], value)
            level += 1
        self.subtrees.append((level, value))

    def root(self) -> str:
        values = [value for _, value in self.subtrees]
        if not values:
            return hashlib.sha256(b"").hexdigest()
        root = values.pop()
        while values:
            root = node_hash(values.pop(), root)
        return root.hex()


# Ed25519 signatures after RFC 8032, section 5.1.7. Points are (X, Y, Z, T): x = X/Z, y = Y/Z, x*y = T/Z.

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQUARE_ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]


def point_add(a: Point, b: Point) -> Point:
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    g, h = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    return ((f - e) * (h - g) % P, (h + g) * (f + e) % P, (h - g) * (h + g) % P, (f - e) * (f + e) % P)


def point_multiply(factor: int, point: Point) -> Point:
    result = (0, 1, 1, 0)
    while factor:
        if factor & 1:
            result = point_add(result, point)
        point = point_add(point, point)
        factor >>= 1
    return result


def point_from(data: bytes) -> Point | None:
    """The point that 32 bytes stand for; None when they are no point of the curve."""
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & ((1 << 255) - 1)
    if y >= P:
        return None
    x_squared = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x_squared, (P + 3) // 8, P)
    if (x * x - x_squared) % P:
        x = x * SQUARE_ROOT_OF_MINUS_ONE % P
    if (x * x - x_squared) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


def base_point() -> Point:
    point = point_from((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
    assert point is not None
    return point


def signature_holds(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the owner of the public key signed the message."""
    if len(public_key) != 32 or len(signature) != 64:
        return False
    key, r = point_from(public_key), point_from(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if key is None or r is None or s >= ORDER:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public_key + message).digest(), "little") % ORDER
    left, right = point_multiply(s, base_point()), point_add(r, point_multiply(k, key))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


# Heads: {"size", "root", "at", "key_id", "public_key", "signature"}.


def head_problem(head: dict[str, Any]) -> str:
    """What is wrong with a head; empty if its signature is good."""
    try:
        size, root, at, key_id = head["size"], head["root"], head["at"], head["key_id"]
        public_key, signature = bytes.fromhex(head["public_key"]), bytes.fromhex(head["signature"])
        if type(size) is not int or size < 0 or not HASH.fullmatch(root) or not time_of(at):
            return "it isn't written as a head"
    except (KeyError, TypeError, ValueError):
        return "it isn't written as a head"
    if hashlib.sha256(b"aurora-ledger-signing-key\x00" + public_key).hexdigest()[:16] != key_id:
        return "its key id isn't that of its public key"
    message = f"aurora-ledger\n{size}\n{root}\n{at}\n"
    if not signature_holds(public_key, message.encode(), signature):
        return "its signature is wrong"
    return ""


def time_of(text: Any) -> datetime | None:
    """The time that a text in the ledger's form means; None for any other text."""
    try:
        return datetime.fromisoformat(text) if TIME.fullmatch(text) else None
    except (TypeError, ValueError):
        return None


def saved_heads(path: str) -> list[dict[str, Any]]:
    """The heads in a file: one a line, or one as JSON. A line is cut short when Aurora was killed as it wrote it."""
    with open(path, encoding="utf-8-sig") as file:
        text = file.read()
    found: list[dict[str, Any]] = []
    for piece in [text, *text.split("\n")]:
        try:
            value = json.loads(piece)
            head = value.get("head", value)
            if type(head["size"]) is int and head not in found[-1:]:
                found.append(head)
        except (ValueError, TypeError, KeyError, AttributeError):
            continue
    if not found:
        raise Unchecked(f"{path} holds no heads")
    return found


# The exported file: JSON lines, or the same as a table (CSV).

NO_EXPORT = (
    "this isn't an exported ledger: its first line can't be read. An export is JSON lines, or a table with commas, as Aurora "
    "wrote it; a table that a spreadsheet saved again isn't"
)


def lines_of(path: str) -> Iterator[dict[str, Any]]:
    """Each line of the file, numbered under "line". Raises Tampered for one that can't be read, Unchecked if it is the
    first: then the file isn't an export."""
    with open(path, "rb") as file:
        is_table = file.read(8).removeprefix(codecs.BOM_UTF8).startswith(b"kind,")
    if is_table:
        csv.field_size_limit(2**31 - 1)
    number = first = 0
    try:
        if is_table:
            with open(path, encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
                for number, row in enumerate(csv.DictReader(file, strict=True), 2):
                    yield dict(from_table(row), line=number)
                    first = first or number
        else:
            with open(path, "rb") as file:
                for number, text in enumerate(file, 1):
                    yield dict(json.loads(text), line=number)
                    first = first or number
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, csv.Error):
        if not first:
            raise Unchecked(NO_EXPORT) from None
        raise Tampered(f"line {number}: it can't be read; the file was cut or changed there") from None


def from_table(row: dict[str, str]) -> dict[str, Any]:
    """A line from its row. A leading apostrophe keeps spreadsheets from taking a cell for a formula: it isn't data."""
    cells = {name: cell[1:] if cell.startswith("'") else cell for name, cell in row.items()}
    if cells["kind"] in ("head", "end"):
        return dict(json.loads(cells["body"]), kind=cells["kind"])
    line: dict[str, Any] = {name: cell for name, cell in cells.items() if cell != ""}
    for name in ("seq", "level", "index"):
        if name in line:
            line[name] = int(line[name])
    if "body" in line:
        line["personal"] = json.loads(line["personal"])
        line["columns"] = {name: cells[name] for name in COLUMNS}
    return line


# The check.


class Check:
    """Reads the file once, from the head to the end. ``saved`` are heads, ``keys`` the public keys to trust, if any."""

    def __init__(self, saved: list[dict[str, Any]], keys: list[str]) -> None:
        self.saved, self.keys = sorted(saved, key=lambda head: head["size"]), keys
        self.tree = Tree()
        self.head: dict[str, Any] = {}
        self.end: dict[str, Any] = {}
        self.ids: set[str] = set()
        self.counts = {"records": 0, "subtrees": 0, "unsealed": 0, "hidden": 0, "texts": 0, "erased": 0}
        # The file's own root at each size for which a head was saved; none where a subtree's hash reaches across it.
        self.wanted = {head["size"] for head in saved}
        self.roots: dict[int, str] = {}
        # The largest saved head of more leaves than the file, if it may have been signed after the file was made.
        self.newer: dict[str, Any] = {}

    def run(self, path: str) -> None:
        """Raises Tampered at the first line that is wrong, Unchecked when nothing is signed."""
        for line in lines_of(path):
            where, kind = f"line {line['line']}", line.get("kind")
            if not self.head:
                self.begin(line, where)
            elif self.end:
                raise Tampered(f"{where}: something follows the end")
            elif kind == "record" and not self.counts["unsealed"]:
                self.record(line, where)
            elif kind == "subtree" and not self.counts["unsealed"]:
                self.subtree(line, where)
            elif kind == "unsealed":
                self.body(line, f"{where}, a record that waits for the sealer")
                self.counts["unsealed"] += 1
            elif kind == "end":
                self.end = line
            else:
                raise Tampered(f"{where}: a line of kind {kind!r} has no place here")
        self.finish()

    def begin(self, line: dict[str, Any], where: str) -> None:
        if line.get("kind") != "head":
            raise Unchecked(f"{where}: this isn't an exported ledger, or its head was taken away")
        if "signature" not in line and line.get("size") == 0:
            raise Unchecked("nothing was sealed when the file was made: there is no signed head")
        problem = head_problem(line)
        if problem:
            raise Tampered(f"{where}: the head is forged: {problem}")
        if self.keys and line["public_key"] not in self.keys:
            raise Unchecked(f"the head was signed with a key that you didn't give, {line['public_key']}. {OTHER_KEY}")
        self.head = line

    def record(self, line: dict[str, Any], where: str) -> None:
        seq = self.place(line.get("seq"), where)
        value = self.body(line, f"record {seq} ({where})")
        self.counts["records"] += 1
        self.append(value, 0)

    def subtree(self, line: dict[str, Any], where: str) -> None:
        level, index, value = line.get("level"), line.get("index"), str(line.get("hash"))
        if type(level) is not int or type(index) is not int or not 0 <= level < 64 or not HASH.fullmatch(value):
            raise Tampered(f"{where}: it isn't written as a subtree")
        start = self.place(index << level, where)
        if start + (1 << level) > self.head["size"]:
            raise Tampered(f"{where}: it reaches beyond the {self.head['size']} leaves that were signed")
        self.counts["subtrees"] += 1
        self.counts["hidden"] += 1 << level
        self.append(bytes.fromhex(value), level)

    def place(self, seq: Any, where: str) -> int:
        """The place of a leaf, which must be the next."""
        size = self.tree.size
        if type(seq) is not int or seq < size:
            raise Tampered(f"{where}: leaf {seq!r} stands where leaf {size} belongs: doubled, or out of order")
        if seq > size:
            raise Tampered(f"leaf {size} is missing: {where} goes on with leaf {seq}")
        if seq >= self.head["size"]:
            raise Tampered(f"{where}: leaf {seq} lies beyond the {self.head['size']} leaves that were signed")
        return seq

    def append(self, value: bytes, level: int) -> None:
        self.tree.append(value, level)
        if self.tree.size in self.wanted:
            self.roots[self.tree.size] = self.tree.root()

    def body(self, line: dict[str, Any], where: str) -> bytes:
        """The leaf hash of a record's body, once its personal texts and columns agree with the body."""
        try:
            value = leaf_hash(line["body"].encode("utf-8", "surrogateescape"))
            fields = json.loads(line["body"])
            name, bound = str(fields["id"]), dict(fields["texts"])
            given = {
                each: commitment(bytes.fromhex(text["salt"]), text["text"]) for each, text in line["personal"].items()
            }
            columns = columns_of(fields)
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
            raise Tampered(f"{where}: it isn't written as a record") from None
        where = f"{where}, id {name!r}"
        if line.get("leaf", value.hex()) != value.hex():
            raise Tampered(f"{where}: its body isn't the one that was sealed")
        if name in self.ids:
            raise Tampered(f"{where}: the same record came before")
        self.ids.add(name)
        for each, code in given.items():
            if bound.get(each) != code:
                raise Tampered(f"{where}: its text {each!r} isn't the one that it was made with")
        if line.get("columns", columns) != columns:
            raise Tampered(f"{where}: the table's columns differ from its body")
        self.counts["texts"] += len(given)
        self.counts["erased"] += len(bound) - len(given)
        return value

    def finish(self) -> None:
        size = self.tree.size
        if not self.head:
            raise Unchecked("the file is empty")
        if not self.end:
            raise Tampered(f"the file has no end: it was cut, after {size} of {self.head['size']} leaves")
        if size < self.head["size"]:
            raise Tampered(f"leaf {size} is missing, and all that follow: {self.head['size']} were signed")
        for name in ("records", "unsealed"):
            if self.end.get(name) != self.counts[name]:
                raise Tampered(f"the end tells of {self.end.get(name)!r} {name}, and {self.counts[name]} are here")
        if self.tree.root() != self.head["root"]:
            agreed = max([head["size"] for head in self.saved if self.agrees(head)], default=0)
            raise Tampered(
                f"the leaves don't give the root that was signed; those from {agreed} on aren't what they were"
            )
        self.compare()

    def agrees(self, head: dict[str, Any]) -> bool:
        return self.roots.get(head["size"]) == head.get("root")

    def compare(self) -> None:
        """Raises Tampered for the first saved head that says something else than the file; keeps in mind the largest that
        only says more."""
        agreed = 0
        for head in self.saved:
            size = head["size"]
            if self.agrees(head):
                agreed = size
            elif size in self.roots:
                self.require_genuine(head)
                raise Tampered(
                    f"leaves {agreed} to {size - 1} aren't those of the head that was signed at {head['at']}"
                )
            elif size > self.tree.size:
                if not self.may_be_later(head):
                    self.require_genuine(head)
                    raise Tampered(
                        f"the file ends after {self.tree.size} leaves, but a head of {size} was signed at {head['at']}, "
                        "before the file was made: the tail was cut off"
                    )
                self.newer = head
        if self.newer:
            self.require_genuine(self.newer)

    def require_genuine(self, head: dict[str, Any]) -> None:
        """Raises Unchecked for a saved head that proves nothing against the file, since who signed it isn't known."""
        words = f"the saved head of {head['size']} leaves says something else, but"
        problem = head_problem(head)
        if problem:
            raise Unchecked(f"{words} {problem}")
        if self.keys and head["public_key"] not in self.keys:
            raise Unchecked(f"{words} you didn't give the key that signed it, {head['public_key']}. {OTHER_KEY}")

    def may_be_later(self, head: dict[str, Any]) -> bool:
        """Whether a head may have been signed after the file was made, by what the file says of itself."""
        made_at, signed_at = time_of(self.head.get("exported_at")), time_of(head.get("at"))
        return made_at is not None and signed_at is not None and signed_at + MARGIN > made_at


def columns_of(fields: dict[str, Any]) -> dict[str, Any]:
    flat = dict(fields, subject_type=fields["subject"]["type"], subject_id=fields["subject"]["id"])
    return {name: flat[name] for name in COLUMNS}


def commitment(salt: bytes, text: str) -> str:
    """What binds a text into a record: without the salt nobody can guess the text from it, and it can be erased."""
    return hashlib.sha256(b"aurora-ledger-text-v1\x00" + salt + text.encode("utf-8")).hexdigest()


def signer(check: Check) -> tuple[str, str]:
    """What is proved about who signed the head, and what isn't."""
    head = check.head
    words = f"the head of {head['size']} leaves was signed at {head['at']} with the key {head['key_id']}"
    if check.keys:
        return f"{words}, which you gave", ""
    if any(saved.get("public_key") == head["public_key"] for saved in check.saved):
        return f"{words}, as was a head that you saved", ""
    return words, f"whose key that is: compare {head['public_key']} with what you were told, or give --public-key"


def report(check: Check) -> None:
    """Print what was proved, and what wasn't."""
    counts, compared, size = check.counts, sorted(check.roots), check.tree.size
    proved, unproved = ([item] for item in signer(check))
    proved.append(f"unchanged and in their order below that head: {number(counts['records'], 'record')}")
    proved.append(f"as their records were made with them: {number(counts['texts'], 'personal text')}")
    agreed = compared[-1] if compared else 0
    if compared:
        proved.append(
            f"the first {agreed} leaves were never rewritten: they give {number(len(compared), 'saved head')}"
        )
    if agreed < size:
        unproved.append(
            f"the tail, {number(size - agreed, 'leaf', 'leaves')}: whoever has the signing key could have rewritten it, "
            "or cut off more; give heads that were saved since (--head)"
        )
    crossed = [each for each in check.wanted.difference(compared) if each <= size]
    if crossed:
        count = number(len(crossed), "saved head")
        unproved.append(f"{count}: one hash reaches across the end of it; export with saved_sizes to compare it")
    if counts["hidden"]:
        count = number(counts["hidden"], "leaf", "leaves")
        unproved.append(
            f"what is behind {count} shown as hashes: others' records, or left out, or removed by retention"
        )
    if counts["unsealed"]:
        unproved.append(f"what no head covers yet: {number(counts['unsealed'], 'record')} that waited for the sealer")
    if counts["erased"]:
        count = number(counts["erased"], "personal text")
        unproved.append(f"what was erased, or left out of this file: {count}; the records themselves hold")
    unproved.append("the records' own codes (HMAC): only Aurora has the key; `manage.py verify_audit` checks them")
    print("SOUND", *warning(check), "", "Proved:", *[f"  - {item}" for item in proved], sep="\n")
    print("", "Not proved:", *[f"  - {item}" for item in unproved if item], sep="\n")


def warning(check: Check) -> list[str]:
    """The lines that say loudly what saved heads cover and the file doesn't."""
    if not check.newer:
        return []
    newest, size = check.newer, check.tree.size
    made, signed = check.head["exported_at"], newest["at"]
    gap = f"proved up to {size} leaves; heads up to {newest['size']}, signed later than this file says it was made,"
    return [
        "",
        f"WARNING: {gap} aren't covered.",
        f"The file says that it was made at {made}, the newest of these heads was signed at {signed}.",
        "To check the rest, export anew. If you know that the file was made later than it says, its tail was cut off.",
    ]


def number(count: int, one: str, many: str = "") -> str:
    return f"{count} {one if count == 1 else many or one + 's'}"


def public_key(text: str) -> str:
    """A key as it was given. Raises Unchecked for what can't be one."""
    key = text.strip().lower()
    if not HASH.fullmatch(key) or point_from(bytes.fromhex(key)) is None:
        raise Unchecked(f"--public-key {text!r} isn't a public key: it is 64 hexadecimal digits")
    return key


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Check a ledger that Aurora exported.", epilog="Exit: 0 sound, 1 tampered, 2 not checked."
    )
    parser.add_argument("file", help="ledger.jsonl or ledger.csv")
    parser.add_argument(
        "--head", action="append", default=[], metavar="FILE", help="heads that you saved: heads.jsonl, or one head"
    )
    parser.add_argument(
        "--public-key",
        action="append",
        default=[],
        metavar="HEX",
        help="a key that you trust; one for each, if rotated",
    )
    arguments = parser.parse_args()
    try:
        keys = [public_key(text) for text in arguments.public_key]
        saved = [head for path in arguments.head for head in saved_heads(path)]
        check = Check(saved, keys)
        check.run(arguments.file)
    except Tampered as problem:
        print(f"TAMPERED: {problem}")
        return 1
    except (Unchecked, OSError, UnicodeDecodeError) as problem:
        print(f"NOT CHECKED: {problem}")
        return 2
    report(check)
    return 0


if __name__ == "__main__":
    sys.exit(main())
