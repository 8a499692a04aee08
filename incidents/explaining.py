"""What Aurora would make of a body, and from what an alert's fingerprint was made. Changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from incidents.fingerprint import VERSION
from incidents.intake import kept_headers
from incidents.models import Alert, Delivery, Integration
from incidents.observations import Observation, delivery_read
from incidents.sources.base import UnreadablePayload

RECIPE = (
    "SHA-256 over the version, the source, the integration's id (where ids of the source hold within one integration alone) "
    "and the sorted names and values, each preceded by its length in bytes and a colon."
)


@dataclass(frozen=True)
class DryRun:
    """What a body says: observations with the alert of theirs that fires now, if any; or why it can't be read."""

    observations: list[tuple[Observation, Alert | None]]
    note: str = ""
    problem: str = ""


def dry_run(integration: Integration, *, body: bytes, headers: Mapping[str, str], at: datetime) -> DryRun:
    """Read a body as if the integration's sender had sent it now; nothing is stored."""
    delivery = Delivery(
        organization_id=integration.organization_id,
        integration=integration,
        headers=kept_headers(headers),
        body=body,
        received_at=at,
    )
    try:
        reading = delivery_read(delivery)
    except UnreadablePayload as error:
        return DryRun([], problem=str(error))
    firing = _firing(integration.organization_id, {each.fingerprint for each in reading.observations})
    return DryRun([(each, firing.get(each.fingerprint)) for each in reading.observations], note=reading.note)


def fingerprint_as_json(fingerprint: str, parts: Any) -> dict[str, Any]:
    """A fingerprint and what went into it, in order."""
    return {"fingerprint": fingerprint, "version": VERSION, "parts": list(parts), "recipe": RECIPE}


def _firing(organization_id: UUID, fingerprints: set[str]) -> dict[str, Alert]:
    rows = Alert.objects.for_organization(organization_id).filter(open_key__in=fingerprints)
    return {row.fingerprint: row for row in rows.defer("payload")}
