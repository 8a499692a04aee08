"""The drawing of an incident's services, and of those that they call or are called by."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q

from incidents.models import Alert, AlertStatus, Incident, Service, ServiceDependency
from incidents.pages.graph_drawing import Picture, picture

MOST_EDGES = 300
COLUMNS = 4


def graph_of(incident: Incident, services: Sequence[Service]) -> Picture | None:
    """The services of an incident and their neighbours, those that alert told apart; None where nothing calls anything."""
    near = Q(caller__in=services) | Q(callee__in=services)
    links = ServiceDependency.objects.filter(near, caller__organization=incident.organization_id)
    edges = list(links.order_by("pk").values_list("caller__name", "callee__name")[:MOST_EDGES])
    if not edges:
        return None
    own = {service.name for service in services}
    alerts = Alert.objects.for_organization(incident.organization_id).filter(incident=incident)
    firing = alerts.filter(status=AlertStatus.FIRING).exclude(service=None).order_by()
    return picture(
        own | {name for edge in edges for name in edge},
        edges,
        title="Services of this incident and what they call",
        alerting=set(firing.values_list("service__name", flat=True).distinct()),
        highlighted=own,
        columns=COLUMNS,
    )
