"""Links to what helps: which runbook to read for which alerts."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from audit.services import record
from incidents.errors import BadValue, UnknownReference
from incidents.models import RunbookLink
from incidents.runbooks import is_web_address
from incidents.services.assigning import require_service


@transaction.atomic
def runbook_add(
    *,
    organization_id: UUID,
    actor_id: str,
    title: str,
    url: str,
    service_id: UUID | None = None,
    title_contains: str = "",
) -> RunbookLink:
    """Link what to read when an alert of the service (any, with None) has the words in its title.

    Raises BadValue for an address that isn't http or https, UnknownReference for a service of elsewhere.
    """
    if not is_web_address(url):
        raise BadValue("Give an address that begins with http:// or https://.", field="url")
    require_service(organization_id, service_id)
    runbook = RunbookLink.objects.create(
        organization_id=organization_id, title=title, url=url, service_id=service_id, title_contains=title_contains
    )
    _runbook_record("added", runbook, actor_id)
    return runbook


@transaction.atomic
def runbook_remove(*, organization_id: UUID, actor_id: str, runbook_id: UUID) -> None:
    """Remove a link. Raises UnknownReference."""
    runbook = RunbookLink.objects.for_organization(organization_id).filter(pk=runbook_id).first()
    if runbook is None:
        raise UnknownReference("There is no such runbook.", field="runbook_id")
    _runbook_record("removed", runbook, actor_id)
    runbook.delete()


def _runbook_record(verb: str, runbook: RunbookLink, actor_id: str) -> None:
    record(
        event=f"incidents.runbook_{verb}",
        organization_id=runbook.organization_id,
        actor_id=actor_id,
        subject=("runbook", runbook.pk),
        data={"title": runbook.title, "url": runbook.url, "service": str(runbook.service_id or "")},
    )
