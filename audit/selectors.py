"""Reads of the ledger: records as JSON, their places in the tree, and whether a record's bytes still match its code."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from audit.canonical import authentication_code
from audit.filters import RecordFilter
from audit.keys import hmac_keys
from audit.models import Leaf, Record, Unsealed


def records_for(organization_id: object) -> QuerySet[Record]:
    """An organisation's records, newest first, with their personal texts fetched."""
    return records_matching(RecordFilter(organization_id=str(organization_id)))


@dataclass(frozen=True)
class Told:
    """What a record tells, and by which key it is authenticated."""

    data: dict[str, Any]
    key_id: str


def latest_of(event: str) -> Told | None:
    """The newest record of an event; None when there is none."""
    row = Record.objects.filter(event=event).order_by("-at", "-id").first()
    return Told(_body(row)["data"], row.key_id) if row else None


def records_matching(wanted: RecordFilter) -> QuerySet[Record]:
    """The records that a filter is about, newest first, with their personal texts fetched."""
    return wanted.apply(Record.objects.all()).prefetch_related("texts")


def places_of(record_ids: Iterable[UUID]) -> dict[UUID, int]:
    """The sequence numbers of those of the records that are sealed."""
    return dict(Leaf.objects.filter(record_id__in=list(record_ids)).values_list("record_id", "seq"))


def waiting_for_sealer(wanted: RecordFilter) -> int:
    """How many of the records that a filter is about have no place in the tree yet."""
    return wanted.apply(Record.objects.filter(pk__in=Unsealed.objects.values("record_id"))).count()


def newest_key_id() -> str:
    """The id of the key that authenticates the newest record; empty when there is none."""
    return Record.objects.order_by("-at", "-id").values_list("key_id", flat=True).first() or ""


def record_is_authentic(record: Record) -> bool:
    """Whether the stored bytes carry a valid code by a known key. False also when the key is unknown."""
    key = hmac_keys().get(record.key_id)
    if key is None:
        return False
    return hmac.compare_digest(authentication_code(key, bytes(record.body)).encode(), record.code.encode())


def record_as_json(record: Record) -> dict[str, Any]:
    """A record as the API shows it: its body's fields, the texts that were not erased, and whether it is authentic.
    ``erased`` names the texts that the record is bound to and that are gone."""
    body = _body(record)
    personal = {text.name: text.text for text in record.texts.all()}
    bound = body.get("texts")
    return {
        **body,
        "personal": personal,
        "erased": sorted(set(bound) - set(personal)) if isinstance(bound, dict) else [],
        "key_id": record.key_id,
        "code": record.code,
        "authentic": record_is_authentic(record),
    }


def _body(record: Record) -> dict[str, Any]:
    """The body's fields; where somebody spoiled it, what the columns say."""
    try:
        body = json.loads(bytes(record.body))
        if isinstance(body, dict):
            return body
    except (ValueError, RecursionError):
        pass
    return {
        "id": str(record.pk),
        "at": record.at.isoformat(timespec="microseconds"),
        "event": record.event,
        "organization_id": record.organization_id,
        "actor_id": record.actor_id,
        "subject": {"type": record.subject_type, "id": record.subject_id},
        "trace_id": record.trace_id,
    }
