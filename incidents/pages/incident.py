"""The page of one incident: its state, its alerts and why they are here, what happened, and who works on it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import F, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from aurora_site.accounts.identity import Identity
from incidents.models import (
    Alert,
    Incident,
    IncidentFeedback,
    IncidentStatus,
    Merge,
    Responder,
    ResponderRole,
    Roster,
    Service,
    Severity,
    Shift,
)
from incidents.pages import people, rows
from incidents.pages.access import is_part, member_page
from incidents.pages.alerts import alerts_page, shown_alerts
from incidents.pages.asked import OPEN
from incidents.pages.graph import graph_of
from incidents.pages.incidents import last_seq, page_context
from incidents.pages.story import steps_of, story_page
from incidents.pages.wording import SEVERITY_WORDS, state_of
from incidents.runbooks import runbooks_for

MERGE_TARGETS = 50
MOST_RUNBOOKS = 20
# How long an incident can be put aside, by the word in the form.
SNOOZES = {
    "30m": ("30 minutes", timedelta(minutes=30)),
    "1h": ("an hour", timedelta(hours=1)),
    "4h": ("4 hours", timedelta(hours=4)),
    "12h": ("12 hours", timedelta(hours=12)),
    "24h": ("a day", timedelta(days=1)),
}


@require_safe
@member_page
def incident(request: HttpRequest, identity: Identity, incident_id: UUID) -> HttpResponse:
    """One incident; its sections alone when a script asks for them."""
    return incident_response(request, identity, incident_id)


def incident_response(request: HttpRequest, identity: Identity, incident_id: UUID, **extra: Any) -> HttpResponse:
    """The page, or its sections. ``extra`` adds to what the templates know. Raises Http404."""
    seq = last_seq(identity.organization_id)
    found = _read(identity, incident_id)
    context = page_context(identity, "incidents") | {"seq": seq, "incident": found, **extra}
    context |= _about(identity, found) | _alerts(request, found) | _story(request, identity, found)
    if context["can_edit"]:
        context |= _choices(identity, found)
    return render(request, "incidents/_incident.html" if is_part(request) else "incidents/incident.html", context)


def _read(identity: Identity, incident_id: UUID) -> Incident:
    found = Incident.objects.for_organization(identity.organization_id).filter(pk=incident_id)
    one = found.select_related("service", "assignee", "merged_into").prefetch_related("services").first()
    if one is None:
        raise Http404("There is no such incident.")
    return one


def _about(identity: Identity, one: Incident) -> dict[str, Any]:
    now = timezone.now()
    services = sorted(one.services.all(), key=lambda service: service.name)
    if one.service is not None and one.service not in services:
        services.insert(0, one.service)
    responders = list(Responder.objects.filter(incident=one).select_related("user"))
    feedback = list(IncidentFeedback.objects.filter(incident=one).select_related("user"))
    acknowledged_by = people.names_of([one.acknowledged_by_id, one.assignee_id], own_id=identity.user_id)
    return {
        "state": state_of(one, now),
        "is_open": one.status in OPEN,
        "flapping": _flapping(one),
        "is_snoozed": one.status in OPEN and one.snoozed_until is not None and one.snoozed_until > now,
        "services": services,
        "by": acknowledged_by.get(one.acknowledged_by_id, ""),
        "assignee": acknowledged_by.get(one.assignee_id or "", ""),
        "responders": responders,
        "on_call": on_call_now(identity, services, now),
        "runbooks": runbooks_for(one)[:MOST_RUNBOOKS],
        "merges": Merge.objects.filter(target=one, undone_at=None).select_related("source"),
        "feedback": feedback,
        "own_feedback": next((row for row in feedback if row.user_id == identity.user_id), None),
        "graph": graph_of(one, services),
    }


def _flapping(one: Incident) -> int:
    """How many of its alerts come and go now; those of earlier times that the same alert fired aren't among them."""
    alerts = Alert.objects.for_organization(one.organization_id).filter(incident=one)
    began = F("series__flapping_since") - timedelta(seconds=settings.AURORA_FLAPPING_SECONDS)
    return alerts.filter(Q(ended_at=None) | Q(ended_at__gte=began), series__flapping_since__isnull=False).count()


def _alerts(request: HttpRequest, one: Incident) -> dict[str, Any]:
    page = alerts_page(one, request.GET.get("alerts"))
    return {"alert_page": page, "alerts": shown_alerts(page.object_list, one.organization_id)}


def _story(request: HttpRequest, identity: Identity, one: Incident) -> dict[str, Any]:
    oldest_first = request.GET.get("order") == "oldest"
    page = story_page(one, request.GET.get("page"), oldest_first=oldest_first)
    return {"story": page, "steps": steps_of(page.object_list, identity.user_id), "oldest_first": oldest_first}


def _choices(identity: Identity, one: Incident) -> dict[str, Any]:
    """What the forms offer."""
    others = Incident.objects.for_organization(identity.organization_id).exclude(pk=one.pk)
    return {
        "snoozes": [(value, words) for value, (words, _) in SNOOZES.items()],
        "severities": [(str(severity), SEVERITY_WORDS[severity]) for severity in Severity],
        "members": people.members(identity.organization_id),
        "roles": ResponderRole.values,
        "targets": rows.by_urgency(others).only("number", "title", "organization_id")[:MERGE_TARGETS],
        "can_merge": one.status != IncidentStatus.MERGED,
    }


def on_call_now(identity: Identity, services: Sequence[Service], now: datetime) -> list[Shift]:
    """Who is on call for the services: their own rosters, else the one for all."""
    rosters = Roster.objects.for_organization(identity.organization_id)
    running = Shift.objects.filter(roster__in=rosters, starts_at__lte=now, ends_at__gt=now)
    shifts = running.select_related("user", "roster__service")
    own = Q(roster__service__in=services)
    found = list(shifts.filter(own | Q(roster__service=None)).order_by("roster__name", "starts_at"))
    specific = [shift for shift in found if shift.roster.service_id is not None]
    return specific or found
