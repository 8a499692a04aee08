"""The one way to change incidents: hold the organisation's lock, write the timeline, tell who listens.

Everything that changes incidents of an organisation happens inside ``journal(organization_id)``, one at a time; so two
first alerts at once can't open two incidents, and what has a higher ``seq`` was committed later.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from aurora_site.accounts.models import Organization
from incidents.models import Incident, IncidentLog, TimelineEntry

logger = logging.getLogger(__name__)

# Called in the transaction, with what it adds to timelines.
InTransaction = Callable[[Sequence[TimelineEntry]], None]
# Called after the commit, with the organisation and the number of the last entry.
AfterCommit = Callable[[UUID, int], None]

# Each with the kinds of entries that it hears of; None for all.
_in_transaction: dict[InTransaction, frozenset[str] | None] = {}
_after_commit: list[AfterCommit] = []


def listen(
    *,
    in_transaction: InTransaction | None = None,
    kinds: Iterable[str] | None = None,
    after_commit: AfterCommit | None = None,
) -> None:
    """Hear of what is added to timelines, in the transaction of ``kinds`` alone where given; for ``AppConfig.ready()``."""
    if in_transaction is not None:
        _in_transaction[in_transaction] = None if kinds is None else frozenset(kinds)
    if after_commit is not None and after_commit not in _after_commit:
        _after_commit.append(after_commit)


class Journal:
    """An organisation's incidents while nobody else changes them. Made by ``journal``."""

    def __init__(self, log: IncidentLog) -> None:
        self.organization_id: UUID = log.organization_id
        self.now = timezone.now()
        self._log = log
        self._began = log.last_seq, log.last_number
        self._entries: list[TimelineEntry] = []

    def next_number(self) -> int:
        """The number of a new incident."""
        self._log.last_number += 1
        return self._log.last_number

    def add(
        self,
        incident: Incident,
        kind: str,
        *,
        actor_id: str = "",
        text: str = "",
        data: Mapping[str, Any] | None = None,
        at: datetime | None = None,
    ) -> TimelineEntry:
        """Add to an incident's timeline; ``actor_id`` stays empty for Aurora itself. Stored when the journal closes."""
        self._log.last_seq += 1
        entry = TimelineEntry(
            organization_id=self.organization_id,
            seq=self._log.last_seq,
            incident=incident,
            kind=kind,
            actor_id=actor_id,
            text=text,
            data=dict(data or {}),
            at=at or self.now,
        )
        self._entries.append(entry)
        return entry

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """A part that may fail by itself: then its rows, entries and numbers are undone, and what was before it stays."""
        entries, seq, number = len(self._entries), self._log.last_seq, self._log.last_number
        try:
            with transaction.atomic():
                yield
        except BaseException:
            del self._entries[entries:]
            self._log.last_seq, self._log.last_number = seq, number
            raise

    def close(self) -> None:
        """Store what was added, and tell who listens."""
        if (self._log.last_seq, self._log.last_number) != self._began:
            self._log.save(update_fields=["last_seq", "last_number"])
        if not self._entries:
            return
        TimelineEntry.objects.bulk_create(self._entries)
        for listener, kinds in _in_transaction.items():
            heard = [entry for entry in self._entries if kinds is None or entry.kind in kinds]
            if heard:
                _tell(listener, heard)
        organization_id, last_seq = self.organization_id, self._log.last_seq
        for ring in _after_commit:
            transaction.on_commit(partial(ring, organization_id, last_seq), robust=True)


def _tell(listener: InTransaction, entries: Sequence[TimelineEntry]) -> None:
    """Have a listener hear of entries. A mistake in it, which is logged, must not keep alerts from becoming incidents."""
    try:
        with transaction.atomic():
            listener(entries)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("a listener failed to follow %d timeline entries", len(entries))


@contextmanager
def journal(organization_id: UUID) -> Iterator[Journal]:
    """Change an organisation's incidents, in one transaction that waits for its turn."""
    with transaction.atomic():
        opened = Journal(_locked(organization_id))
        yield opened
        opened.close()


def log_open(sender: object, instance: Organization, created: bool, **_: object) -> None:
    """Give a new organisation its log, so that its first changes, many at once perhaps, find a lock; for ``post_save``."""
    if created:
        IncidentLog.objects.create(organization=instance)


def _locked(organization_id: UUID) -> IncidentLog:
    rows = IncidentLog.objects.for_organization(organization_id).select_for_update()
    log = rows.first()
    if log is None:
        # An organisation from before there were logs. Its row decides who makes the log: two inserts of one key deadlock in
        # MariaDB. In PostgreSQL the lock is one that rows which refer to the organisation don't wait for.
        no_key = connection.features.has_select_for_no_key_update
        Organization.objects.select_for_update(no_key=no_key).filter(pk=organization_id).first()
        IncidentLog.objects.get_or_create(organization_id=organization_id)
        log = rows.get()
    return log
