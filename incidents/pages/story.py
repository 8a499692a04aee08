"""An incident's timeline in words: who did what, when, and what was said."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator

from agents.pages.wording import sentence
from incidents.models import Incident, TimelineEntry
from incidents.pages.people import names_of
from incidents.pages.wording import source_title

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
MERGES = ("incident.merged", "incident.unmerged")
INCIDENT_NUMBER = re.compile(r"#(\d+)")
# Entries whose text says what the title does.
TOLD_BY_THE_TITLE = ("incident.opened", "alert.joined")


@dataclass(frozen=True)
class Step:
    """An entry as the page shows it; ``by`` is empty for Aurora itself. ``other``: the incident that it went into, or
    that came into it (``id`` and ``number``)."""

    entry: TimelineEntry
    sign: str
    title: str
    by: str
    alert_title: str
    alert_id: str
    text: str
    is_note: bool
    other: Mapping[str, Any] | None = None

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
    people = [entry.actor_id for entry in listed] + [each for entry in listed for each in _people_in(entry)]
    names = names_of(people, own_id=own_id)
    return [_step(entry, names) for entry in listed]


def _step(entry: TimelineEntry, names: Mapping[str, str]) -> Step:
    alert = entry.data.get("alert") if isinstance(entry.data, dict) else None
    alert = alert if isinstance(alert, dict) else {}
    title = WORDS.get(entry.kind, sentence(entry.kind))
    text = _told(entry, names)
    says_no_more = entry.kind in TOLD_BY_THE_TITLE or text.rstrip(".").lower() == title.lower()
    return Step(
        entry=entry,
        sign=SIGNS.get(entry.kind, "clock"),
        title=_titled(entry, title),
        by=names.get(entry.actor_id, ""),
        alert_title=_text(alert.get("title")),
        alert_id=_text(alert.get("id")),
        text="" if says_no_more else text,
        is_note=entry.kind == "incident.note",
        other=_other(entry),
    )


def _titled(entry: TimelineEntry, title: str) -> str:
    """The title; what opened it is called as its source is."""
    source = re.fullmatch(r"An alert of (\S+) opened it\.", entry.text) if entry.kind == "incident.opened" else None
    return f"An alert of {source_title(source[1])} opened it" if source else title


def _told(entry: TimelineEntry, names: Mapping[str, str]) -> str:
    """The entry's text, with the person whom it speaks of."""
    people = [names.get(each, "") for each in _people_in(entry)]
    if entry.kind == "incident.assigned":
        return f"Assigned to {people[0]}." if people else "Assigned to nobody."
    if entry.kind.startswith("incident.responder_") and people:
        verb = "respond" if people[0] == "you" else "responds"
        said = entry.text.removeprefix("Responds").strip()
        return f"{people[0][:1].upper()}{people[0][1:]} {verb} {said}"
    if entry.kind in MERGES:
        return INCIDENT_NUMBER.sub(r"INC-\1", entry.text)
    return entry.text


def _people_in(entry: TimelineEntry) -> list[str]:
    """The ids of those whom an entry is about, beside who did it."""
    data = entry.data if isinstance(entry.data, dict) else {}
    assignee = data.get("assignee")
    named = assignee.get("to") if isinstance(assignee, dict) else data.get("user")
    return [named] if isinstance(named, str) and named else []


def _other(entry: TimelineEntry) -> Mapping[str, Any] | None:
    if entry.kind not in MERGES or not isinstance(entry.data, dict):
        return None
    named = [entry.data.get("source"), entry.data.get("target")]
    found = [each for each in named if isinstance(each, dict) and each.get("id") and each.get("number")]
    return next((each for each in found if each["id"] != str(entry.incident_id)), None)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
