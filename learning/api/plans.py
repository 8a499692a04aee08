"""Plans by REST."""

from __future__ import annotations

from itertools import pairwise
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from agents.api.answers import idempotency_key
from aurora_site.accounts.api_view import OrganizationView
from aurora_site.accounts.permissions import IsViewer
from aurora_site.core.http.pagination import MAXIMUM_OFFSET, integer_parameter, page
from learning.api.base import found
from learning.api.shapes import plans as shapes
from learning.errors import BadValue
from learning.models import Learner, Plan
from learning.selectors.people import learner_of, learners_followed_by, plans_followed_by
from learning.selectors.plans import plan_history, plans_difference, version_ids, with_items
from learning.services.plans import plan_create_once, plan_replan

MOST_VERSIONS = 50


class PlansApiView(OrganizationView):
    """A view of plans: whoever may see a learner's plans may change them, viewers their own."""

    def get_permissions(self) -> list[BasePermission]:
        return [IsViewer()]

    def plan(self, plan_id: UUID) -> Plan:
        """A plan that the caller may see. Raises NotFound."""
        return found(plans_followed_by(self.request.auth), plan_id)

    def shown(self, plan_id: UUID) -> dict[str, Any]:
        """The plan as it is now, with its items."""
        plans = with_items(plans_followed_by(self.request.auth))
        return shapes.PlanDetailSerializer(found(plans, plan_id)).data


class PlansView(PlansApiView):
    @extend_schema(operation_id="learning_plans_list", parameters=[shapes.PlanFilter], responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """Plans, newest first, without their items: ``{"plans": […], "total"}``. A viewer sees only their own."""
        wanted = self.validated(shapes.PlanFilter, data=request.query_params)
        plans = plans_followed_by(request.auth)
        if wanted["learner"]:
            plans = plans.filter(learner_id=wanted["learner"])
        if wanted["state"]:
            plans = plans.filter(state=wanted["state"])
        rows, total = page(request, plans, lambda row: shapes.PlanSerializer(row).data)
        return Response({"plans": rows, "total": total})

    @extend_schema(request=shapes.PlanInput, responses={201: shapes.PlanDetailSerializer})
    def post(self, request: Request) -> Response:
        """Compute a plan: ``{"learner"?, "days", "role"?, "weekly_hours"?, "starts_on"?, "drop"?}``.

        A goal that doesn't fit the time gets the best plan there is, and a ``verdict`` that says what would fit. The active
        plan is superseded. The same request again with the same ``Idempotency-Key`` gives the plan that there is, with 200.
        """
        data = self.validated(shapes.PlanInput)
        learner = self._learner(data.pop("learner"))
        plan, created = plan_create_once(
            **self.actor,
            learner_id=learner.pk,
            key=idempotency_key(request),
            role_id=data.pop("role"),
            dropped_skill_ids=data.pop("drop"),
            **data,
        )
        return Response(self.shown(plan.pk), status=201 if created else 200)

    def _learner(self, learner_id: UUID | None) -> Learner:
        if learner_id is not None:
            return found(learners_followed_by(self.request.auth), learner_id)
        own = learner_of(self.request.auth)
        if own is None:
            raise BadValue("You aren't a learner yourself: name one.", field="learner")
        return own


class PlanView(PlansApiView):
    @extend_schema(responses=shapes.PlanDetailSerializer)
    def get(self, request: Request, plan_id: UUID) -> Response:
        """One plan with its milestones and items."""
        return Response(self.shown(plan_id))


class ReplanView(PlansApiView):
    @extend_schema(request=shapes.ReplanInput, responses=shapes.ReplannedSerializer)
    def post(self, request: Request, plan_id: UUID) -> Response:
        """Compute the active plan anew from today: ``{"days"?, "weekly_hours"?, "drop"?, "reason"?}``.

        What isn't given stays as it was asked for. Where nothing comes out otherwise, it is the same plan and
        ``difference`` is empty; else a new version, with a new id. 409 with ``active_plan`` for a version that was replaced.
        """
        self.plan(plan_id)
        data = self.validated(shapes.ReplanInput)
        plan, difference = plan_replan(**self.actor, plan_id=plan_id, dropped_skill_ids=data.pop("drop"), **data)
        return Response({"plan": self.shown(plan.pk), "difference": difference.as_json()})


class PlanHistoryView(PlansApiView):
    @extend_schema(responses=shapes.HistorySerializer)
    def get(self, request: Request, plan_id: UUID) -> Response:
        """The versions of a plan, newest first, each with its ``difference`` to the one before: ``{"versions", "total"}``.

        Page by ``limit`` (1 to 50) and ``offset``.
        """
        plan = self.plan(plan_id)
        ids = version_ids(plan)
        limit = integer_parameter(request, "limit", default=20, minimum=1, maximum=MOST_VERSIONS)
        offset = integer_parameter(request, "offset", default=0, minimum=0, maximum=MAXIMUM_OFFSET)
        # One more than is shown: the last is told apart from it.
        versions: list[Plan | None] = list(plan_history(plan, ids[offset : offset + limit + 1]))
        if len(versions) <= limit:
            versions.append(None)
        return Response({"versions": [_version(*pair) for pair in pairwise(versions)], "total": len(ids)})


def _version(plan: Plan, before: Plan | None) -> dict[str, Any]:
    difference = plans_difference(before, plan).as_json() if before else None
    return {**shapes.PlanSerializer(plan).data, "difference": difference}
