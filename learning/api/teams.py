"""Teams by REST."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from aurora_site.accounts.api_view import OrganizationView
from aurora_site.accounts.models import Role
from aurora_site.core.http.errors import Forbidden
from aurora_site.core.http.pagination import page
from learning.api.base import found
from learning.api.shapes import teams as shapes
from learning.models import Team
from learning.selectors.teams import leads_team, may_change_members, may_name_leads, team_progress, teams_known_to
from learning.services import teams as services

_NO_LEADS = "Only an admin says who leads a team, since leads see how its members are doing."
_NO_MEMBERS = "Somebody who leads a team can't choose its members; ask an admin or another editor."


class TeamsApiView(OrganizationView):
    """A view of teams: editors write, except what would widen what they see themselves."""

    def team(self, team_id: UUID) -> Team:
        """A team that the caller may know of. Raises NotFound."""
        return found(teams_known_to(self.request.auth), team_id)

    def shown(self, team: Team) -> dict[str, Any]:
        """A team with its learners for those who know who there is."""
        identity = self.request.auth
        knows = identity.has_role(Role.EDITOR) or leads_team(identity, team)
        return (shapes.TeamWithLearnersSerializer if knows else shapes.TeamSerializer)(team).data

    def require_members(self, team: Team) -> None:
        """Raises Forbidden for those who lead the team and are no admins."""
        if not may_change_members(self.request.auth, team):
            raise Forbidden(_NO_MEMBERS)

    def require_leads(self) -> None:
        """Raises Forbidden for all but admins."""
        if not may_name_leads(self.request.auth):
            raise Forbidden(_NO_LEADS)


class TeamsView(TeamsApiView):
    @extend_schema(operation_id="learning_teams_list", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """Teams by name: ``{"teams": […], "total"}``; a viewer's are those that they lead or belong to."""
        rows, total = page(request, teams_known_to(request.auth), self.shown)
        return Response({"teams": rows, "total": total})

    @extend_schema(request=shapes.TeamInput, responses={201: shapes.TeamWithLearnersSerializer})
    def post(self, request: Request) -> Response:
        """Make a team: ``{"name", "learners"?: [ids], "leads"?: [account ids]}``; leads are named by admins."""
        data = self.validated(shapes.TeamInput)
        if data.get("leads"):
            self.require_leads()
        team = services.team_create(
            **self.actor, name=data["name"], learner_ids=data.get("learners", ()), lead_ids=data.get("leads", ())
        )
        return Response(self.shown(self.team(team.pk)), status=201)


class TeamView(TeamsApiView):
    @extend_schema(responses=shapes.TeamWithLearnersSerializer)
    def get(self, request: Request, team_id: UUID) -> Response:
        """One team."""
        return Response(self.shown(self.team(team_id)))

    @extend_schema(request=shapes.TeamChanges, responses=shapes.TeamWithLearnersSerializer)
    def patch(self, request: Request, team_id: UUID) -> Response:
        """Replace a team's ``name``, ``learners`` or ``leads``; what isn't sent stays."""
        team = self.team(team_id)
        data = self.validated(shapes.TeamChanges)
        if "learners" in data:
            self.require_members(team)
        if "leads" in data:
            self.require_leads()
        services.team_change(
            **self.actor,
            team_id=team.pk,
            name=data.get("name"),
            learner_ids=data.get("learners"),
            lead_ids=data.get("leads"),
        )
        return Response(self.shown(self.team(team_id)))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, team_id: UUID) -> Response:
        """Delete a team; its learners stay."""
        services.team_delete(**self.actor, team_id=self.team(team_id).pk)
        return Response(status=204)


class TeamMemberView(TeamsApiView):
    @extend_schema(request=None, responses=shapes.TeamWithLearnersSerializer)
    def put(self, request: Request, team_id: UUID, learner_id: UUID) -> Response:
        """Take a learner into a team."""
        self.require_members(team := self.team(team_id))
        services.team_member_add(**self.actor, team_id=team.pk, learner_id=learner_id)
        return Response(self.shown(self.team(team_id)))

    @extend_schema(responses=shapes.TeamWithLearnersSerializer)
    def delete(self, request: Request, team_id: UUID, learner_id: UUID) -> Response:
        """Take a learner out of a team."""
        self.require_members(team := self.team(team_id))
        services.team_member_remove(**self.actor, team_id=team.pk, learner_id=learner_id)
        return Response(self.shown(self.team(team_id)))


class TeamLeadView(TeamsApiView):
    @extend_schema(request=None, responses=shapes.TeamWithLearnersSerializer)
    def put(self, request: Request, team_id: UUID, user_id: str) -> Response:
        """Have a member of the organisation lead a team."""
        self.require_leads()
        services.team_lead_add(**self.actor, team_id=self.team(team_id).pk, user_id=user_id)
        return Response(self.shown(self.team(team_id)))

    @extend_schema(responses=shapes.TeamWithLearnersSerializer)
    def delete(self, request: Request, team_id: UUID, user_id: str) -> Response:
        """Have somebody lead a team no longer."""
        self.require_leads()
        services.team_lead_remove(**self.actor, team_id=self.team(team_id).pk, user_id=user_id)
        return Response(self.shown(self.team(team_id)))


class TeamProgressView(TeamsApiView):
    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, team_id: UUID) -> Response:
        """How a team is doing: ``aggregate``, and for its leads and admins its ``members``, the first 200 by name of
        ``total``."""
        return Response(team_progress(request.auth, self.team(team_id)).as_json())
