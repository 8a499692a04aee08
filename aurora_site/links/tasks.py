"""Links in workers. Tasks take ids and may run twice."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from aurora_site.links.incident_evidence import responses_record
from aurora_site.links.listening import RESPONSE_TASK, ring
from incidents.models import Incident, IncidentStatus

# Longer than between two sweeps, so that none is missed.
SWEPT = timedelta(hours=3)
SWEEP_LIMIT = 1000


@shared_task(name=RESPONSE_TASK)
def incident_response(incident_id: str) -> None:
    """Give those who responded to a resolved incident their evidence."""
    responses_record(incident_id=UUID(incident_id))


@shared_task(name="links.sweep_responses")
def sweep_responses() -> None:
    """Look again at incidents that were resolved lately: the queue may have lost some."""
    resolved = Incident.objects.filter(status=IncidentStatus.RESOLVED, resolved_at__gte=timezone.now() - SWEPT)
    ring(resolved.order_by("-resolved_at").values_list("pk", flat=True)[:SWEEP_LIMIT])
