"""The published JSON Schemas."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


@lru_cache(maxsize=1)
def run_events_schema() -> dict[str, Any]:
    """The schema of run events (JSON Schema, draft 2020-12), as in docs/schemas."""
    file = settings.BASE_DIR / "docs" / "schemas" / "run-events.schema.json"
    schema: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return schema


class RunEventsSchemaView(APIView):
    """Like the API's documentation it is for everyone."""

    authentication_classes: list[Any] = []
    permission_classes: list[Any] = []

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """What the events of runs look like, as JSON Schema (draft 2020-12)."""
        return Response(run_events_schema(), content_type="application/schema+json")
