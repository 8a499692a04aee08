"""Learners by REST, and what they say and show of themselves."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef
from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from aurora_site.accounts.api_view import OrganizationView
from aurora_site.accounts.permissions import IsViewer
from aurora_site.core.http.errors import NotFound
from aurora_site.core.http.pagination import page
from learning.api.base import found
from learning.api.shapes import learners as shapes
from learning.models import Learner
from learning.selectors.people import learner_of, learners_followed_by, learners_listed_for
from learning.services.learners import learner_create, learner_update


def _is_followed(request: Request) -> Exists:
    return Exists(learners_followed_by(request.auth).filter(pk=OuterRef("pk")))


def _shown(learner: Any) -> dict[str, Any]:
    """A learner who is annotated with whether the caller follows them."""
    shape = shapes.LearnerSerializer if learner.is_followed else shapes.ListedLearnerSerializer
    return dict(shape(learner).data)


class FollowedLearnerView(OrganizationView):
    """A view of what is a learner's own: for themselves, for their leads and for admins, whatever their role."""

    def get_permissions(self) -> list[BasePermission]:
        return [IsViewer()]

    def learner(self, learner_id: UUID) -> Learner:
        """A learner whom the caller follows. Raises NotFound."""
        return found(learners_followed_by(self.request.auth), learner_id)


class LearnersView(OrganizationView):
    @extend_schema(operation_id="learning_learners_list", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """Learners by name: ``{"learners": […], "total"}``. A viewer sees no one else.

        Of a learner whom an editor doesn't follow: ``id``, ``name``, ``user``, ``role`` and ``created_at`` alone.
        """
        learners = learners_listed_for(request.auth).annotate(is_followed=_is_followed(request))
        rows, total = page(request, learners, _shown)
        return Response({"learners": rows, "total": total})

    @extend_schema(request=shapes.LearnerInput, responses={201: shapes.LearnerSerializer})
    def post(self, request: Request) -> Response:
        """Create a learner; ``user`` names a member of the organisation, ``role`` one of its roles."""
        data = self.validated(shapes.LearnerInput)
        learner = learner_create(**self.actor, user_id=data.pop("user"), role_id=data.pop("role"), **data)
        return Response(shapes.LearnerSerializer(learner).data, status=201)


class OwnLearnerView(FollowedLearnerView):
    @extend_schema(responses=shapes.LearnerSerializer)
    def get(self, request: Request) -> Response:
        """The caller's own learner; 404 for somebody who hasn't begun yet."""
        own = learner_of(request.auth)
        if own is None:
            raise NotFound("You are no learner here yet: POST to this address to begin.")
        return Response(shapes.LearnerSerializer(own).data)

    @extend_schema(request=shapes.OwnLearnerInput, responses={201: shapes.LearnerSerializer})
    def post(self, request: Request) -> Response:
        """Begin to learn: makes the caller's own learner, named as their account unless ``name`` is given."""
        data = self.validated(shapes.OwnLearnerInput)
        user = request.auth.user
        name = data.pop("name") or user.name or user.email.partition("@")[0]
        learner = learner_create(**self.actor, user_id=user.pk, name=name, role_id=data.pop("role"), **data)
        return Response(shapes.LearnerSerializer(learner).data, status=201)


class LearnerView(FollowedLearnerView):
    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, learner_id: UUID) -> Response:
        """One learner; of one whom an editor doesn't follow as little as in the list."""
        learners = learners_listed_for(request.auth).annotate(is_followed=_is_followed(request))
        return Response(_shown(found(learners, learner_id)))

    @extend_schema(request=shapes.LearnerChanges, responses=shapes.LearnerSerializer)
    def patch(self, request: Request, learner_id: UUID) -> Response:
        """Change a learner's settings: their own, or as lead or admin those of a learner whom one follows."""
        learner = self.learner(learner_id)
        changes = self.validated(shapes.LearnerChanges)
        learner_update(**self.actor, learner_id=learner.pk, changes=changes)
        return Response(shapes.LearnerSerializer(self.learner(learner_id)).data)
