"""Adds services and calls by the thousand; nothing that is there is changed or taken away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from audit.services import record
from incidents.correlation.graph import graph_changed
from incidents.graph_calls import Call, Calls, calls_of_csv, calls_of_exposition, calls_of_series
from incidents.journal import journal
from incidents.models import Service, ServiceDependency


@dataclass(frozen=True, kw_only=True)
class Imported:
    """``unchanged`` calls were there already (or came twice); ``refused`` are lines with why, the first of
    ``refused_count``."""

    services_added: int
    dependencies_added: int
    unchanged: int
    refused: Sequence[tuple[int, str]]
    refused_count: int

    @property
    def words(self) -> str:
        """What it did, for people."""
        services, calls = counted(self.services_added, "service"), counted(self.dependencies_added, "call")
        return f"{services} and {calls} added; {counted(self.unchanged, 'call')} known before."


def counted(number: int, noun: str) -> str:
    """``1 line``, ``2 lines``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def graph_import_csv(*, organization_id: UUID, actor_id: str, text: str) -> Imported:
    """Import an edge list or an adjacency matrix (``graph_calls.calls_of_csv``). Raises UnreadableGraph."""
    return _import(organization_id, actor_id, "csv", calls_of_csv(text))


def graph_import_edges(*, organization_id: UUID, actor_id: str, edges: Sequence[Mapping[str, str]]) -> Imported:
    """Import calls, each ``{"caller", "callee"}``. Raises UnreadableGraph."""
    read = Calls()
    for line, edge in enumerate(edges, start=1):
        read.add(line, edge["caller"], edge.get("callee", ""))
    return _import(organization_id, actor_id, "edges", read)


def graph_import_series(*, organization_id: UUID, actor_id: str, series: Sequence[Mapping[str, Any]]) -> Imported:
    """Import labels of metrics (``graph_calls.calls_of_series``). Raises UnreadableGraph."""
    return _import(organization_id, actor_id, "series", calls_of_series(series))


def graph_import_exposition(*, organization_id: UUID, actor_id: str, text: str) -> Imported:
    """Import what a metrics page shows (``graph_calls.calls_of_exposition``). Raises UnreadableGraph."""
    return _import(organization_id, actor_id, "exposition", calls_of_exposition(text))


def _import(organization_id: UUID, actor_id: str, form: str, read: Calls) -> Imported:
    with journal(organization_id):
        services, services_added = _services(organization_id, read.calls)
        told = [(services[call.caller.lower()], services[call.callee.lower()]) for call in read.calls if call.callee]
        known = set(
            ServiceDependency.objects.filter(caller__organization_id=organization_id).values_list(
                "caller_id", "callee_id"
            )
        )
        new = sorted(set(told) - known)
        ServiceDependency.objects.bulk_create(
            (ServiceDependency(caller_id=caller, callee_id=callee) for caller, callee in new), batch_size=1000
        )
        result = Imported(
            services_added=services_added,
            dependencies_added=len(new),
            unchanged=len(told) - len(new),
            refused=read.refused,
            refused_count=read.refused_count,
        )
        if services_added or new:
            graph_changed(organization_id)
            _record(organization_id, actor_id, form, result)
    return result


def _services(organization_id: UUID, calls: Sequence[Call]) -> tuple[dict[str, UUID], int]:
    """Ids by name in lower case (sources don't agree on capitals) of every service named, and how many of them are new."""
    names = {name.lower(): name for call in reversed(calls) for name in (call.caller, call.callee) if name}
    rows = Service.objects.for_organization(organization_id).order_by("-created_at")
    known = {name.lower(): pk for name, pk in rows.values_list("name", "pk")}
    new = [Service(organization_id=organization_id, name=names[lower]) for lower in sorted(names.keys() - known.keys())]
    Service.objects.bulk_create(new, batch_size=1000)
    return known | {service.name.lower(): service.pk for service in new}, len(new)


def _record(organization_id: UUID, actor_id: str, form: str, result: Imported) -> None:
    record(
        event="incidents.services_imported",
        organization_id=organization_id,
        actor_id=actor_id,
        subject=("organization", organization_id),
        data={
            "format": form,
            "services": result.services_added,
            "dependencies": result.dependencies_added,
            "refused": result.refused_count,
        },
    )
