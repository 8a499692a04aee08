"""What can be said of a record's evidence, point by point, in words: code, columns, texts, place, proof, head."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache

from audit import merkle, tree_store
from audit.keys import hmac_keys
from audit.merkle import leaf_hash
from audit.models import Leaf, Unsealed
from audit.pages.entries import Entry
from audit.pages.seals import Seal, current_seal
from audit.verification import RecordCheck, record_check

SHOWN_DIGITS = 12


class Standing(StrEnum):
    """How much is proven, from best to worst."""

    VERIFIED = "verified"
    WAITING = "waiting"
    TAMPERED = "tampered"


_WORST = list(Standing)


@dataclass(frozen=True)
class Point:
    """One thing that was checked. ``text`` names the personal text it is about."""

    standing: Standing
    title: str
    detail: str
    text: str = ""


@dataclass(frozen=True)
class Verdict:
    """The points of one record, and where it stands in the tree (None while it isn't sealed)."""

    entry: Entry
    points: tuple[Point, ...]
    seq: int | None

    @property
    def standing(self) -> Standing:
        return worst(point.standing for point in self.points)

    @property
    def is_tampered(self) -> bool:
        return self.standing is Standing.TAMPERED

    @property
    def is_waiting(self) -> bool:
        return self.standing is Standing.WAITING

    def about(self, texts: Collection[str]) -> Verdict:
        """The same, as far as a part of the page rests on it: of the texts only these."""
        points = tuple(point for point in self.points if not point.text or point.text in texts)
        return Verdict(self.entry, points, self.seq)


def worst(standings: Iterable[Standing]) -> Standing:
    """The worst of several; verified when there is none."""
    return max(standings, key=_WORST.index, default=Standing.VERIFIED)


PLACE = "Place in the tree"
WAITING = Point(Standing.WAITING, PLACE, "It waits for the sealer, which comes every few seconds.")
STRAY = Point(Standing.TAMPERED, PLACE, "It has no place in the tree and waits for none: it came in another way.")


class Checker:
    """Checks records against one state of the tree, which it reads once."""

    def __init__(self) -> None:
        self.seal: Seal = current_seal()
        # Records of a trace lie side by side: their proofs share most nodes.
        self._node = lru_cache(maxsize=4096)(tree_store.node)

    def verdict(self, entry: Entry) -> Verdict:
        return self.verdicts([entry])[0]

    def verdicts(self, entries: Sequence[Entry]) -> list[Verdict]:
        """The verdict on each of the entries."""
        ids = [entry.record.pk for entry in entries]
        leaves = {leaf.record_id: leaf for leaf in Leaf.objects.filter(record_id__in=ids).order_by()}
        queued = set(Unsealed.objects.filter(record_id__in=ids).values_list("record_id", flat=True))
        return [
            self._verdict(entry, leaves.get(pk), is_queued=pk in queued) for entry, pk in zip(entries, ids, strict=True)
        ]

    def _verdict(self, entry: Entry, leaf: Leaf | None, *, is_queued: bool) -> Verdict:
        check = record_check(entry.record)
        of_the_row = (*_bytes_points(entry, check), *_text_points(entry, check))
        if leaf is not None and leaf.seq < self.seal.size:
            return Verdict(entry, (*of_the_row, *self._place_points(entry, leaf)), leaf.seq)
        # One that was sealed since the head was read counts as waiting: it has a leaf.
        waits = is_queued or leaf is not None
        return Verdict(entry, (*of_the_row, WAITING if waits else STRAY), None)

    def _place_points(self, entry: Entry, leaf: Leaf) -> Iterator[Point]:
        """Where the record stands in the tree, and how that leads to the signed head."""
        digest = leaf_hash(bytes(entry.record.body))
        place = f"Leaf {leaf.seq:,} of {self.seal.size:,}"
        if digest != bytes(leaf.hash):
            yield _bad(PLACE, f"{place} was given to other bytes: the leaf’s hash is not theirs.")
            return
        yield _good(PLACE, f"{place}; its hash {_short(digest)} is that of the record’s bytes.")
        yield self._proof_point(leaf.seq, digest)
        yield from self._head_points

    def _proof_point(self, seq: int, digest: bytes) -> Point:
        try:
            proof = merkle.inclusion_proof(self._node, seq, self.seal.size)
        except LookupError:
            return _bad("Proof", "Nodes of the tree are missing: nothing leads from the record to the head.")
        holds = merkle.inclusion_holds(leaf=digest, index=seq, size=self.seal.size, proof=proof, root=self.seal.root)
        hashes = f"{len(proof)} hash{'es' if len(proof) != 1 else ''}"
        if not holds:
            return _bad("Proof", f"{hashes} lead to another root than the head’s: the tree was changed.")
        return _good("Proof", f"{hashes} lead from it to the root {_short(self.seal.root)}")

    @cached_property
    def _head_points(self) -> list[Point]:
        seal = self.seal
        head, at = seal.head, f"{seal.at:%-d %b %Y, %H:%M:%S} UTC" if seal.at else ""
        key = head.key_id if head else ""
        if not seal.is_authentic:
            return [_bad("Signed head", f"The head of {at} carries no valid signature by a known key ({key}).")]
        return [_good("Signed head", f"Root and size were signed {at} by key {key} (Ed25519)."), _saved_point(seal)]


def _saved_point(seal: Seal) -> Point:
    if seal.contradiction:
        return _bad("Kept outside", seal.contradiction)
    if seal.is_saved:
        besides = ", and the anchor has it" if seal.is_anchored else ""
        return _good("Kept outside", f"This head is in heads.jsonl, outside the database{besides}.")
    if seal.saved is None:
        return Point(
            Standing.VERIFIED, "Kept outside", "No head is kept outside the database: nobody could prove a cut."
        )
    return Point(
        Standing.VERIFIED, "Kept outside", f"heads.jsonl has the head of {seal.saved_size:,} records; this one follows."
    )


def _bytes_points(entry: Entry, check: RecordCheck) -> Iterator[Point]:
    """Whether the record's bytes are authentic, and the columns beside them say the same."""
    record = entry.record
    if check.authentic:
        yield _good("Code", f"The bytes carry a valid code (HMAC-SHA256) by key {record.key_id}.")
    elif record.key_id not in hmac_keys():
        yield _bad("Code", f"The bytes are authenticated by a key that is not known here ({record.key_id}).")
    else:
        yield _bad("Code", "The bytes are not those that were recorded: their code doesn’t fit.")
    if check.columns:
        yield _bad("Columns", f"Not as the bytes have it: {', '.join(check.columns)}.")
    elif check.authentic:
        yield _good("Columns", "What is searched and listed says what the bytes say.")


def _text_points(entry: Entry, check: RecordCheck) -> Iterator[Point]:
    """Whether each personal text is the one that the record is bound to."""
    for name, state in check.texts.items():
        title, bound = f"Text “{name}”", _short(entry.commitments.get(name, ""))
        if state == "changed":
            yield _bad(title, "It is not the text that was recorded, or not of the person it was.", name)
        elif state == "erased":
            yield _good(title, f"It was erased; its commitment {bound} stays provable.", name)
        else:
            yield _good(title, f"It matches its commitment {bound}", name)


def _good(title: str, detail: str, text: str = "") -> Point:
    return Point(Standing.VERIFIED, title, detail, text)


def _bad(title: str, detail: str, text: str = "") -> Point:
    return Point(Standing.TAMPERED, title, detail, text)


def _short(digest: bytes | str) -> str:
    """The beginning of a hash."""
    return (digest if isinstance(digest, str) else digest.hex())[:SHOWN_DIGITS] + "…"
