"""What learners have shown and how they are doing, by REST. Whoever doesn't follow a learner finds none."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from aurora_site.core.http.errors import Forbidden
from aurora_site.core.http.pagination import page
from learning.api.base import found
from learning.api.learners import FollowedLearnerView
from learning.api.shapes import progress as shapes
from learning.mastery import band
from learning.models import Completion, Evidence, EvidenceKind, Learner, Mastery, Role, Skill
from learning.selectors.aggregates import aggregate
from learning.selectors.mastery import mastery_history, mastery_now
from learning.selectors.people import learners_led_by
from learning.selectors.progress import progress_of
from learning.selectors.teams import teams_known_to
from learning.services.evidence import evidence_record, learner_assess, resource_complete

BY_REST = "REST"


class AssessmentView(FollowedLearnerView):
    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, learner_id: UUID) -> Response:
        """What the learner says that they know: ``{"levels": {skill: 0.5}, "assessed_at"}``, the last word on each."""
        return Response(_assessment(self.learner(learner_id)))

    @extend_schema(request=shapes.AssessmentInput, responses=OpenApiTypes.OBJECT)
    def put(self, request: Request, learner_id: UUID) -> Response:
        """Say what is known: ``{"levels": {skill: 0.5}}``. Skills that aren't named keep what was said of them."""
        learner = self.learner(learner_id)
        levels = self.validated(shapes.AssessmentInput)["levels"]
        learner_assess(**self.actor, learner_id=learner.pk, levels=levels)
        return Response(_assessment(self.learner(learner_id)))


class EvidenceView(FollowedLearnerView):
    @extend_schema(
        operation_id="learning_evidence_list", parameters=[shapes.EvidenceFilter], responses=OpenApiTypes.OBJECT
    )
    def get(self, request: Request, learner_id: UUID) -> Response:
        """What was observed of a learner, newest first: ``{"evidence": […], "total"}``; of one ``skill`` (id)."""
        rows = Evidence.objects.for_organization(request.auth.organization_id).filter(learner=self.learner(learner_id))
        wanted = self.validated(shapes.EvidenceFilter, data=request.query_params)
        if wanted["skill"]:
            rows = rows.filter(skill=wanted["skill"])
        shown, total = page(request, rows, lambda row: shapes.EvidenceSerializer(row).data)
        return Response({"evidence": shown, "total": total})

    @extend_schema(request=shapes.EvidenceInput, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: Request, learner_id: UUID) -> Response:
        """Vouch for a learner's skills, or enter a quiz's result: for their leads and admins, never for oneself.

        The same ``identity`` again changes nothing, and answers 200 with an empty list.
        """
        learner = self.learner(learner_id)
        if not learners_led_by(request.auth).filter(pk=learner.pk).exists():
            raise Forbidden(
                "Only somebody who leads this learner, or an admin, can vouch for them; nobody for themselves."
            )
        data = self.validated(shapes.EvidenceInput)
        rows = evidence_record(
            **self.actor,
            learner_id=learner.pk,
            kind=data["kind"],
            values=data["levels"],
            observed_at=data["observed_at"],
            source=BY_REST,
            identity=data["identity"],
            note=data["note"],
            attested_by=request.auth.user_id,
            resource_id=data["resource"],
        )
        shown = [shapes.EvidenceSerializer(row).data for row in rows]
        return Response({"evidence": shown}, status=201 if rows else 200)


class CompletionsView(FollowedLearnerView):
    @extend_schema(operation_id="learning_completions_list", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, learner_id: UUID) -> Response:
        """The resources that a learner finished, newest first: ``{"completions": […], "total"}``."""
        rows = Completion.objects.for_organization(request.auth.organization_id).select_related("resource")
        rows = rows.filter(learner=self.learner(learner_id))
        shown, total = page(request, rows, lambda row: shapes.CompletionSerializer(row).data)
        return Response({"completions": shown, "total": total})

    @extend_schema(request=shapes.CompletionInput, responses={201: shapes.CompletionSerializer})
    def post(self, request: Request, learner_id: UUID) -> Response:
        """Say that a resource is finished; the same again changes nothing and answers 200."""
        learner = self.learner(learner_id)
        data = self.validated(shapes.CompletionInput)
        resource_id = data.pop("resource")
        before = learner.completions.filter(resource=resource_id).exists()
        row = resource_complete(**self.actor, learner_id=learner.pk, resource_id=resource_id, source=BY_REST, **data)
        return Response(shapes.CompletionSerializer(row).data, status=200 if before else 201)


class MasteryView(FollowedLearnerView):
    @extend_schema(parameters=[shapes.HistoryFilter], responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, learner_id: UUID) -> Response:
        """What a learner masters now, and how that went: ``{"skills": [{"skill", "mean", "low", "high", "history"}]}``.

        ``low`` to ``high`` is where it lies with a probability of about 80 %; ``days`` is how far back history goes.
        """
        learner = self.learner(learner_id)
        wanted = self.validated(shapes.HistoryFilter, data=request.query_params)
        return Response({"learner": str(learner.pk), "skills": _skills(learner, wanted)})


class ProgressView(FollowedLearnerView):
    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, learner_id: UUID) -> Response:
        """How a learner is doing: items, pace, streak, forecast, mastery, and what to do next and why."""
        return Response(progress_of(self.learner(learner_id)).as_json())


class AggregateView(FollowedLearnerView):
    @extend_schema(parameters=[shapes.AggregateFilter], responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """How everyone, or a ``team`` or ``role`` (ids), is doing on average; withheld where it would tell of a person."""
        wanted = self.validated(shapes.AggregateFilter, data=request.query_params)
        organization_id = request.auth.organization_id
        if wanted["team"]:
            found(teams_known_to(request.auth), wanted["team"])
        if wanted["role"]:
            found(Role.objects.for_organization(organization_id), wanted["role"])
        return Response(aggregate(organization_id, team_id=wanted["team"], role_id=wanted["role"]).as_json())


def _assessment(learner: Learner) -> dict[str, Any]:
    rows = Evidence.objects.for_organization(learner.organization_id).filter(
        learner=learner, kind=EvidenceKind.SELF_ASSESSMENT
    )
    levels = dict(rows.order_by("observed_at", "created_at").values_list("skill_id", "value"))
    return {
        "levels": {str(skill_id): level for skill_id, level in levels.items()},
        "assessed_at": learner.assessed_at,
    }


def _skills(learner: Learner, wanted: dict[str, Any]) -> list[dict[str, Any]]:
    skills = Skill.objects.for_organization(learner.organization_id)
    rows = Mastery.objects.for_organization(learner.organization_id).filter(learner=learner)
    practised = dict(rows.values_list("skill_id", "practiced_at"))
    only = [wanted["skill"]] if wanted["skill"] else None
    now = mastery_now(learner)
    history = mastery_history(learner, only, days=wanted["days"])
    shown = []
    for skill_id, name in skills.filter(pk__in=only or now).values_list("pk", "name"):
        if belief := now.get(skill_id):
            low, high = band(belief)
            shown.append(
                {
                    "skill": {"id": str(skill_id), "name": name},
                    "mean": round(belief.mean, 4),
                    "variance": round(belief.variance, 6),
                    "low": round(low, 4),
                    "high": round(high, 4),
                    "practiced_at": practised.get(skill_id),
                    "history": [point.as_json() for point in history.get(skill_id, [])],
                }
            )
    return shown
