"""What a silence would have matched lately, said before and after it is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from incidents.models import Alert, Silence
from incidents.silences import matches
from incidents.silencing import facts_of

LATELY = timedelta(days=1)
# The newest alerts of the last day; more of them would make the page wait.
MOST_LOOKED_AT = 2000
TITLES_TOLD = 3
NEGATIVE = ("!=", "!~")


@dataclass(frozen=True)
class Preview:
    """How many of the ``looked_at`` newest alerts of a day match, the first titles, and what is odd about it."""

    matched: int
    looked_at: int
    titles: Sequence[str]
    warnings: Sequence[str]

    def __str__(self) -> str:
        told = f"It matches {self.matched} of the {self.looked_at} newest alerts of the last day"
        return f"{told}: {'; '.join(self.titles)}." if self.titles else f"{told}."


def silence_preview(silence: Silence, service_ids: set[UUID]) -> Preview:
    """Compare a silence, which need not be stored, with the organisation's alerts of the last day."""
    alerts = Alert.objects.for_organization(silence.organization_id).filter(received_at__gte=timezone.now() - LATELY)
    newest = alerts.select_related("service").defer("payload", "annotations").order_by("-received_at")
    facts = [facts_of(alert) for alert in newest[:MOST_LOOKED_AT]]
    found = [each for each in facts if matches(silence, each, service_ids)]
    warnings = [
        f"No alert of the last day has “{matcher['name']}”, so “{matcher['operator']}” holds for all of them."
        for matcher in silence.matchers
        if matcher["operator"] in NEGATIVE and facts and not any(each.value(matcher["name"]) for each in facts)
    ]
    if facts and not found:
        warnings.insert(0, "It matches nothing that came in the last day.")
    if facts and len(found) == len(facts):
        warnings.insert(0, "It matches everything that came in the last day.")
    return Preview(len(found), len(facts), [each.title for each in found[:TITLES_TOLD]], warnings)
