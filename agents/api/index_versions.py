"""Index versions, for the installation's operators: ``/api/v1/knowledge/versions…``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.knowledge import services
from agents.retrieval import selectors
from agents.retrieval.errors import IndexVersionError, UnknownIndexVersion
from agents.retrieval.models import IndexVersion
from aurora_site.accounts.permissions import IsOperator
from aurora_site.core.http.errors import Conflict


class VersionsView(APIView):
    permission_classes = [IsOperator]

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """All index versions, newest first; ``rebuild_due`` says why the active one should be built anew, or nothing."""
        versions = [asdict(row) for row in selectors.versions_listed()]
        return Response({"versions": versions, "rebuild_due": selectors.rebuild_due()})

    @extend_schema(request=None, responses={202: OpenApiTypes.OBJECT})
    def post(self, request: Request) -> Response:
        """Have a worker build a version of the configured embedder and switch to it. One is built at a time."""
        version = services.index_rebuild_request(actor_id=request.user.pk)
        return Response({"name": version.name, "state": version.state}, status=202)


class VersionActivateView(APIView):
    permission_classes = [IsOperator]

    @extend_schema(request=None, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, name: str) -> Response:
        """Search a complete version from now on."""
        return _switched(lambda: services.index_activate(name=name, actor_id=request.user.pk))


class VersionRollbackView(APIView):
    permission_classes = [IsOperator]

    @extend_schema(request=None, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request) -> Response:
        """Go back to the version that was searched before this one."""
        return _switched(lambda: services.index_rollback(actor_id=request.user.pk))


def _switched(switch: Callable[[], IndexVersion]) -> Response:
    try:
        version = switch()
    except UnknownIndexVersion:
        raise
    except IndexVersionError as error:
        raise Conflict(str(error), code="INDEX_VERSION_UNUSABLE") from error
    return Response({"name": version.name, "state": version.state})
