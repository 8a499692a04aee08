"""The list of incidents."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import Max
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from aurora_site.accounts.identity import Identity
from aurora_site.accounts.models import Role
from incidents.models import Incident, IncidentLog, Integration, Service, Severity
from incidents.pages import rows
from incidents.pages.access import is_part, member_page
from incidents.pages.asked import Asked, asked_in, narrowed
from incidents.pages.figures import figures_of
from incidents.pages.wording import SEVERITY_WORDS, STATUS_WORDS, source_title

RESOLVED_SHOWN = 8
MOST_SERVICES = 500


@require_safe
@member_page
def incidents(request: HttpRequest, identity: Identity) -> HttpResponse:
    """The organisation's incidents, what is open first; the list alone when a script asks for it."""
    asked = asked_in(request.GET)
    context = page_context(identity, "incidents") | _listed(identity, asked, request.GET.get("page"))
    if is_part(request):
        return render(request, "incidents/_list.html", context)
    return render(request, "incidents/list.html", context | _around(identity, asked, any_found=context["any_found"]))


@require_safe
@member_page
def by_number(request: HttpRequest, identity: Identity, number: int) -> HttpResponse:
    """Lead from the number that people say to the incident's own address."""
    found = Incident.objects.for_organization(identity.organization_id).filter(number=number).only("pk").first()
    if found is None:
        raise Http404("There is no such incident.")
    return redirect("incident-page", incident_id=found.pk)


def page_context(identity: Identity, part: str) -> dict[str, Any]:
    """What every page about incidents needs: where in the navigation it is, and what its reader may do."""
    return {
        "section": "incidents",
        "part": part,
        "organization": identity.organization,
        "own_id": identity.user_id,
        "can_edit": identity.has_role(Role.EDITOR),
        "is_admin": identity.has_role(Role.ADMIN),
    }


def acting(identity: Identity) -> dict[str, Any]:
    """Who acts where, as the services take it."""
    return {"organization_id": identity.organization_id, "actor_id": identity.user_id}


def last_seq(organization_id: object) -> int:
    """The number of the newest change, after which a page listens for more."""
    log = IncidentLog.objects.for_organization(organization_id).aggregate(seq=Max("last_seq"))
    return log["seq"] or 0


def _listed(identity: Identity, asked: Asked, number: str | None) -> dict[str, Any]:
    # Read first: what happens from here on may be told twice, never missed.
    seq = last_seq(identity.organization_id)
    found = narrowed(identity.organization_id, asked)
    counts = rows.counts_of(found)
    ordered = rows.by_age(found, asked.status) if asked.status else rows.by_urgency(found)
    page = rows.page_of(ordered, number, counts[asked.status])
    lately = list(rows.lately_resolved(found, RESOLVED_SHOWN)) if not asked.status and page.number == 1 else []
    shown = rows.rows_of([*page.object_list, *lately], identity.user_id)
    here = len(page.object_list)
    return {
        "seq": seq,
        "asked": asked,
        "query": asked.query(),
        "page": page,
        "rows": shown[:here],
        "lately": shown[here:],
        "any_found": any(counts.values()),
        "tabs": [(words, counts[status], asked.query(status=status), status == asked.status)
                 for status, words in STATUS_WORDS.items()],
    }  # fmt: skip


def _around(identity: Identity, asked: Asked, *, any_found: bool) -> dict[str, Any]:
    """What the page shows around the list."""
    organization_id = identity.organization_id
    is_empty = not any_found and not asked.narrows
    senders = Integration.objects.for_organization(organization_id).order_by("source")
    sources = list(senders.values_list("source", flat=True).distinct())
    services = Service.objects.for_organization(organization_id).order_by("name")
    return {
        "is_empty": is_empty,
        "figures": None if is_empty else figures_of(organization_id),
        "severities": [(str(severity), SEVERITY_WORDS[severity]) for severity in Severity],
        "sources": [(name, source_title(name)) for name in sorted({*sources, "manual", *filter(None, [asked.source])})],
        "services": services.values_list("name", flat=True)[:MOST_SERVICES],
        "has_senders": bool(sources),
        "offers_demo": settings.AURORA_DEMO and identity.has_role(Role.ADMIN),
    }
