"""The page on which a person reports what no alert told."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from aurora_site.accounts.identity import Identity
from incidents.models import Service, Severity
from incidents.pages.access import editor_page
from incidents.pages.incidents import MOST_SERVICES, acting, page_context
from incidents.pages.wording import SEVERITY_WORDS
from incidents.services.incidents import incident_create

FIELDS = {"title": 255, "service": 200, "severity": 16, "summary": 10_000}


@require_http_methods(["GET", "HEAD", "POST"])
@editor_page
def report(request: HttpRequest, identity: Identity) -> HttpResponse:
    """The form, and what became of it: the new incident's page, or the form again with what is wrong (400)."""
    given = {name: request.POST.get(name, "").replace("\x00", "").strip() for name in FIELDS}
    problem = _problem(given) if request.method == "POST" else ""
    if request.method == "POST" and not problem:
        incident = incident_create(
            **acting(identity),
            title=given["title"],
            service_name=given["service"],
            severity=given["severity"] or Severity.UNKNOWN,
            summary=given["summary"],
        )
        messages.success(request, f"INC-{incident.number} is reported.")
        return redirect("incident-page", incident_id=incident.pk)
    services = Service.objects.for_organization(identity.organization_id).order_by("name")
    context: dict[str, Any] = page_context(identity, "incidents") | {
        "given": given,
        "problem": problem,
        "services": services.values_list("name", flat=True)[:MOST_SERVICES],
        "severities": [(severity, SEVERITY_WORDS[severity]) for severity in ("unknown", *Severity.values[:-1])],
    }
    return render(request, "incidents/report.html", context, status=400 if problem else 200)


def _problem(given: dict[str, str]) -> str:
    if not given["title"]:
        return "Say in a few words what is wrong."
    for name, longest in FIELDS.items():
        if len(given[name]) > longest:
            return f"The {name} is longer than {longest:,} characters."
    if given["severity"] and given["severity"] not in Severity.values:
        return f"Choose one of {', '.join(Severity.values)} as severity."
    return ""
