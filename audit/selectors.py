"""Reads of the ledger: records as JSON, and whether a record's bytes still match its code."""

from __future__ import annotations

import hmac
import json
from typing import Any

from django.db.models import QuerySet

from audit.canonical import authentication_code
from audit.keys import hmac_keys
from audit.models import Record


def records_for(organization_id: object) -> QuerySet[Record]:
    """An organisation's records, newest first, with their personal texts fetched."""
    return Record.objects.filter(organization_id=str(organization_id)).prefetch_related("texts")


def newest_key_id() -> str:
    """The id of the key that authenticates the newest record; empty when there is none."""
    return Record.objects.order_by("-at", "-id").values_list("key_id", flat=True).first() or ""


def record_is_authentic(record: Record) -> bool:
    """Whether the stored bytes carry a valid code by a known key. False also when the key is unknown."""
    key = hmac_keys().get(record.key_id)
    if key is None:
        return False
    return hmac.compare_digest(authentication_code(key, bytes(record.body)), record.code)


def record_as_json(record: Record) -> dict[str, Any]:
    """A record as the API shows it: its body's fields, the texts that were not erased, and whether it is authentic."""
    body = json.loads(bytes(record.body))
    return {
        **body,
        "personal": {text.name: text.text for text in record.texts.all()},
        "key_id": record.key_id,
        "code": record.code,
        "authentic": record_is_authentic(record),
    }
