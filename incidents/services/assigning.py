"""What writes of incidents share: the ledger record, giving an incident to somebody, and who and what is there to name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from audit.services import record
from aurora_site.accounts.models import Membership
from incidents.errors import UnknownReference
from incidents.journal import Journal
from incidents.models import Incident, Service


def incident_record(
    verb: str,
    incident: Incident,
    actor_id: str,
    data: Mapping[str, Any],
    personal: Mapping[str, str] | None = None,
) -> None:
    """Record a change of an incident in the ledger, in the caller's transaction."""
    record(
        event=f"incidents.incident_{verb}",
        organization_id=incident.organization_id,
        actor_id=actor_id,
        subject=("incident", incident.pk),
        data=data,
        personal=personal,
    )


def assignee_set(log: Journal, incident: Incident, user_id: str | None, actor_id: str, text: str) -> None:
    """Write down a new assignee, who was checked before."""
    data = {"assignee": {"from": incident.assignee_id, "to": user_id}}
    incident.assignee_id = user_id
    incident.save(update_fields=["assignee", "updated_at"])
    log.add(incident, "incident.assigned", actor_id=actor_id, text=text, data=data)
    incident_record("assigned", incident, actor_id, data)


def require_member(organization_id: UUID, user_id: str, field: str) -> None:
    """Raises UnknownReference unless it is the id of somebody who may sign in and is a member."""
    members = Membership.objects.for_organization(organization_id)
    if "\x00" in user_id or not members.filter(user_id=user_id, user__is_active=True).exists():
        raise UnknownReference("Nobody in the organisation has this id.", field=field)


def require_service(organization_id: UUID, service_id: UUID | None) -> None:
    """Raises UnknownReference unless it is a service of the organisation, or None."""
    services = Service.objects.for_organization(organization_id)
    if service_id is not None and not services.filter(pk=service_id).exists():
        raise UnknownReference("There is no such service.", field="service_id")
