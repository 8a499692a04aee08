"""The items of a plan by REST: done, skipped, planned again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from learning.api.plans import PlansApiView
from learning.api.shapes import plans as shapes
from learning.models import PlanItem
from learning.services.items import item_complete, item_reopen, item_skip


class ItemApiView(PlansApiView):
    """A change of one item; the answer is the item, with the state of its plan."""

    def named(self, plan_id: UUID, item_id: UUID) -> dict[str, Any]:
        """The item and who changes it. Raises NotFound for a plan that isn't the caller's to see."""
        self.plan(plan_id)
        return {**self.actor, "plan_id": plan_id, "item_id": item_id}

    def changed(self, item: PlanItem) -> Response:
        return Response(shapes.ChangedItemSerializer(item).data)


class CompleteView(ItemApiView):
    @extend_schema(request=shapes.CompleteInput, responses=shapes.ChangedItemSerializer)
    def post(self, request: Request, plan_id: UUID, item_id: UUID) -> Response:
        """The item is done: ``{"minutes"?, "score"?, "rating"?}``; done again it stays as it is.

        ``score`` (0 to 1) is of a check, project or resource, ``rating`` (1 forgotten, 2 hard, 3 good, 4 easy) of a review.
        409 for an item that was skipped, and, with ``active_plan``, for a version that was replaced.
        """
        named = self.named(plan_id, item_id)
        return self.changed(item_complete(**named, **self.validated(shapes.CompleteInput)))


class SkipView(ItemApiView):
    @extend_schema(request=None, responses=shapes.ChangedItemSerializer)
    def post(self, request: Request, plan_id: UUID, item_id: UUID) -> Response:
        """The item is not to be done; skipped again it stays as it is. 409 for an item that is done."""
        return self.changed(item_skip(**self.named(plan_id, item_id)))


class ReopenView(ItemApiView):
    @extend_schema(request=None, responses=shapes.ChangedItemSerializer)
    def post(self, request: Request, plan_id: UUID, item_id: UUID) -> Response:
        """The item is planned again, and what came of its being done is taken back."""
        return self.changed(item_reopen(**self.named(plan_id, item_id)))
