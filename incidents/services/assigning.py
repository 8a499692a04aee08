"""What writes of incidents share: the ledger record, giving an incident to somebody, and who and what is there to name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from audit.services import record
from aurora_site.accounts.models import Membership, Role
from incidents.errors import BadValue, UnknownReference
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


def require_assignable(organization_id: UUID, user_id: str, field: str) -> None:
    """As ``require_member``; raises BadValue for a member who may only read, and so couldn't work on what they are given."""
    require_member(organization_id, user_id, field)
    if not writers(organization_id).filter(user_id=user_id).exists():
        raise BadValue("A viewer can't be given an incident. Choose an editor or an admin.", field=field)


def writers(organization_id: UUID) -> QuerySet[Membership]:
    """The members who may change incidents."""
    return Membership.objects.for_organization(organization_id).filter(role__in=[Role.EDITOR, Role.ADMIN])


def require_service(organization_id: UUID, service_id: UUID | None) -> None:
    """Raises UnknownReference unless it is a service of the organisation, or None."""
    services = Service.objects.for_organization(organization_id)
    if service_id is not None and not services.filter(pk=service_id).exists():
        raise UnknownReference("There is no such service.", field="service_id")
