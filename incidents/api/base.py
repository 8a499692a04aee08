"""What the views of incidents share."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from aurora_site.accounts.api_view import OrganizationView
from aurora_site.core.http.errors import NotFound
from incidents import selectors
from incidents.api import shapes
from incidents.models import Incident

# A storm can bring thousands; the incident's own route shows the first, ``…/alerts`` pages through them all.
ALERTS_IN_DETAIL = 100


class IncidentsApiView(OrganizationView):
    """A view that may be about one incident."""

    def incident(self, incident_id: UUID) -> Incident:
        """An incident of the caller's organisation. Raises NotFound."""
        found = selectors.incidents(self.request.auth.organization_id).filter(pk=incident_id).first()
        if found is None:
            raise NotFound("There is no such incident.")
        return found

    def detail(self, incident: Incident) -> dict[str, Any]:
        alerts = list(selectors.incident_alerts(incident)[: ALERTS_IN_DETAIL + 1])
        return shapes.incident_detail(
            incident,
            selectors.opening_alert(incident),
            alerts,
            selectors.reasons_of(alerts),
            list(selectors.incident_responders(incident)),
        )

    def changed(self, incident_id: UUID) -> dict[str, Any]:
        """The answer to a change: ``{"success": true, "id", "incident": {…}}``."""
        incident = self.incident(incident_id)
        return {"success": True, "id": incident.pk, "incident": self.detail(incident)}
