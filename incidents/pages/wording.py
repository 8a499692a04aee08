"""The words and signs in which pages speak of incidents. A sign is the name of an icon: nothing is told by colour alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from agents.pages.wording import sentence
from incidents.models import MANUAL_SOURCE, AlertStatus, Incident, IncidentStatus, Severity
from incidents.sources.registry import UnknownSource, source

SEVERITY_WORDS = {str(severity): sentence(str(severity)) for severity in Severity}
STATUS_WORDS = {
    "": "Open",
    str(IncidentStatus.INVESTIGATING): "Investigating",
    str(IncidentStatus.ANALYZED): "Analysed",
    str(IncidentStatus.RESOLVED): "Resolved",
    str(IncidentStatus.MERGED): "Merged",
}
ALERT_WORDS = {str(AlertStatus.FIRING): "Firing", str(AlertStatus.RESOLVED): "Resolved"}


@dataclass(frozen=True)
class State:
    """An incident's state as people speak of it; ``sign`` is the icon's name."""

    sign: str
    words: str


def state_of(incident: Incident, now: datetime) -> State:
    """One state of the several that an incident has: the one that says what is to be done."""
    if incident.status == IncidentStatus.MERGED:
        return State("merged", "Merged")
    if incident.status == IncidentStatus.RESOLVED:
        return State("resolved", "Resolved")
    if incident.snoozed_until is not None and incident.snoozed_until > now:
        return State("snoozed", f"Snoozed until {incident.snoozed_until:%H:%M} UTC")
    if incident.acknowledged_at is not None:
        return State("acknowledged", "Acknowledged")
    if incident.status == IncidentStatus.ANALYZED:
        return State("analyzed", "Analysed")
    return State("open", "Open")


def source_title(name: str) -> str:
    """What a source is called: "Alertmanager" for ``alertmanager``."""
    if name == MANUAL_SOURCE:
        return "Reported by hand"
    try:
        return source(name).title
    except UnknownSource:
        return sentence(name)
