"""The organisation's service graph as correlation wants it: kept in each process until it is changed anywhere."""

from __future__ import annotations

from contextlib import suppress
from threading import Lock
from uuid import UUID, uuid4

from django.core.exceptions import ObjectDoesNotExist
from django.db.models.signals import post_delete, post_save

from incidents.correlation.distance import ServiceGraph
from incidents.models import IncidentLog, Service, ServiceDependency

# Graphs are kept for so many organisations.
_MOST_KEPT = 64

_kept: dict[UUID, tuple[str, ServiceGraph]] = {}
_lock = Lock()


def graph_of(organization_id: UUID) -> ServiceGraph:
    """The services and which call which, by name. One query, and two more after a change."""
    logs = IncidentLog.objects.for_organization(organization_id)
    version = logs.values_list("graph_version", flat=True).first()
    with _lock:
        kept = _kept.get(organization_id)
    if kept and kept[0] == version:
        return kept[1]
    graph = _read(organization_id)
    graph.version = version or ""
    if version is not None:
        with _lock:
            if len(_kept) >= _MOST_KEPT:
                _kept.pop(next(iter(_kept)))
            _kept[organization_id] = (version, graph)
    return graph


def graph_changed(organization_id: UUID) -> None:
    """Make every process read the graph anew, once the transaction is committed.

    Versions are random: one that was rolled back never comes again with another graph. An organisation that never had
    an incident has no version, and its graph isn't kept.
    """
    IncidentLog.objects.for_organization(organization_id).update(graph_version=uuid4().hex)


def on_service_change(*, instance: Service, **_: object) -> None:
    """Receiver of Django's signals, for changes in the admin and wherever else single rows are written."""
    graph_changed(instance.organization_id)


def on_link_change(*, instance: ServiceDependency, **_: object) -> None:
    """Like ``on_service_change``; a link that goes with its service needs none, the service's own signal comes too."""
    with suppress(ObjectDoesNotExist):
        graph_changed(instance.caller.organization_id)


def listen() -> None:
    """For ``AppConfig.ready()``."""
    for signal in (post_save, post_delete):
        signal.connect(on_service_change, sender=Service, dispatch_uid=f"graph {id(signal)} service")
        signal.connect(on_link_change, sender=ServiceDependency, dispatch_uid=f"graph {id(signal)} link")


def _read(organization_id: UUID) -> ServiceGraph:
    services = Service.objects.for_organization(organization_id)
    callees: dict[str, set[str]] = {name: set() for name in services.values_list("name", flat=True)}
    links = ServiceDependency.objects.filter(caller__organization_id=organization_id)
    for caller, callee in links.values_list("caller__name", "callee__name"):
        callees.setdefault(caller, set()).add(callee)
    return ServiceGraph({name: frozenset(called) for name, called in callees.items()})
