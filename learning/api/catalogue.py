"""Skills, roles and resources by REST."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from aurora_site.accounts.api_view import OrganizationView
from aurora_site.core.http.pagination import page
from learning.api.base import found
from learning.api.shapes import catalogue as shapes
from learning.selectors import catalogue as selectors
from learning.services import catalogue as services


class SkillsView(OrganizationView):
    @extend_schema(operation_id="learning_skills_list", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """The whole graph: ``{"skills": [{"id", "name", "prerequisites": [ids]}], "total"}``."""
        rows = shapes.SkillSerializer(selectors.skills(request.auth.organization_id), many=True).data
        return Response({"skills": rows, "total": len(rows)})

    @extend_schema(request=shapes.SkillInput, responses={201: shapes.SkillSerializer})
    def post(self, request: Request) -> Response:
        """Create a skill that comes after its ``prerequisites``."""
        data = self.validated(shapes.SkillInput)
        skill = services.skill_create(**self.actor, prerequisite_ids=data.pop("prerequisites"), **data)
        return Response(shapes.SkillSerializer(skill).data, status=201)


class SkillView(OrganizationView):
    @extend_schema(responses=shapes.SkillSerializer)
    def get(self, request: Request, skill_id: UUID) -> Response:
        """One skill."""
        return Response(shapes.SkillSerializer(found(selectors.skills(request.auth.organization_id), skill_id)).data)

    @extend_schema(request=shapes.PrerequisitesInput, responses=shapes.SkillSerializer)
    def patch(self, request: Request, skill_id: UUID) -> Response:
        """Replace a skill's ``prerequisites``; 400 when the skill would have to be learned before itself."""
        skills = selectors.skills(request.auth.organization_id)
        found(skills, skill_id)
        data = self.validated(shapes.PrerequisitesInput)
        services.skill_set_prerequisites(**self.actor, skill_id=skill_id, prerequisite_ids=data["prerequisites"])
        return Response(shapes.SkillSerializer(found(skills, skill_id)).data)


class RolesView(OrganizationView):
    @extend_schema(operation_id="learning_roles_list", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """Roles by name, each with the level it asks of each skill: ``{"roles": […], "total"}``."""
        roles = selectors.roles(request.auth.organization_id)
        rows, total = page(request, roles, lambda row: shapes.RoleSerializer(row).data)
        return Response({"roles": rows, "total": total})

    @extend_schema(request=shapes.RoleInput, responses={201: shapes.RoleSerializer})
    def post(self, request: Request) -> Response:
        """Create a role: ``{"name", "skills": [{"skill": id, "level": 0.8}]}``."""
        data = self.validated(shapes.RoleInput)
        levels = {link["skill"]: link["level"] for link in data.pop("skills", [])}
        role = services.role_create(**self.actor, levels=levels, **data)
        return Response(shapes.RoleSerializer(role).data, status=201)


class RoleView(OrganizationView):
    @extend_schema(responses=shapes.RoleSerializer)
    def get(self, request: Request, role_id: UUID) -> Response:
        """One role."""
        return Response(shapes.RoleSerializer(found(selectors.roles(request.auth.organization_id), role_id)).data)


class ResourcesView(OrganizationView):
    @extend_schema(
        operation_id="learning_resources_list", parameters=[shapes.ResourceFilter], responses=OpenApiTypes.OBJECT
    )
    def get(self, request: Request) -> Response:
        """Resources by title: ``{"resources": […], "total"}``, filtered by ``skill`` (id) and ``text``."""
        wanted = self.validated(shapes.ResourceFilter, data=request.query_params)
        resources = selectors.matching_resources(
            organization_id=request.auth.organization_id, skill_id=wanted["skill"], text=wanted["text"]
        )
        rows, total = page(request, resources, lambda row: shapes.ResourceSerializer(row).data)
        return Response({"resources": rows, "total": total})

    @extend_schema(request=shapes.ResourceInput, responses={201: shapes.ResourceSerializer})
    def post(self, request: Request) -> Response:
        """Create a resource: ``skills`` is ``[{"skill": id, "gain": 0.2}]``, how much of each it brings."""
        data = self.validated(shapes.ResourceInput)
        gains = {link["skill"]: link["gain"] for link in data.pop("skills", [])}
        resource = services.resource_create(**self.actor, gains=gains, **data)
        return Response(shapes.ResourceSerializer(resource).data, status=201)


class ResourceView(OrganizationView):
    @extend_schema(responses=shapes.ResourceSerializer)
    def get(self, request: Request, resource_id: UUID) -> Response:
        """One resource."""
        resource = found(selectors.resources(request.auth.organization_id), resource_id)
        return Response(shapes.ResourceSerializer(resource).data)

    @extend_schema(request=shapes.ResourceChanges, responses=shapes.ResourceSerializer)
    def patch(self, request: Request, resource_id: UUID) -> Response:
        """Change a resource; one that isn't ``offered`` goes into no new plan. What is planned stays as it is."""
        resources = selectors.resources(request.auth.organization_id)
        found(resources, resource_id)
        changes = self.validated(shapes.ResourceChanges)
        services.resource_update(**self.actor, resource_id=resource_id, changes=changes)
        return Response(shapes.ResourceSerializer(found(resources, resource_id)).data)
