"""Forgets what a person wrote into incidents. What happened to the services stays, without whom."""

from __future__ import annotations

from collections.abc import Mapping

from aurora_site.core.erasure import Erasure, Person
from aurora_site.core.secret_text import SecretUnreadable, unseal
from incidents.models import (
    Alert,
    AlertSeries,
    ChannelKind,
    Incident,
    IncidentFeedback,
    Integration,
    NotificationChannel,
    Responder,
    Shift,
    TimelineEntry,
)

_PSEUDONYM = "an id alone; with the account emptied it names nobody"


def erase(person: Person) -> Mapping[str, int]:
    """Empty the person's entries in timelines, take them off rosters; delete the incidents of organisations that go."""
    gone = Incident.objects.filter(organization__in=person.organizations)
    counts = {
        "alerts": Alert.objects.filter(organization__in=person.organizations).delete()[0]
        + AlertSeries.objects.filter(organization__in=person.organizations).delete()[0],
        "incidents": gone.exclude(merged_into=None).delete()[0] + gone.delete()[0],
        "integrations": Integration.objects.filter(organization__in=person.organizations).delete()[0],
        "notification_channels": NotificationChannel.objects.filter(organization__in=person.organizations).delete()[0],
    }
    if person.id:
        entries = TimelineEntry.objects.filter(actor_id=person.id).exclude(text="", data={})
        counts["timeline_entries"] = entries.update(text="", data={})
        counts["shifts"] = Shift.objects.filter(user_id=person.id).delete()[0]
        counts["responders"] = Responder.objects.filter(user_id=person.id).delete()[0]
        counts["incident_feedback"] = IncidentFeedback.objects.filter(user_id=person.id).delete()[0]
    if person.email:
        counts["notification_channels"] += _channels_to(person.email)
    return counts


def _channels_to(email: str) -> int:
    """Delete the channels that lead to somebody's address, which is sealed and so can't be looked up."""
    mail = NotificationChannel.objects.filter(kind=ChannelKind.EMAIL).only("id", "address_sealed")
    found = [channel.pk for channel in mail.iterator() if _address(channel).lower() == email.lower()]
    return NotificationChannel.objects.filter(pk__in=found).delete()[0]


def _address(channel: NotificationChannel) -> str:
    try:
        return unseal(channel.address_sealed)
    except SecretUnreadable:
        return ""


ERASURE = Erasure(
    app="incidents",
    erase=erase,
    covers=frozenset(
        {
            "incidents.TimelineEntry.actor_id",
            "incidents.Shift.user",
            "incidents.Responder.user",
            "incidents.IncidentFeedback.user",
        }
    ),
    exempt={
        "incidents.Incident.assignee": _PSEUDONYM,
        "incidents.Merge.actor_id": _PSEUDONYM,
    },
)
