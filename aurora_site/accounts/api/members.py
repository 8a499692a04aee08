"""Members of the organisation, invitations into it, and its teams."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from aurora_site.accounts import selectors
from aurora_site.accounts.api import serializers as shapes
from aurora_site.accounts.api.base import PublicView, checked, signed_in
from aurora_site.accounts.permissions import IsAdmin, IsViewer
from aurora_site.accounts.services import invitations, members, registration, teams
from aurora_site.core.http.errors import Forbidden, NotFound
from aurora_site.core.http.pagination import page


class OrganizationView(APIView):
    """Members read, admins change."""

    def get_permissions(self) -> list[BasePermission]:
        return [IsViewer() if self.request.method in {"GET", "HEAD", "OPTIONS"} else IsAdmin()]


class MembersView(OrganizationView):
    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """The organisation's members."""
        if request.auth.is_demo:
            raise Forbidden("The demo learner can't see who the members are.")
        rows, total = page(request, selectors.members_of(request.auth.organization_id), selectors.member_as_json)
        return Response({"members": rows, "total": total})


class MemberView(OrganizationView):
    @extend_schema(request=shapes.RoleIn, responses=OpenApiTypes.OBJECT)
    def patch(self, request: Request, user_id: str) -> Response:
        """Give a member another role."""
        body = checked(shapes.RoleIn, request)
        membership = members.member_role_change(
            organization=request.auth.organization, user_id=user_id, role=body["role"], actor=request.auth.user
        )
        return Response(selectors.member_as_json(membership))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, user_id: str) -> Response:
        """Take a member out of the organisation; their sign-ins end and their keys for it are revoked."""
        members.member_remove(organization=request.auth.organization, user_id=user_id, actor=request.auth.user)
        return Response(status=204)


class InvitationsView(APIView):
    permission_classes = [IsAdmin]

    @extend_schema(operation_id="invitations_list", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """The organisation's invitations, newest first."""
        rows = selectors.invitations_of(request.auth.organization_id)
        shown, total = page(request, rows, selectors.invitation_as_json)
        return Response({"invitations": shown, "total": total})

    @extend_schema(request=shapes.InvitationIn, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: Request) -> Response:
        """Invite someone by mail. The link is in this answer too, to be handed over otherwise."""
        body = checked(shapes.InvitationIn, request)
        invitation, token = invitations.invitation_create(
            organization=request.auth.organization, invited_by=request.auth.user, **body
        )
        link = f"{settings.AURORA_PUBLIC_URL}/invitations/{token}"
        return Response({**selectors.invitation_as_json(invitation), "token": token, "url": link}, status=201)


class InvitationView(APIView):
    permission_classes = [IsAdmin]

    @extend_schema(responses={204: None})
    def delete(self, request: Request, invitation_id: UUID) -> Response:
        """Revoke an open invitation."""
        invitations.invitation_revoke(
            organization=request.auth.organization, invitation_id=invitation_id, actor=request.auth.user
        )
        return Response(status=204)


class InvitationPreviewView(PublicView):
    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, token: str) -> Response:
        """What the holder of a mailed link is invited to."""
        return Response(selectors.invitation_preview(selectors.invitation_by_token(token)))


class InvitationAcceptView(APIView):
    permission_classes = [AllowAny]

    @extend_schema(request=shapes.InvitationAcceptIn, responses={200: OpenApiTypes.OBJECT, 201: shapes.SignedInOut})
    def post(self, request: Request, token: str) -> Response:
        """Join: someone signed in becomes a member (200), a newcomer gives name and password and is signed in (201)."""
        if request.auth is not None:
            if request.auth.api_key is not None or request.auth.is_demo:
                raise Forbidden("Sign in to your own account to accept.")
            membership = invitations.invitation_accept(token=token, user=request.auth.user)
            return Response(selectors.account_as_json(request.auth.user, membership))
        invitation = selectors.invitation_by_token(token)
        body = checked(shapes.InvitationAcceptIn, request)
        membership = registration.register(email=invitation.email, invitation_token=token, **body)
        return Response(signed_in(request, membership.user), status=201)


class TeamsView(OrganizationView):
    @extend_schema(operation_id="teams_list", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """The organisation's teams."""
        rows, total = page(request, selectors.teams_of(request.auth.organization_id), selectors.team_as_json)
        return Response({"teams": rows, "total": total})

    @extend_schema(request=shapes.TeamIn, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: Request) -> Response:
        """Make a team."""
        body = checked(shapes.TeamIn, request)
        team = teams.team_create(organization=request.auth.organization, name=body["name"], actor=request.auth.user)
        return Response({**selectors.team_as_json(team), "members": []}, status=201)


class TeamView(OrganizationView):
    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, team_id: UUID) -> Response:
        """A team and its members."""
        team = selectors.teams_of(request.auth.organization_id).filter(pk=team_id).first()
        if team is None:
            raise NotFound("There is no such team.")
        rows: list[Any] = [selectors.team_member_as_json(row) for row in selectors.team_members(team)]
        return Response({**selectors.team_as_json(team), "members": rows})

    @extend_schema(responses={204: None})
    def delete(self, request: Request, team_id: UUID) -> Response:
        """Delete a team; its members stay in the organisation."""
        teams.team_delete(organization=request.auth.organization, team_id=team_id, actor=request.auth.user)
        return Response(status=204)


class TeamMembersView(OrganizationView):
    @extend_schema(request=shapes.TeamMemberIn, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: Request, team_id: UUID) -> Response:
        """Put a member of the organisation into a team, or change whether they lead it."""
        body = checked(shapes.TeamMemberIn, request)
        row = teams.team_member_put(
            organization=request.auth.organization, team_id=team_id, actor=request.auth.user, **body
        )
        return Response(selectors.team_member_as_json(row), status=201)


class TeamMemberView(OrganizationView):
    @extend_schema(responses={204: None})
    def delete(self, request: Request, team_id: UUID, user_id: str) -> Response:
        """Take someone out of a team."""
        teams.team_member_remove(
            organization=request.auth.organization, team_id=team_id, user_id=user_id, actor=request.auth.user
        )
        return Response(status=204)
