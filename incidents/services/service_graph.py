"""Writes of services and of which calls which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models.functions import Lower

from audit.services import record
from incidents.errors import AlreadyExists, UnknownReference
from incidents.models import UNKNOWN_SERVICE, Service, ServiceDependency


@transaction.atomic
def service_create(
    *,
    organization_id: UUID,
    actor_id: str,
    name: str,
    description: str = "",
    dependency_ids: Iterable[UUID] = (),
) -> Service:
    """A new service that calls those of ``dependency_ids``.

    Raises AlreadyExists for a name that is taken, UnknownReference for a service of elsewhere.
    """
    wanted = set(dependency_ids)
    known = Service.objects.for_organization(organization_id).filter(pk__in=wanted).values_list("pk", flat=True)
    if missing := wanted - set(known):
        raise UnknownReference(f"No service has id {', '.join(sorted(map(str, missing)))}.", field="dependencies")
    try:
        with transaction.atomic():
            service = Service.objects.create(organization_id=organization_id, name=name, description=description)
    except IntegrityError as error:
        raise AlreadyExists(f"There is a service named {name} already.", field="name") from error
    ServiceDependency.objects.bulk_create(ServiceDependency(caller=service, callee_id=callee) for callee in wanted)
    _record(service, actor_id, {"dependencies": sorted(map(str, wanted))})
    return service


def service_named(*, organization_id: UUID, actor_id: str, name: str) -> Service | None:
    """The service of a name, added if it is new; None for "" and "unknown". Call inside a transaction."""
    if name in ("", UNKNOWN_SERVICE):
        return None
    service, created = Service.objects.get_or_create(organization_id=organization_id, name=name)
    if created:
        _record(service, actor_id, {})
    return service


def services_named(*, organization_id: UUID, names: Sequence[str]) -> dict[str, Service]:
    """The services of names that alerts give, by the names in lower case; those not seen before are added.

    Sources don't agree on capitals. Call inside a transaction.
    """
    wanted = {name.lower(): name for name in names}
    rows = Service.objects.for_organization(organization_id).annotate(lower=Lower("name"))
    found = {row.name.lower(): row for row in rows.filter(lower__in=wanted).order_by("-created_at")} if wanted else {}
    for lower, name in wanted.items():
        if lower not in found:
            service = service_named(organization_id=organization_id, actor_id="", name=name)
            if service is not None:
                found[lower] = service
    return found


def _record(service: Service, actor_id: str, data: Mapping[str, Any]) -> None:
    record(
        event="incidents.service_created",
        organization_id=service.organization_id,
        actor_id=actor_id,
        subject=("service", service.pk),
        data={"name": service.name, **data},
    )
