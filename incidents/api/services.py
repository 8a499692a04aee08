"""Services and which call which, by REST: one by one, as a file, from labels of metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from aurora_site.core.http.errors import NotFound
from aurora_site.core.http.pagination import page
from aurora_site.core.http.parsers import BoundedJSONParser, BoundedTextParser
from incidents import selectors
from incidents.api import serializers as inputs
from incidents.api import shapes
from incidents.api.base import IncidentsApiView
from incidents.selectors import services_csv
from incidents.services.graph_import import (
    Imported,
    graph_import_csv,
    graph_import_edges,
    graph_import_exposition,
    graph_import_series,
)
from incidents.services.service_graph import service_create, service_delete, service_update


class ServicesView(IncidentsApiView):
    @extend_schema(operation_id="services_list", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """Services by name, each with the ids of those it calls: ``{"services": […], "total"}``."""
        rows, total = page(request, selectors.services(request.auth.organization_id), shapes.service_as_json)
        return Response({"services": rows, "total": total})

    @extend_schema(request=inputs.ServiceInput, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: Request) -> Response:
        """Create a service: ``{"name", "description"?, "dependencies"?: [ids]}``."""
        data = self.validated(inputs.ServiceInput)
        service = service_create(**self.actor, dependency_ids=data.pop("dependencies"), **data)
        return Response(shapes.service_as_json(service), status=201)


class ServiceView(IncidentsApiView):
    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, service_id: UUID) -> Response:
        """One service."""
        return Response(self._shown(service_id))

    @extend_schema(request=inputs.ServicePatch, responses=OpenApiTypes.OBJECT)
    def patch(self, request: Request, service_id: UUID) -> Response:
        """Set ``name``, ``description`` or ``dependencies`` (ids of all services that it calls)."""
        changes = self.validated(inputs.ServicePatch)
        if "dependencies" in changes:
            changes["dependency_ids"] = changes.pop("dependencies")
        service_update(**self.actor, service_id=service_id, **changes)
        return Response(self._shown(service_id))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, service_id: UUID) -> Response:
        """Take a service out of the graph. Its alerts and incidents stay, without a service."""
        service_delete(**self.actor, service_id=service_id)
        return Response(status=204)

    def _shown(self, service_id: UUID) -> dict[str, Any]:
        service = selectors.services(self.request.auth.organization_id).filter(pk=service_id).first()
        if service is None:
            raise NotFound("There is no such service.")
        return shapes.service_as_json(service)


class ServiceDependenciesView(ServiceView):
    http_method_names = ["put", "options"]

    @extend_schema(request=inputs.DependenciesInput, responses=OpenApiTypes.OBJECT)
    def put(self, request: Request, service_id: UUID) -> Response:
        """Say which services it calls, all of them: ``{"dependencies": [ids]}``."""
        wanted = self.validated(inputs.DependenciesInput)["dependencies"]
        service_update(**self.actor, service_id=service_id, dependency_ids=wanted)
        return Response(self._shown(service_id))


class ServicesImportView(IncidentsApiView):
    parser_classes = [BoundedJSONParser, BoundedTextParser]

    @extend_schema(request=inputs.GraphInput, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request) -> Response:
        """Add services and calls; nothing is taken away. The body is one of

        - ``text/csv``: lines of ``caller,callee``, or an adjacency matrix (the row calls the column),
        - ``text/plain``: Prometheus' text format with labels ``client`` and ``server``, or Istio's,
        - JSON: ``{"edges": [{"caller", "callee"}]}``, ``{"series": [labels]}`` or ``{"csv": "…"}``.

        Answers ``{"servicesAdded", "dependenciesAdded", "unchanged", "refused": [{"line", "reason"}], "refusedCount"}``.
        """
        return Response(_imported_as_json(self._imported(request.data)))

    def _imported(self, data: Any) -> Imported:
        if isinstance(data, Mapping) and "media_type" in data and "text" in data:
            load = graph_import_csv if data["media_type"] == "text/csv" else graph_import_exposition
            return load(**self.actor, text=data["text"])
        given = self.validated(inputs.GraphInput)
        if "csv" in given:
            return graph_import_csv(**self.actor, text=given["csv"])
        if "edges" in given:
            return graph_import_edges(**self.actor, edges=given["edges"])
        return graph_import_series(**self.actor, series=given["series"])


class ServicesExportView(IncidentsApiView):
    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.STR})
    def get(self, request: Request) -> HttpResponse:
        """Every call as a line ``caller,callee``, and services that call none with an empty callee; importable."""
        answer = HttpResponse(services_csv(request.auth.organization_id), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = 'attachment; filename="services.csv"'
        return answer


def _imported_as_json(result: Imported) -> dict[str, Any]:
    return {
        "servicesAdded": result.services_added,
        "dependenciesAdded": result.dependencies_added,
        "unchanged": result.unchanged,
        "refused": [{"line": line, "reason": reason} for line, reason in result.refused],
        "refusedCount": result.refused_count,
    }
