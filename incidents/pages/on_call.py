"""The page of who is on call: rosters with their shifts, and runbook links."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from aurora_site.accounts.identity import Identity
from incidents.errors import IncidentError, UnknownReference
from incidents.models import Roster, RunbookLink, Service, Shift
from incidents.pages.access import editor_page, member_page
from incidents.pages.incidents import MOST_SERVICES, acting, page_context
from incidents.pages.people import members
from incidents.pages.silence_form import moment
from incidents.services import rosters

SHIFTS_AHEAD = timedelta(days=60)
MOST_ROSTERS, MOST_RUNBOOKS = 100, 200
LONGEST_CALENDAR = 2 * 1024 * 1024
About = Mapping[str, Any]


@require_safe
@member_page
def on_call(request: HttpRequest, identity: Identity) -> HttpResponse:
    """Who is on call now and next, and what there is to read."""
    now = timezone.now()
    coming = Shift.objects.filter(ends_at__gt=now, starts_at__lt=now + SHIFTS_AHEAD).select_related("user")
    found = Roster.objects.for_organization(identity.organization_id).select_related("service")
    shifts = Prefetch("shifts", queryset=coming.order_by("starts_at"), to_attr="coming")
    services = Service.objects.for_organization(identity.organization_id).order_by("name")
    context = page_context(identity, "on-call") | {
        "now": now,
        "rosters": [_drawn(roster, now) for roster in found.prefetch_related(shifts)[:MOST_ROSTERS]],
        "runbooks": RunbookLink.objects.for_organization(identity.organization_id).select_related("service")[
            :MOST_RUNBOOKS
        ],
        "services": services[:MOST_SERVICES],
        "members": members(identity.organization_id),
        "starts_default": now.strftime("%Y-%m-%dT%H:00"),
    }
    return render(request, "incidents/on_call.html", context)


def _drawn(roster: Roster, now: Any) -> dict[str, Any]:
    coming = list(getattr(roster, "coming", ()))
    return {
        "roster": roster,
        "now": [shift for shift in coming if shift.starts_at <= now],
        "next": [shift for shift in coming if shift.starts_at > now],
    }


@require_POST
@editor_page
def act(request: HttpRequest, identity: Identity, action: str) -> HttpResponse:
    """Do one of ``ACTIONS``, then show the page again."""
    perform = ACTIONS.get(action)
    if perform is None:
        raise Http404("There is no such action.")
    try:
        messages.success(request, perform(request, acting(identity)))
    except IncidentError as error:
        messages.error(request, str(error))
    return redirect("on-call-page")


def _roster_create(request: HttpRequest, about: About) -> str:
    service = request.POST.get("service", "")
    roster = rosters.roster_create(
        **about, name=_text(request, "name", 200), service_id=_id(service, "service") if service else None
    )
    return f"The roster {roster.name} is there. Add shifts to it."


def _roster_delete(request: HttpRequest, about: About) -> str:
    rosters.roster_delete(**about, roster_id=_id(request.POST.get("roster", ""), "roster"))
    return "The roster is deleted."


def _shift_add(request: HttpRequest, about: About) -> str:
    starts_at, ends_at = (moment(request.POST.get(name, "")) for name in ("starts_at", "ends_at"))
    if starts_at is None or ends_at is None:
        raise UnknownReference("Say when the shift begins and ends.", field="starts_at")
    rosters.shift_add(
        **about,
        roster_id=_id(request.POST.get("roster", ""), "roster"),
        user_id=request.POST.get("user", ""),
        starts_at=starts_at,
        ends_at=ends_at,
    )
    return "The shift is added."


def _shift_remove(request: HttpRequest, about: About) -> str:
    rosters.shift_remove(**about, shift_id=_id(request.POST.get("shift", ""), "shift"))
    return "The shift is taken off."


def _calendar(request: HttpRequest, about: About) -> str:
    file = request.FILES.get("calendar")
    if file is None or not file.size:
        raise UnknownReference("Choose a calendar file (.ics).", field="calendar")
    if file.size > LONGEST_CALENDAR:
        raise UnknownReference("The calendar is larger than 2 MB.", field="calendar")
    text = file.read().decode("utf-8", "replace")
    done = rosters.roster_import(**about, roster_id=_id(request.POST.get("roster", ""), "roster"), calendar=text)
    if done.problems:
        messages.warning(request, " ".join(done.problems[:5]))
    return f"Shifts added: {done.added}; taken off: {done.removed}."


def _runbook_add(request: HttpRequest, about: About) -> str:
    service = request.POST.get("service", "")
    rosters.runbook_add(
        **about,
        title=_text(request, "title", 200),
        url=_text(request, "url", 1000),
        service_id=_id(service, "service") if service else None,
        title_contains=request.POST.get("title_contains", "").strip()[:200],
    )
    return "The runbook is linked."


def _runbook_remove(request: HttpRequest, about: About) -> str:
    rosters.runbook_remove(**about, runbook_id=_id(request.POST.get("runbook", ""), "runbook"))
    return "The link is gone."


ACTIONS: Mapping[str, Callable[[HttpRequest, About], str]] = {
    "calendar": _calendar,
    "roster": _roster_create,
    "roster-delete": _roster_delete,
    "runbook": _runbook_add,
    "runbook-remove": _runbook_remove,
    "shift": _shift_add,
    "shift-remove": _shift_remove,
}


def _text(request: HttpRequest, name: str, longest: int) -> str:
    text = request.POST.get(name, "").replace("\x00", "").strip()
    if not 0 < len(text) <= longest:
        raise UnknownReference(f"Give a {name} of up to {longest} characters.", field=name)
    return text


def _id(text: str, field: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise UnknownReference(f"There is no such {field}.", field=field) from error
