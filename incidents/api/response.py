"""How people respond to an incident, by REST: acknowledge, assign, snooze, responders, feedback, runbooks."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from aurora_site.core.http.errors import NotFound
from incidents import selectors
from incidents.api import serializers as inputs
from incidents.api import shapes
from incidents.api.base import IncidentsApiView
from incidents.runbooks import runbooks_for
from incidents.services import response


class IncidentAcknowledgeView(IncidentsApiView):
    @extend_schema(request=None, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, incident_id: UUID) -> Response:
        """Say that you look at it -> ``{"success", "id", "incident"}``; the first who said so stays."""
        self.incident(incident_id)
        response.incident_acknowledge(**self.actor, incident_id=incident_id)
        return Response(self.changed(incident_id))


class IncidentAssignView(IncidentsApiView):
    @extend_schema(request=inputs.AssignInput, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, incident_id: UUID) -> Response:
        """Give it to somebody: ``{"userId": an id, "me" or null}`` -> ``{"success", "id", "incident"}``."""
        self.incident(incident_id)
        user_id = self.validated(inputs.AssignInput)["user_id"]
        chosen = request.auth.user_id if user_id == "me" else user_id
        response.incident_assign(**self.actor, incident_id=incident_id, user_id=chosen)
        return Response(self.changed(incident_id))


class IncidentSnoozeView(IncidentsApiView):
    @extend_schema(request=inputs.SnoozeInput, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, incident_id: UUID) -> Response:
        """Let it wait: ``{"until": a time within 30 days, or null}`` -> ``{"success", "id", "incident"}``."""
        self.incident(incident_id)
        response.incident_snooze(**self.actor, incident_id=incident_id, **self.validated(inputs.SnoozeInput))
        return Response(self.changed(incident_id))

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def delete(self, request: Request, incident_id: UUID) -> Response:
        """Let it wait no longer -> ``{"success", "id", "incident"}``."""
        self.incident(incident_id)
        response.incident_snooze(**self.actor, incident_id=incident_id, until=None)
        return Response(self.changed(incident_id))


class IncidentRespondersView(IncidentsApiView):
    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, incident_id: UUID) -> Response:
        """Who responds, and as what: ``{"responders": […]}``."""
        rows = selectors.incident_responders(self.incident(incident_id))
        return Response({"responders": [shapes.responder_as_json(row) for row in rows]})

    @extend_schema(request=inputs.ResponderInput, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, incident_id: UUID) -> Response:
        """Add somebody or change the role: ``{"userId": an id or "me", "role"?}`` -> ``{"responder": {…}}``."""
        self.incident(incident_id)
        data = self.validated(inputs.ResponderInput)
        data["user_id"] = request.auth.user_id if data["user_id"] == "me" else data["user_id"]
        responder = response.responder_set(**self.actor, incident_id=incident_id, **data)
        return Response({"responder": shapes.responder_as_json(responder)})


class IncidentResponderView(IncidentsApiView):
    @extend_schema(responses={204: None})
    def delete(self, request: Request, incident_id: UUID, user_id: str) -> Response:
        """Take somebody off."""
        rows = selectors.incident_responders(self.incident(incident_id))
        if not any(row.user_id == user_id for row in rows):
            raise NotFound("This person doesn't respond to the incident.")
        response.responder_remove(**self.actor, incident_id=incident_id, user_id=user_id)
        return Response(status=204)


class IncidentFeedbackView(IncidentsApiView):
    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, incident_id: UUID) -> Response:
        """Whether Aurora's part helped, by person: ``{"feedback": […]}``."""
        rows = selectors.incident_feedback(self.incident(incident_id))
        return Response({"feedback": [shapes.feedback_as_json(row) for row in rows]})

    @extend_schema(request=inputs.FeedbackInput, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, incident_id: UUID) -> Response:
        """Say whether Aurora's part helped: ``{"helpful": true or false, "comment"?}`` -> ``{"feedback": {…}}``."""
        self.incident(incident_id)
        feedback = response.feedback_give(**self.actor, incident_id=incident_id, **self.validated(inputs.FeedbackInput))
        return Response({"feedback": shapes.feedback_as_json(feedback)})


class IncidentRunbooksView(IncidentsApiView):
    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, incident_id: UUID) -> Response:
        """What to read: ``{"runbooks": [{"title", "url", "from"}]}``, from links and from its alerts' annotations."""
        found = runbooks_for(self.incident(incident_id))
        return Response({"runbooks": [{"title": one.title, "url": one.url, "from": one.origin} for one in found]})
