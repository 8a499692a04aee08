"""Plans by REST."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from aurora_site.accounts.api_view import OrganizationView
from aurora_site.core.http.pagination import page
from learning.api.base import found
from learning.api.shapes import plans as shapes
from learning.selectors.people import plans_followed_by
from learning.selectors.plans import with_items


class PlansView(OrganizationView):
    @extend_schema(operation_id="learning_plans_list", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """Plans, newest first, without their items: ``{"plans": […], "total"}``. A viewer sees only their own."""
        plans = plans_followed_by(request.auth)
        rows, total = page(request, plans, lambda row: shapes.PlanSerializer(row).data)
        return Response({"plans": rows, "total": total})


class PlanView(OrganizationView):
    @extend_schema(responses=shapes.PlanDetailSerializer)
    def get(self, request: Request, plan_id: UUID) -> Response:
        """One plan with its milestones and items."""
        plans = with_items(plans_followed_by(request.auth))
        return Response(shapes.PlanDetailSerializer(found(plans, plan_id)).data)
