"""Removing an organisation's old records from the ledger, so that everybody sees what was removed.

A summary (``audit.pruned``) is written and sealed first: how many records of each event go, and a digest of their places
in the tree and their leaf hashes. Then, in one transaction, their places are noted as pruned and the records and their
texts deleted. The leaves stay, so every head and every proof still holds. Whatever is interrupted goes on with the next
call. The ledger's records about itself stay for ever.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, router, transaction
from django.db.models import QuerySet

from audit import sealing
from audit.models import Leaf, PersonalText, Pruned, Record
from audit.services import record
from aurora_site.core.retention import Kind

logger = logging.getLogger(__name__)

EVENT = "audit.pruned"
# What the ledger says of itself.
KEPT_FOR_EVER = "audit."
MINIMUM_DAYS = 90
BATCH = 10_000
ROWS_AT_ONCE = 1_000
# How long a summary may wait for its seal, where another process is the sealer.
SEAL_SECONDS = 20.0
PAUSE_SECONDS = 0.1

# Place in the tree, record, leaf hash.
Place = tuple[int, UUID, bytes]


def ledger_prune(*, organization_id: str, before: datetime, dry_run: bool = False) -> int:
    """Remove an organisation's records from before a time; how many. Records that aren't sealed yet stay.

    Raises what sealing raises, and leaves the rest to the next call.
    """
    if dry_run:
        return _old(organization_id, before).count()
    try:
        removed = _go_on(organization_id, before)
        start = 0
        while places := _places(_old(organization_id, before).filter(seq__gte=start), BATCH):
            summary = _summarize(organization_id, before, places)
            if not _sealed(summary.pk):
                logger.warning("pruning waits for the sealer: record %s isn't sealed yet", summary.pk)
                break
            removed += _remove(summary.pk, places)
            start = places[-1][0] + 1
    except IntegrityError as error:
        logger.warning("pruning leaves the rest to whoever prunes at the same time: %s", error)
        return 0
    return removed


def digest_of(places: Sequence[tuple[int, bytes]]) -> str:
    """SHA-256, hexadecimal, over the place (8 bytes, big-endian) and the leaf hash of each, in the order of places."""
    digest = hashlib.sha256()
    for seq, leaf_hash in sorted(places):
        digest.update(seq.to_bytes(8, "big") + bytes(leaf_hash))
    return digest.hexdigest()


def _old(organization_id: str, before: datetime) -> QuerySet[Leaf]:
    """The places of the records that may go."""
    records = Record.objects.filter(organization_id=organization_id, at__lt=before)
    return Leaf.objects.filter(record_id__in=_own(records).order_by().values("pk"))


def _own(records: QuerySet[Record]) -> QuerySet[Record]:
    return records.exclude(event__startswith=KEPT_FOR_EVER)


def _places(leaves: QuerySet[Leaf], limit: int) -> list[Place]:
    rows = leaves.order_by("seq").values_list("seq", "record_id", "hash")[:limit]
    return [(seq, record_id, bytes(leaf_hash)) for seq, record_id, leaf_hash in rows]


def _summarize(organization_id: str, before: datetime, places: Sequence[Place]) -> Record:
    """The record of what is about to go."""
    events: Counter[str] = Counter()
    for part in _parts(places):
        events.update(
            Record.objects.filter(pk__in=[pk for _, pk, _ in part]).order_by().values_list("event", flat=True)
        )
    return record(
        event=EVENT,
        organization_id=organization_id,
        subject=("organization", organization_id),
        data={
            "before": before.isoformat(),
            "first_seq": places[0][0],
            "last_seq": places[-1][0],
            "count": len(places),
            "events": dict(sorted(events.items())),
            "digest": digest_of([(seq, leaf_hash) for seq, _, leaf_hash in places]),
        },
    )


def _sealed(record_id: UUID) -> bool:
    """Seal until this record has its place in the tree; False when another sealer keeps it waiting."""
    deadline = time.monotonic() + SEAL_SECONDS
    while True:
        sealing.seal_all()
        if Leaf.objects.filter(record_id=record_id).exists():
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(PAUSE_SECONDS)


def _remove(summary_id: UUID, places: Sequence[Place]) -> int:
    """Note the places as pruned and delete their records and texts. Raises IntegrityError when another has."""
    with transaction.atomic():
        Pruned.objects.bulk_create(
            [Pruned(seq=seq, summary_id=summary_id) for seq, _, _ in places], batch_size=ROWS_AT_ONCE
        )
        for part in _parts(places):
            ids = [pk for _, pk, _ in part]
            PersonalText.objects.filter(record_id__in=ids).delete()
            # The one way in which records go: the ORM's own refuses, and the database lets only pruned ones go.
            QuerySet(Record).filter(pk__in=ids)._raw_delete(router.db_for_write(Record))
    return len(places)


def _parts(places: Sequence[Place]) -> list[Sequence[Place]]:
    return [places[start : start + ROWS_AT_ONCE] for start in range(0, len(places), ROWS_AT_ONCE)]


def _go_on(organization_id: str, before: datetime) -> int:
    """Finish what was interrupted between the summary and the removal; how many records went."""
    summaries = Record.objects.filter(organization_id=organization_id, event=EVENT).order_by("at", "id")
    finished = Pruned.objects.order_by().values("summary_id").distinct()
    return sum(_finish(summary, organization_id, before) for summary in summaries.exclude(pk__in=finished))


def _finish(summary: Record, organization_id: str, before: datetime) -> int:
    told: dict[str, Any] = json.loads(bytes(summary.body))["data"]
    wanted = datetime.fromisoformat(told["before"])
    if wanted > before:
        return 0
    leaves = _old(organization_id, wanted).filter(seq__gte=told["first_seq"], seq__lte=told["last_seq"])
    places = _places(leaves, told["count"] + 1)
    if digest_of([(seq, leaf_hash) for seq, _, leaf_hash in places]) != told["digest"]:
        # Another took some of them meanwhile. The summary stands for nothing then, and another one covers the rest.
        return 0
    return _remove(summary.pk, places) if _sealed(summary.pk) else 0


KIND = Kind(
    name="ledger",
    meaning="Records of the ledger. A sealed summary says what was removed, and every proof still holds.",
    minimum_days=MINIMUM_DAYS,
    prune=ledger_prune,
)
