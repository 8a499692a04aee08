"""Forgets what a person wrote into incidents. What happened to the services stays, without whom."""

from __future__ import annotations

from collections.abc import Mapping

from aurora_site.core.erasure import Erasure, Person
from incidents.models import Alert, Incident, TimelineEntry

_PSEUDONYM = "an id alone; with the account emptied it names nobody"


def erase(person: Person) -> Mapping[str, int]:
    """Empty the person's entries in timelines; delete the incidents of organisations that go with them."""
    gone = Incident.objects.filter(organization__in=person.organizations)
    alerts = Alert.objects.filter(organization__in=person.organizations).delete()[0]
    merged = gone.exclude(merged_into=None).delete()[0]
    counts = {"incidents": merged + gone.delete()[0], "alerts": alerts}
    if person.id:
        entries = TimelineEntry.objects.filter(actor_id=person.id).exclude(text="", data={})
        counts["timeline_entries"] = entries.update(text="", data={})
    return counts


ERASURE = Erasure(
    app="incidents",
    erase=erase,
    covers=frozenset({"incidents.TimelineEntry.actor_id"}),
    exempt={"incidents.Incident.assignee": _PSEUDONYM},
)
