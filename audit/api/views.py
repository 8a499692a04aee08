"""The ledger by REST, for administrators: count, list, one record, export."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audit import selectors
from aurora_site.accounts.permissions import IsAdmin
from aurora_site.core.http.errors import NotFound
from aurora_site.core.http.pagination import page


class LedgerView(APIView):
    permission_classes = [IsAdmin]

    def records(self, request: Request) -> Any:
        records = selectors.records_for(request.auth.organization_id)
        for name in ("event", "actor_id", "trace_id", "subject_id"):
            if value := request.GET.get(name):
                records = records.filter(**{name: value})
        return records


class CountView(LedgerView):
    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """How many records the organisation's ledger holds: ``{"count"}``."""
        return Response({"count": self.records(request).count()})


class RecordsView(LedgerView):
    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """Records, newest first, filtered by ``event``, ``actor_id``, ``trace_id`` or ``subject_id``."""
        records, total = page(request, self.records(request), selectors.record_as_json)
        return Response({"records": records, "total": total})


class RecordView(LedgerView):
    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, record_id: UUID) -> Response:
        """One record, with whether its bytes still carry a valid code."""
        record = self.records(request).filter(pk=record_id).first()
        if record is None:
            raise NotFound("There is no such record.")
        return Response(selectors.record_as_json(record))


class ExportView(LedgerView):
    @extend_schema(responses=OpenApiTypes.STR)
    def get(self, request: Request) -> StreamingHttpResponse:
        """Every record of the organisation as JSON lines, oldest first."""
        records = self.records(request).order_by("at", "id")
        response = StreamingHttpResponse(_lines(records), content_type="application/x-ndjson")
        response["Content-Disposition"] = 'attachment; filename="ledger.jsonl"'
        return response


def _lines(records: Any) -> Iterator[str]:
    for record in records.iterator(chunk_size=500):
        yield json.dumps(selectors.record_as_json(record), ensure_ascii=False) + "\n"
