"""Who is on call, by REST."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from aurora_site.core.http.errors import NotFound
from aurora_site.core.http.pagination import page
from incidents import selectors
from incidents.api import roster_shapes as shapes
from incidents.api.base import IncidentsApiView
from incidents.models import Roster
from incidents.services import rosters


class RosterApiView(IncidentsApiView):
    def rosters(self) -> QuerySet[Roster]:
        return selectors.rosters(self.request.auth.organization_id, timezone.now())

    def roster(self, roster_id: UUID) -> Roster:
        """A roster of the caller's organisation. Raises NotFound."""
        found = self.rosters().filter(pk=roster_id).first()
        if found is None:
            raise NotFound("There is no such roster.")
        return found


class RostersView(RosterApiView):
    @extend_schema(operation_id="rosters_list", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """Rosters by name, with who is on call: ``{"rosters": […], "total"}``."""
        rows, total = page(request, self.rosters(), shapes.roster_as_json)
        return Response({"rosters": rows, "total": total})

    @extend_schema(request=shapes.RosterInput, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: Request) -> Response:
        """Make a roster of a service, or of all that have none: ``{"name", "service_id"?}``."""
        roster = rosters.roster_create(**self.actor, **self.validated(shapes.RosterInput))
        return Response(shapes.roster_as_json(self.roster(roster.pk)), status=201)


class RosterView(RosterApiView):
    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, roster_id: UUID) -> Response:
        """One roster."""
        return Response(shapes.roster_as_json(self.roster(roster_id)))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, roster_id: UUID) -> Response:
        """Delete a roster with its shifts."""
        self.roster(roster_id)
        rosters.roster_delete(**self.actor, roster_id=roster_id)
        return Response(status=204)


class ShiftsView(RosterApiView):
    @extend_schema(operation_id="roster_shifts_list", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, roster_id: UUID) -> Response:
        """The shifts that aren't over, in order: ``{"shifts": […], "total"}``."""
        rows, total = page(request, selectors.shifts(self.roster(roster_id), timezone.now()), shapes.shift_as_json)
        return Response({"shifts": rows, "total": total})

    @extend_schema(request=shapes.ShiftInput, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: Request, roster_id: UUID) -> Response:
        """Put a member on call: ``{"user_id", "starts_at", "ends_at"}``."""
        self.roster(roster_id)
        shift = rosters.shift_add(**self.actor, roster_id=roster_id, **self.validated(shapes.ShiftInput))
        return Response(shapes.shift_as_json(shift), status=201)


class ShiftView(RosterApiView):
    @extend_schema(responses={204: None})
    def delete(self, request: Request, roster_id: UUID, shift_id: UUID) -> Response:
        """Take a shift out."""
        if not self.roster(roster_id).shifts.filter(pk=shift_id).exists():
            raise NotFound("There is no such shift.")
        rosters.shift_remove(**self.actor, shift_id=shift_id)
        return Response(status=204)


class RosterImportView(RosterApiView):
    @extend_schema(request=shapes.CalendarInput, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, roster_id: UUID) -> Response:
        """Take the shifts of the next year from an .ics file: ``{"calendar": its text}``.

        -> ``{"added", "removed", "problems": […]}``: they take the place of those imported before; what was not understood
        is listed in words.
        """
        self.roster(roster_id)
        read = rosters.roster_import(**self.actor, roster_id=roster_id, **self.validated(shapes.CalendarInput))
        return Response({"added": read.added, "removed": read.removed, "problems": read.problems})


class OnCallView(RosterApiView):
    @extend_schema(parameters=[OpenApiParameter("service", str)], responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """Who is on call now, for a ``service`` or for all without a roster of their own: ``{"on_call": […]}``."""
        name = request.query_params.get("service", "").replace("\x00", "")
        service = selectors.service_by_name(request.auth.organization_id, name) if name else None
        if name and service is None:
            raise NotFound("There is no such service.")
        people = rosters.on_call(request.auth.organization_id, service.pk if service else None, timezone.now())
        return Response({"on_call": [shapes.person_as_json(person) for person in people]})
