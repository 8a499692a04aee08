"""Questions that found no answer: ``/api/v1/knowledge/questions``, for editors."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.knowledge.models import UnansweredQuestion
from agents.knowledge.questions import question_as_json, question_get, question_settle, questions_of
from aurora_site.accounts.permissions import IsEditor
from aurora_site.core.http.errors import BadRequest, NotFound
from aurora_site.core.http.pagination import page

STATES = UnansweredQuestion.State.values


class SettleSerializer(serializers.Serializer[Any]):
    """What a question is marked as."""

    state = serializers.ChoiceField(choices=UnansweredQuestion.State.choices)


class QuestionsView(APIView):
    permission_classes = [IsEditor]

    @extend_schema(
        parameters=[OpenApiParameter("state", enum=STATES, default="open", description="Which questions.")],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request) -> Response:
        """The questions that the documents held no answer to, redacted, the most asked first."""
        state = request.GET.get("state") or UnansweredQuestion.State.OPEN
        if state not in STATES:
            text = f"Give one of {', '.join(STATES)}."
            raise BadRequest(f"state: {text}", code="VALIDATION_ERROR", fields={"state": [text]})
        found = questions_of(request.auth.organization_id, state=state)
        items, total = page(request, found, question_as_json)
        return Response({"questions": items, "total": total})


class QuestionSettleView(APIView):
    permission_classes = [IsEditor]

    @extend_schema(request=SettleSerializer, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, question_id: UUID) -> Response:
        """Mark a question as ``answered`` or ``dismissed``, or ``open`` it again. Doing so twice changes nothing."""
        organization_id = request.auth.organization_id
        if question_get(organization_id=organization_id, question_id=question_id) is None:
            raise NotFound("There is no such question.")
        serializer = SettleSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        question_settle(
            organization_id=organization_id,
            question_id=question_id,
            state=serializer.validated_data["state"],
            actor_id=request.user.pk,
        )
        question = question_get(organization_id=organization_id, question_id=question_id)
        if question is None:
            raise NotFound("There is no such question.")
        return Response(question_as_json(question))
