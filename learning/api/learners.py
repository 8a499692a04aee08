"""Learners by REST."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from aurora_site.accounts.api_view import OrganizationView
from aurora_site.core.http.pagination import page
from learning.api.base import found
from learning.api.shapes import learners as shapes
from learning.selectors.people import learners_listed_for
from learning.services.learners import learner_create


class LearnersView(OrganizationView):
    @extend_schema(operation_id="learning_learners_list", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """Learners by name: ``{"learners": […], "total"}``. A viewer sees no one else."""
        learners = learners_listed_for(request.auth)
        rows, total = page(request, learners, lambda row: shapes.LearnerSerializer(row).data)
        return Response({"learners": rows, "total": total})

    @extend_schema(request=shapes.LearnerInput, responses={201: shapes.LearnerSerializer})
    def post(self, request: Request) -> Response:
        """Create a learner; ``user`` names a member of the organisation, ``role`` one of its roles."""
        data = self.validated(shapes.LearnerInput)
        learner = learner_create(**self.actor, user_id=data.pop("user"), role_id=data.pop("role"), **data)
        return Response(shapes.LearnerSerializer(learner).data, status=201)


class LearnerView(OrganizationView):
    @extend_schema(responses=shapes.LearnerSerializer)
    def get(self, request: Request, learner_id: UUID) -> Response:
        """One learner."""
        learner = found(learners_listed_for(request.auth), learner_id)
        return Response(shapes.LearnerSerializer(learner).data)
