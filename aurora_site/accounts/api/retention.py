"""How long the organisation keeps what: ``/api/v1/organization/retention``."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from aurora_site.accounts.permissions import IsAdmin
from aurora_site.accounts.services.retention import retention_of, retention_set
from aurora_site.core import retention
from aurora_site.core.http.errors import BadRequest


class RetentionView(APIView):
    permission_classes = [IsAdmin]

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """Days by kind, null for what is kept for ever; and what each kind is."""
        return Response(_shown(retention_of(request.auth.organization)))

    @extend_schema(request=OpenApiTypes.OBJECT, responses=OpenApiTypes.OBJECT)
    def put(self, request: Request) -> Response:
        """Set days by kind; null or 0 keeps for ever, kinds that are left out stay as they are. What is older goes within
        a day, and the ledger tells what went."""
        if not isinstance(request.data, dict):
            raise BadRequest("Give a JSON object of days by kind.", code="VALIDATION_ERROR")
        organization, actor = request.auth.organization, request.auth.user
        return Response(_shown(retention_set(organization=organization, actor=actor, days=request.data)))


def _shown(days: dict[str, int | None]) -> dict[str, object]:
    kinds = [
        {"name": kind.name, "meaning": kind.meaning, "minimum_days": kind.minimum_days}
        for kind in retention.kinds().values()
    ]
    return {"retention": days, "kinds": kinds}
