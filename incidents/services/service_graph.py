"""Writes of services and of which calls which.

Each holds the organisation's journal, as alerts that bring new services do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models.functions import Lower

from audit.services import record
from incidents.correlation.graph import graph_changed
from incidents.errors import AlreadyExists, UnknownReference, UnknownService
from incidents.journal import journal
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
    with journal(organization_id):
        wanted = _known_ids(organization_id, dependency_ids)
        try:
            with transaction.atomic():
                service = Service.objects.create(organization_id=organization_id, name=name, description=description)
        except IntegrityError as error:
            raise AlreadyExists(f"There is a service named {name} already.", field="name") from error
        _link(service, wanted)
        _record("created", service, actor_id, {"dependencies": sorted(map(str, wanted))})
    return service


def service_update(
    *,
    organization_id: UUID,
    actor_id: str,
    service_id: UUID,
    dependency_ids: Iterable[UUID] | None = None,
    **fields: str,
) -> Service:
    """Set ``name`` or ``description``, and which services it calls where ``dependency_ids`` is given.

    Raises UnknownService, AlreadyExists, UnknownReference; what is equal already leaves no trace.
    """
    with journal(organization_id):
        service = _service(organization_id, service_id)
        changed = {name for name, value in fields.items() if getattr(service, name) != value}
        for name in changed:
            setattr(service, name, fields[name])
        try:
            with transaction.atomic():
                service.save(update_fields=sorted(changed))
        except IntegrityError as error:
            raise AlreadyExists(f"There is a service named {fields['name']} already.", field="name") from error
        if dependency_ids is not None and _relink(service, _known_ids(organization_id, dependency_ids)):
            changed.add("dependencies")
        if changed:
            callees = ServiceDependency.objects.filter(caller=service).values_list("callee_id", flat=True)
            data = {"changed": sorted(changed), "dependencies": sorted(map(str, callees))}
            _record("updated", service, actor_id, data)
    return service


def service_delete(*, organization_id: UUID, actor_id: str, service_id: UUID) -> None:
    """Take a service out of the graph; its alerts and incidents stay, without a service. Raises UnknownService."""
    with journal(organization_id):
        service = _service(organization_id, service_id)
        _record("deleted", service, actor_id, {})
        service.delete()


def service_named(*, organization_id: UUID, actor_id: str, name: str) -> Service | None:
    """The service of a name, added if it is new; None for "" and "unknown". Call inside a transaction."""
    if name in ("", UNKNOWN_SERVICE):
        return None
    service, created = Service.objects.get_or_create(organization_id=organization_id, name=name)
    if created:
        _record("created", service, actor_id, {})
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


def _service(organization_id: UUID, service_id: UUID) -> Service:
    service = Service.objects.for_organization(organization_id).filter(pk=service_id).first()
    if service is None:
        raise UnknownService("There is no such service.")
    return service


def _known_ids(organization_id: UUID, ids: Iterable[UUID]) -> set[UUID]:
    wanted = set(ids)
    known = Service.objects.for_organization(organization_id).filter(pk__in=wanted).values_list("pk", flat=True)
    if missing := wanted - set(known):
        raise UnknownReference(f"No service has id {', '.join(sorted(map(str, missing)))}.", field="dependencies")
    return wanted


def _relink(service: Service, wanted: set[UUID]) -> bool:
    """Whether it calls others now than before. Raises UnknownReference for a service that would call itself."""
    if service.pk in wanted:
        raise UnknownReference(f"{service.name} can't call itself.", field="dependencies")
    links = ServiceDependency.objects.filter(caller=service)
    present = set(links.values_list("callee_id", flat=True))
    links.filter(callee_id__in=present - wanted).delete()
    _link(service, wanted - present)
    return present != wanted


def _link(service: Service, callee_ids: set[UUID]) -> None:
    if callee_ids:
        ServiceDependency.objects.bulk_create(
            ServiceDependency(caller=service, callee_id=callee) for callee in sorted(callee_ids)
        )
        graph_changed(service.organization_id)


def _record(verb: str, service: Service, actor_id: str, data: Mapping[str, Any]) -> None:
    record(
        event=f"incidents.service_{verb}",
        organization_id=service.organization_id,
        actor_id=actor_id,
        subject=("service", service.pk),
        data={"name": service.name, **data},
    )
