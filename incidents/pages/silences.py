"""The page of silences and maintenance windows: current, coming and past ones; one more; the end of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_POST, require_safe

from aurora_site.accounts.identity import Identity
from incidents.errors import IncidentError, UnfitSilence
from incidents.models import AlertStatus, Repeat, Service, Silence, SilenceKind
from incidents.pages.access import editor_page, member_page
from incidents.pages.incidents import MOST_SERVICES, acting, page_context
from incidents.pages.people import names_of
from incidents.services.silences import is_over, silence_create, silence_end
from incidents.silences import OPERATORS, is_active

MOST_SHOWN = 200
PAST_SHOWN = 20
MATCHER_ROWS = 4
LONGEST_COMMENT = 500


@dataclass(frozen=True)
class Shown:
    silence: Silence
    by: str
    is_active: bool


@require_safe
@member_page
def silences(request: HttpRequest, identity: Identity) -> HttpResponse:
    """What is quiet now, what will be, and what was."""
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
        "matcher_rows": range(MATCHER_ROWS),
        "repeats": [
            (str(value), words) for value, words in zip(Repeat, ("never", "each day", "each week"), strict=True)
        ],
        "starts_default": now.strftime("%Y-%m-%dT%H:%M"),
    }
    return render(request, "incidents/silences.html", context)


@require_POST
@editor_page
def create(request: HttpRequest, identity: Identity) -> HttpResponse:
    """Make a silence of the form."""
    try:
        fields = _fields(request.POST)
        silence_create(**acting(identity), **fields)
    except IncidentError as error:
        messages.error(request, f"{error} Nothing was silenced.")
    else:
        messages.success(request, "The silence is set.")
    return redirect("silence-list-page")


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


def _fields(form: QueryDict) -> dict[str, Any]:
    """The form as the service takes it. Raises UnfitSilence."""
    comment = form.get("comment", "").replace("\x00", "").strip()
    if not 0 < len(comment) <= LONGEST_COMMENT:
        raise UnfitSilence(f"Say why, in up to {LONGEST_COMMENT} characters.", field="comment")
    ends_at = moment(form.get("ends_at", ""))
    if ends_at is None:
        raise UnfitSilence("Say when it ends.", field="ends_at")
    return {
        "kind": form.get("kind", SilenceKind.SILENCE),
        "comment": comment,
        "matchers": _matchers(form),
        "service_ids": _service_ids(form.getlist("services")),
        "starts_at": moment(form.get("starts_at", "")),
        "ends_at": ends_at,
        "repeat": form.get("repeat", Repeat.NEVER),
    }


def _matchers(form: QueryDict) -> list[dict[str, str]]:
    rows = zip(form.getlist("name"), form.getlist("operator"), form.getlist("value"), strict=False)
    return [
        {"name": name.strip(), "operator": operator, "value": value} for name, operator, value in rows if name.strip()
    ]


def _service_ids(values: Sequence[str]) -> list[UUID]:
    try:
        return [UUID(value) for value in values if value]
    except ValueError as error:
        raise UnfitSilence("There is no such service.", field="service_ids") from error


def moment(text: str) -> datetime | None:
    """The time of a form's field, taken as UTC; None where there is none."""
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found is not None and found.tzinfo is None else found
