"""The page of silences and maintenance windows: current, coming and past ones; one more; the end of one."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from aurora_site.accounts.identity import Identity
from incidents.errors import IncidentError
from incidents.models import AlertStatus, Repeat, Service, Silence
from incidents.pages.access import editor_page, member_page
from incidents.pages.incidents import MOST_SERVICES, acting, page_context
from incidents.pages.people import names_of
from incidents.pages.silence_form import (
    DURATIONS,
    Given,
    fields_of,
    given_of_alert,
    given_of_form,
    matchers_of,
    service_ids_of,
)
from incidents.services.silences import is_over, silence_create, silence_end
from incidents.silence_preview import Preview, silence_preview
from incidents.silences import OPERATORS, is_active, matchers_checked

MOST_SHOWN = 200
PAST_SHOWN = 20


@dataclass(frozen=True)
class Shown:
    silence: Silence
    by: str
    is_active: bool


@require_safe
@member_page
def silences(request: HttpRequest, identity: Identity) -> HttpResponse:
    """What is quiet now, what will be, and what was. ``alert``: the form is filled with that alert's labels."""
    given = given_of_alert(identity.organization_id, request.GET.get("alert", ""))
    return _page(request, identity, given)


def _page(request: HttpRequest, identity: Identity, given: Given, preview: Preview | None = None) -> HttpResponse:
    rows = Silence.objects.for_organization(identity.organization_id).prefetch_related("services")
    firing = Count("alerts", filter=Q(alerts__status=AlertStatus.FIRING))
    found = list(rows.annotate(firing_total=firing).order_by("-starts_at", "id")[:MOST_SHOWN])
    names, now = names_of((row.created_by_id for row in found), own_id=identity.user_id), timezone.now()
    shown = [Shown(row, names.get(row.created_by_id, ""), is_active(row, now)) for row in found]
    services = Service.objects.for_organization(identity.organization_id).order_by("name")
    context = page_context(identity, "silences") | {
        "now": [each for each in shown if each.is_active],
        "coming": [each for each in shown if not each.is_active and not is_over(each.silence, now)][::-1],
        "past": [each for each in shown if is_over(each.silence, now)][:PAST_SHOWN],
        "services": services[:MOST_SERVICES],
        "operators": OPERATORS,
        "given": given,
        "preview": preview,
        "durations": [(value, words) for value, (words, _) in DURATIONS.items()],
        "repeats": [
            (str(value), words) for value, words in zip(Repeat, ("never", "each day", "each week"), strict=True)
        ],
        "starts_default": given.starts_at or now.strftime("%Y-%m-%dT%H:%M"),
    }
    return render(request, "incidents/silences.html", context)


@require_POST
@editor_page
def create(request: HttpRequest, identity: Identity) -> HttpResponse:
    """Make a silence of the form; with ``preview`` in it, only say what it would match."""
    if "preview" in request.POST:
        return _previewed(request, identity)
    try:
        silence = silence_create(**acting(identity), **fields_of(request.POST))
    except IncidentError as error:
        messages.error(request, f"{error} Nothing was silenced.")
    else:
        seen = silence_preview(silence, {service.pk for service in silence.services.all()})
        messages.success(request, f"The silence is set. {seen}")
        for warning in seen.warnings:
            messages.warning(request, warning)
    return redirect("silence-list-page")


def _previewed(request: HttpRequest, identity: Identity) -> HttpResponse:
    given, preview = given_of_form(request.POST), None
    try:
        matchers = matchers_checked(matchers_of(request.POST))
        chosen = set(service_ids_of(request.POST.getlist("services")))
        preview = silence_preview(Silence(organization=identity.organization, matchers=matchers), chosen)
    except IncidentError as error:
        messages.error(request, str(error))
    return _page(request, identity, given, preview)


@require_POST
@editor_page
def end(request: HttpRequest, identity: Identity, silence_id: UUID) -> HttpResponse:
    """End a silence now."""
    try:
        silence_end(**acting(identity), silence_id=silence_id)
        messages.success(request, "The silence has ended.")
    except IncidentError as error:
        messages.error(request, str(error))
    return redirect("silence-list-page")
