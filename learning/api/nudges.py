"""Reminders by REST."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework import serializers
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from aurora_site.accounts.api_view import OrganizationView
from aurora_site.accounts.permissions import IsViewer
from aurora_site.core.http.pagination import page
from learning.api.base import found
from learning.models import Nudge
from learning.selectors.nudges import nudges_for
from learning.selectors.people import learners_followed_by
from learning.services.nudges import nudge_dismiss


class NudgeSerializer(serializers.ModelSerializer):
    """One reminder. ``text`` is plain: paragraphs parted by empty lines, lists whose lines begin with a dash."""

    class Meta:
        model = Nudge
        fields = ["id", "kind", "title", "text", "created_at", "mail", "sent_at", "seen_at"]


class LearnerNudgesView(OrganizationView):
    @extend_schema(operation_id="learning_nudges_list", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, learner_id: UUID) -> Response:
        """A learner's reminders of the last two weeks that weren't dismissed, newest first: ``{"nudges", "total"}``."""
        learner = found(learners_followed_by(request.auth), learner_id)
        rows, total = page(request, nudges_for(learner), lambda row: NudgeSerializer(row).data)
        return Response({"nudges": rows, "total": total})


class NudgeDismissView(OrganizationView):
    """For the learner, whatever their role, and for who follows them."""

    def get_permissions(self) -> list[BasePermission]:
        return [IsViewer()]

    @extend_schema(request=None, responses=NudgeSerializer)
    def post(self, request: Request, learner_id: UUID, nudge_id: UUID) -> Response:
        """Take a reminder off the learner's pages. Dismissing it again changes nothing."""
        learner = found(learners_followed_by(request.auth), learner_id)
        found(Nudge.objects.for_organization(learner.organization_id).filter(learner=learner), nudge_id)
        nudge = nudge_dismiss(**self.actor, learner_id=learner.pk, nudge_id=nudge_id)
        return Response(NudgeSerializer(nudge).data)
