"""Records as pages read them: the body parsed, its texts beside it, what was erased named."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from audit.models import Record
from audit.selectors import records_for

# A trace has a dozen records; one that has more than this is shown up to here.
MOST_RECORDS = 300


@dataclass(frozen=True)
class Entry:
    """A record with its ``body`` parsed (empty when it can't be read any more) and the ``texts`` that are not erased."""

    record: Record
    body: Mapping[str, Any]
    texts: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, record: Record) -> Entry:
        texts = {text.name: text.text for text in record.texts.all()}
        return cls(record, _parsed(bytes(record.body)), texts)

    @property
    def event(self) -> str:
        return self.record.event

    @property
    def at(self) -> datetime:
        return self.record.at

    @property
    def data(self) -> Mapping[str, Any]:
        return _mapping(self.body.get("data"))

    @property
    def people(self) -> list[str]:
        """Ids of users that the record may name."""
        told = [value for value in self.data.values() if isinstance(value, str) and value.startswith("user_")]
        return [self.record.actor_id, *told]

    @property
    def commitments(self) -> Mapping[str, str]:
        """What the record is bound to, by the texts' names."""
        return _mapping(self.body.get("texts"))

    @property
    def erased(self) -> list[str]:
        """The names of texts that the record is bound to and that are no longer kept."""
        return [name for name in self.commitments if name not in self.texts]

    @property
    def redactions(self) -> Mapping[str, Mapping[str, int]]:
        """How many findings of each kind were taken out of each text."""
        return {name: _mapping(counts) for name, counts in _mapping(self.body.get("redactions")).items()}

    @property
    def run_id(self) -> str:
        """The run that the record is about; empty for others."""
        if self.record.subject_type == "run":
            return self.record.subject_id
        return str(self.data.get("run") or self.data.get("run_id") or "")


def trace_entries(*, organization_id: object, trace_id: str) -> list[Entry]:
    """All that the organisation's ledger has of a trace, oldest first."""
    return _entries(records_for(organization_id).filter(trace_id=trace_id))


def own_entries(*, organization_id: object, trace_id: str, user_id: str, run_ids: Collection[object]) -> list[Entry]:
    """What it has of a trace about a person's own runs, and what the person did in it, oldest first."""
    own = Q(actor_id=user_id) | Q(subject_type="run", subject_id__in=[str(each) for each in run_ids])
    return _entries(records_for(organization_id).filter(own, trace_id=trace_id))


def _entries(records: QuerySet[Record]) -> list[Entry]:
    return [Entry.of(record) for record in records.order_by("at", "id")[:MOST_RECORDS]]


def _parsed(body: bytes) -> Mapping[str, Any]:
    try:
        return _mapping(json.loads(body))
    except ValueError:
        return {}


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def texts_named(entries: Sequence[Entry], name: str) -> Entry | None:
    """The first entry that is bound to a text of this name, erased or not."""
    return next((entry for entry in entries if name in entry.texts or name in entry.erased), None)
