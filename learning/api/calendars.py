"""Plans as calendars: a file, and an address that calendars read without sign-in."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from aurora_site.core.http.errors import NotFound
from learning.api.base import found
from learning.api.plans import PlansApiView
from learning.api.shapes import plans as shapes
from learning.calendars import PlanCalendar
from learning.models import CalendarSubscription, Learner
from learning.selectors.calendars import calendar_of, calendar_of_plan, subscribed_learner
from learning.selectors.people import learners_followed_by
from learning.services.calendar_subscriptions import calendar_note_read, calendar_subscribe, calendar_unsubscribe

CALENDAR = {(200, "text/calendar"): OpenApiTypes.STR}


class WhateverIsAccepted(BaseContentNegotiation):
    """A calendar for whoever asks, whatever they say they read; errors are JSON."""

    def select_parser(self, request: Any, parsers: Any) -> Any:
        return parsers[0] if parsers else None

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


class PlanCalendarView(PlansApiView):
    content_negotiation_class = WhateverIsAccepted
    renderer_classes = [JSONRenderer]

    @extend_schema(responses=CALENDAR)
    def get(self, request: Request, plan_id: UUID) -> HttpResponseBase:
        """The plan as an iCalendar file, in the learner's time zone."""
        plan = self.plan(plan_id)
        return calendar_response(request, calendar_of_plan(plan.learner, plan))


class LearnerCalendarView(PlansApiView):
    @extend_schema(responses=shapes.SubscriptionSerializer)
    def get(self, request: Request, learner_id: UUID) -> Response:
        """Whether the learner's calendar has an address, since when, and when it was read last."""
        learner = self._learner(learner_id)
        rows = CalendarSubscription.objects.for_organization(learner.organization_id)
        row = rows.filter(learner=learner).first()
        shown = {"is_subscribed": row is not None, "created_at": row and row.created_at, "read_at": row and row.read_at}
        return Response(shapes.SubscriptionSerializer(shown).data)

    @extend_schema(request=None, responses={201: shapes.AddressSerializer})
    def post(self, request: Request, learner_id: UUID) -> Response:
        """A new secret address of the learner's calendar, shown this once: ``{"url"}``. The one before ends."""
        learner = self._learner(learner_id)
        return Response({"url": calendar_subscribe(**self.actor, learner_id=learner.pk)}, status=201)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, learner_id: UUID) -> Response:
        """Take the address away; where there is none, nothing changes."""
        learner = self._learner(learner_id)
        calendar_unsubscribe(**self.actor, learner_id=learner.pk)
        return Response(status=204)

    def _learner(self, learner_id: UUID) -> Learner:
        return found(learners_followed_by(self.request.auth), learner_id)


class SubscribedCalendarView(APIView):
    authentication_classes = ()
    permission_classes = (AllowAny,)
    content_negotiation_class = WhateverIsAccepted
    renderer_classes = [JSONRenderer]

    @extend_schema(responses=CALENDAR, auth=[])
    def get(self, request: Request, token: str) -> HttpResponseBase:
        """The plan that a learner follows, for the calendar that they gave this address: whoever knows it may read it."""
        learner = subscribed_learner(token)
        if learner is None:
            raise NotFound("There is no calendar at this address.")
        calendar_note_read(learner)
        return calendar_response(request, calendar_of(learner))


def calendar_response(request: Request, calendar: PlanCalendar) -> HttpResponseBase:
    """The file, or 304 for who has it already."""
    content = calendar.to_ical()
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="learning-plan.ics"'
    response["ETag"] = etag
    response["Last-Modified"] = http_date(calendar.changed_at.timestamp())
    response["Cache-Control"] = "private, no-cache"
    # The file's digest decides alone where a client sends it: what is read within one second may differ.
    changed_at = int(calendar.changed_at.timestamp())
    shown = get_conditional_response(request._request, etag=etag, last_modified=changed_at, response=response)
    return response if shown is None else shown
