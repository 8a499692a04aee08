"""``record()``: the only writer of the ledger."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from audit import events
from audit.appending import append
from audit.canonical import authentication_code, canonical_bytes, commitment
from audit.keys import hmac_key
from audit.models import PersonalText, Record
from aurora_site.core.redaction import redact, redact_data

SALT_BYTES = 32
# The name in a record's ``redactions`` of what was taken out of its data.
DATA = "data"


def record(
    *,
    event: str,
    organization_id: object = "",
    actor_id: object = "",
    subject: tuple[str, object] = ("", ""),
    data: Mapping[str, Any] | None = None,
    personal: Mapping[str, str] | None = None,
    person_id: object = "",
    trace_id: object = "",
) -> Record:
    """Append one record in the caller's transaction (its own, when there is none).

    ``personal`` texts (question, answer…) are redacted, stored apart where they can be erased, and bound into the record
    by salted commitments. They are of ``person_id``, or of the actor when that isn't given. ``data`` is redacted too, but
    can never be erased: keep text of people out of it.
    Raises ValueError when ``data`` can't be written as JSON, and outside of production UnknownEvent for an event or a
    field that no ``ledger_events.py`` declares.
    """
    at = timezone.now()
    texts = {name: redact(text) for name, text in (personal or {}).items() if text}
    events.check(event, data or (), texts)
    salts = {name: secrets.token_bytes(SALT_BYTES) for name in texts}
    cleaned = redact_data(dict(data or {}))
    redactions = {name: text.counts for name, text in texts.items()} | {DATA: cleaned.counts}
    row = Record(
        at=at,
        event=event,
        organization_id=str(organization_id or ""),
        actor_id=str(actor_id or ""),
        subject_type=subject[0],
        subject_id=str(subject[1] or ""),
        trace_id=str(trace_id or ""),
    )
    person = str(person_id or row.actor_id)
    row.body = canonical_bytes(
        {
            "version": 1,
            "id": str(row.id),
            "at": at.isoformat(timespec="microseconds"),
            "event": event,
            "organization_id": row.organization_id,
            "actor_id": row.actor_id,
            "subject": {"type": row.subject_type, "id": row.subject_id},
            "trace_id": row.trace_id,
            "data": cleaned.data,
            "texts": {name: commitment(salts[name], texts[name].text) for name in texts},
            # Whose texts they are is bound too: who could change that would have the wrong person's erased.
            **({"person_id": person} if texts else {}),
            "redactions": {name: counts for name, counts in redactions.items() if counts},
        }
    )
    row.key_id, key = hmac_key()
    row.code = authentication_code(key, row.body)
    append(
        row,
        [
            PersonalText(record=row, name=name, person_id=person, salt=salts[name], text=texts[name].text)
            for name in texts
        ],
    )
    return row
