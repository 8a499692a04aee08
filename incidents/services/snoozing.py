"""The end of what was snoozed, looked for by the beat's sweep."""

from __future__ import annotations

from django.utils import timezone

from incidents.journal import journal
from incidents.models import Incident
from incidents.services.response import snooze_set


def snoozes_end() -> int:
    """End what was snoozed until now, in all organisations; how many."""
    due = {"snoozed_until__lte": timezone.now()}
    # Organisations first: each has a lock of its own.
    organizations = Incident.objects.filter(**due).order_by().values_list("organization_id", flat=True).distinct()
    ended = 0
    for organization_id in list(organizations):
        with journal(organization_id) as log:
            for incident in Incident.objects.for_organization(organization_id).filter(**due):
                snooze_set(log, incident, None, "")
                ended += 1
    return ended
