"""Approvals of a run: what waits for a person, and the decision."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from adrf.views import APIView as AsyncAPIView
from asgiref.sync import sync_to_async
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.api.runs import visible_run
from agents.runs import dispatch
from agents.runs.approvals import CHOICES, MAXIMUM_NOTE, approval_decide, approvals_of
from aurora_site.core.http.fields import StrictCharField


class DecisionSerializer(serializers.Serializer[Any]):
    """A decision about one call."""

    decision = serializers.ChoiceField(choices=list(CHOICES))
    note = StrictCharField(max_length=MAXIMUM_NOTE, required=False, allow_blank=True, default="")


class ApprovalsView(APIView):
    allow_demo = True

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, run_id: UUID) -> Response:
        """The calls that the run asked people about, decided or not, in its order."""
        return Response({"approvals": approvals_of(visible_run(request, run_id))})


class ApprovalView(AsyncAPIView):
    allow_demo = True

    @extend_schema(request=DecisionSerializer, responses=OpenApiTypes.OBJECT)
    async def post(self, request: Request, run_id: UUID, call_id: str) -> Response:
        """Approve or deny a call; the run goes on when none is left to decide."""
        decided = await sync_to_async(self._decided)(request, run_id, call_id)
        await dispatch.start(str(run_id))
        return Response(decided)

    def _decided(self, request: Request, run_id: UUID, call_id: str) -> dict[str, str]:
        run = visible_run(request, run_id)
        serializer = DecisionSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        call = approval_decide(run=run, call_id=call_id, actor_id=request.user.pk, **serializer.validated_data)
        return {"call_id": call.call_id, "state": call.state}
