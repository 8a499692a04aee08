"""An incident's timeline in words: who did what, when, and what was said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator

from agents.pages.wording import sentence
from incidents.models import Incident, TimelineEntry
from incidents.pages.people import names_of

ENTRIES_ON_A_PAGE = 30
SIGNS = {
    "incident.note": "edit",
    "incident.resolved": "state-resolved",
    "incident.acknowledged": "state-acknowledged",
    "incident.assigned": "person",
    "incident.snoozed": "state-snoozed",
    "incident.merged": "state-merged",
    "incident.unmerged": "state-merged",
    "incident.responder_added": "person",
    "incident.responder_removed": "person",
    "alert.joined": "bell",
    "alert.refired": "bell",
    "alert.resolved": "check",
    "notification.dead": "warning",
    "alert.flapping": "warning",
}
WORDS = {
    "incident.opened": "An alert opened it",
    "incident.created": "Reported",
    "incident.updated": "Changed",
    "incident.resolved": "Resolved",
    "incident.reopened": "Reopened",
    "incident.merged": "Merged",
    "incident.unmerged": "Merge undone",
    "incident.acknowledged": "Acknowledged",
    "incident.assigned": "Assigned",
    "incident.snoozed": "Snoozed",
    "incident.unsnoozed": "No longer snoozed",
    "incident.severity": "Severity changed",
    "incident.note": "Note",
    "incident.feedback": "Feedback",
    "incident.responder_added": "Responder added",
    "incident.responder_removed": "Responder left",
    "alert.joined": "Alert joined",
    "alert.resolved": "Alert resolved",
    "alert.refired": "Alert fired again",
    "alert.flapping": "Alert flaps",
    "alert.settled": "Alert settled",
    "alert.silenced": "Alert silenced",
    "notification.dead": "Notification given up",
}
# Entries whose text says what the title does.
TOLD_BY_THE_TITLE = ("incident.opened", "alert.joined")


@dataclass(frozen=True)
class Step:
    """An entry as the page shows it; ``by`` is empty for Aurora itself."""

    entry: TimelineEntry
    sign: str
    title: str
    by: str
    alert_title: str
    alert_id: str
    text: str
    is_note: bool

    @property
    def at(self) -> datetime:
        return self.entry.at


def story_page(incident: Incident, number: str | None, *, oldest_first: bool) -> Page:
    """A page of an incident's entries."""
    entries = TimelineEntry.objects.for_organization(incident.organization_id).filter(incident=incident)
    return Paginator(entries.order_by("seq" if oldest_first else "-seq"), ENTRIES_ON_A_PAGE).get_page(number)


def steps_of(entries: Iterable[TimelineEntry], own_id: str) -> list[Step]:
    """The entries in words, with the people named."""
    listed = list(entries)
    names = names_of((entry.actor_id for entry in listed), own_id=own_id)
    return [_step(entry, names) for entry in listed]


def _step(entry: TimelineEntry, names: Mapping[str, str]) -> Step:
    alert = entry.data.get("alert") if isinstance(entry.data, dict) else None
    alert = alert if isinstance(alert, dict) else {}
    title = WORDS.get(entry.kind, sentence(entry.kind))
    says_no_more = entry.kind in TOLD_BY_THE_TITLE or entry.text.rstrip(".").lower() == title.lower()
    return Step(
        entry=entry,
        sign=SIGNS.get(entry.kind, "clock"),
        title=title,
        by=names.get(entry.actor_id, ""),
        alert_title=_text(alert.get("title")),
        alert_id=_text(alert.get("id")),
        text="" if says_no_more else entry.text,
        is_note=entry.kind == "incident.note",
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
