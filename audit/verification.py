"""Verification: whether the ledger is what was written and signed, and if not, what is the first thing that isn't.

Checked are every record against its code, its columns, its personal texts and its leaf; the tree of leaves against its
stored nodes and every signed head; heads kept outside of the database; records that wait for the sealer; what lies
beside all that; and what retention removed. A personal text that is missing was erased, which is no fault.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson

from audit import heads, restoring
from audit.errors import BadLedgerQuery
from audit.keys import hmac_keys
from audit.merkle import leaf_hash
from audit.models import Leaf, PersonalText, Record, TreeHead
from audit.verifying import organization, outside, processes, pruning, unplaced
from audit.verifying.findings import Finding, first
from audit.verifying.ranges import BLOCK, Checked, Range, unsigned
from audit.verifying.records import RecordChecker, StoredText, as_stored, changed_columns, changed_texts

State = Literal["sound", "tampered", "unchecked"]
TextState = Literal["kept", "erased", "changed"]
# Leaves that one process checks at once.
LEAVES = 1 << 14


@dataclass(frozen=True)
class Report:
    """What verification came to. ``checked`` counts records; ``head`` is the newest signed head (JSON); ``first_bad`` is
    ``{"seq", "record_id", "what"}``; warnings tell what could not be proven."""

    state: State
    checked: int
    head: dict[str, Any] | None
    first_bad: dict[str, Any] | None = None
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class RecordCheck:
    """One record: whether its code is right, which columns differ from its bytes, how its texts are, its place in the
    tree (None while it waits), and whether the leaf there is its own."""

    authentic: bool
    columns: list[str]
    texts: dict[str, TextState]
    seq: int | None
    leaf: bool

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong; so may be a record that waits for its place."""
        placed = self.leaf or self.seq is None
        return self.authentic and not self.columns and placed and "changed" not in self.texts.values()


def record_check(record: Record) -> RecordCheck:
    """Check one record by itself. Whether its leaf is in the signed tree, an inclusion proof tells."""
    columns = as_stored(record)
    leaf = Leaf.objects.filter(record_id=record.pk).first()
    seq = leaf.seq if leaf else None
    own = leaf is not None and bytes(leaf.hash) == leaf_hash(columns.body)
    if RecordChecker(hmac_keys()).code_fault(columns):
        return RecordCheck(authentic=False, columns=[], texts={}, seq=seq, leaf=own)
    body = orjson.loads(columns.body)
    texts = [StoredText(text.name, text.person_id, bytes(text.salt), text.text) for text in record.texts.all()]
    states: dict[str, TextState] = dict.fromkeys(body["texts"], "erased")
    states |= dict.fromkeys((text.name for text in texts), "kept")
    states |= dict.fromkeys(changed_texts(body, texts), "changed")
    return RecordCheck(True, changed_columns(columns, body), states, seq, own)


def verify(
    *,
    saved_heads: Iterable[outside.Head] | None = None,
    organization_id: object = None,
    from_seq: int = 0,
    workers: int = 1,
    seconds: float | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Verify the ledger; with ``organization_id`` the whole tree, but that organisation's records alone.

    ``saved_heads`` come from outside of the database: those that this installation keeps, if left out. Leaves before the
    block of ``from_seq`` are taken as the stored tree has them. More than one worker forks processes: for commands alone.
    After ``seconds`` it stops, unchecked. ``progress`` is told how many leaves of how many are done.
    Raises BadLedgerQuery when ``from_seq`` lies beyond the tree and no saved head tells of leaves that are gone, OSError
    when saved heads can't be read, and django.db.DatabaseError.
    """
    deadline = None if seconds is None else time.monotonic() + seconds
    head, bad_head = _newest_head()
    run = _Run(head, None if organization_id is None else str(organization_id), deadline)
    run.saved = outside.compare(outside.kept() if saved_heads is None else saved_heads, run.size)
    run.found(bad_head, run.saved.finding)
    if not 0 <= from_seq <= run.size and not run.checked.finding:
        raise BadLedgerQuery("from", f"Give a place from 0 to {run.size}, the number of signed leaves.")
    try:
        run.check_tree(max(0, from_seq), workers, progress)
        run.check_rest(whole=from_seq <= 0)
    except TimeoutError:
        run.warnings.append(f"Time was up after {run.checked.records} records; the rest was not checked.")
        return run.report("unchecked")
    return run.report("sound")


def _newest_head() -> tuple[TreeHead | None, Finding | None]:
    """The newest head that counts, and the first of those behind it that don't."""
    bad = None
    for head in TreeHead.objects.order_by("-size").iterator():
        if heads.head_is_authentic(head):
            return head, bad
        bad = unsigned(head.size)
    return None, bad


class _Run:
    """One verification under way."""

    def __init__(self, head: TreeHead | None, organization_id: str | None, deadline: float | None) -> None:
        self.head = head
        self.size = head.size if head else 0
        self.saved = outside.Saved()
        self.checked = Checked()
        self.warnings: list[str] = []
        self._organization_id = organization_id
        self._deadline = deadline

    def found(self, *findings: Finding | None) -> None:
        self.checked.finding = first(self.checked.finding, *findings)

    def check_tree(self, from_seq: int, workers: int, progress: Callable[[int, int], None] | None) -> None:
        """All leaves from the block of ``from_seq`` on, up to the first finding. Raises TimeoutError."""
        starts = range(min(from_seq, self.size) // BLOCK * BLOCK, self.size, LEAVES)
        work = [self._range(start, min(start + LEAVES, self.size)) for start in starts]
        for given, checked in processes.checked(work, workers):
            self._add(checked)
            if progress:
                progress(given.stop, self.size)
            if checked.finding:
                return
            if self._deadline and time.monotonic() > self._deadline:
                raise TimeoutError

    def _range(self, start: int, stop: int) -> Range:
        roots = [(size, root) for size, root in self.saved.roots if start < size <= stop]
        return Range(start, stop, roots, records=self._organization_id is None)

    def check_rest(self, *, whole: bool) -> None:
        """What isn't a leaf: an organisation's records, or the queue, stray rows and what retention removed."""
        if self._organization_id is not None:
            checked, waiting = organization.check(self._organization_id, self.size, self._deadline)
            self._add(checked)
        else:
            self.found(unplaced.check_placed(), pruning.check_pruned(self.size))
            queue = unplaced.check_waiting()
            waiting = queue.records
            self._add(queue)
            if whole and not self.checked.finding and self.checked.texts != PersonalText.objects.count():
                self.found(unplaced.text_alone())
        if waiting:
            self.warnings.append(f"{waiting} records wait for the sealer: nothing proves yet that they stay.")

    def _add(self, checked: Checked) -> None:
        self.checked.records += checked.records
        self.checked.texts += checked.texts
        self.found(checked.finding)

    def report(self, state: State) -> Report:
        finding = self.checked.finding
        newest = self.saved.newest
        if newest < self.size:
            since = f"from leaf {newest} on, which no saved head covers" if newest else "without a saved head"
            self.warnings.append(f"The tail is unproven {since}: it could have been cut and written anew.")
        self.warnings += restoring.warnings()
        return Report(
            state="tampered" if finding else state,
            checked=self.checked.records,
            head=heads.as_json(self.head) if self.head else None,
            first_bad=_named(finding) if finding else None,
            warnings=self.warnings,
        )


def _named(finding: Finding) -> dict[str, Any]:
    """A finding as JSON, with the id of the record whose leaf it names."""
    record_id = finding.record_id
    if record_id is None and finding.seq is not None:
        leaf = Leaf.objects.filter(seq=finding.seq).first()
        record_id = str(leaf.record_id) if leaf else None
    return {"seq": finding.seq, "record_id": record_id, "what": finding.what}
