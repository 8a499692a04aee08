"""The page of services: which there are, what each calls, the graph drawn; changes and imports by plain forms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from aurora_site.accounts.identity import Identity
from aurora_site.core.http.parsers import MAXIMUM_JSON_BYTES
from incidents.errors import BadValue, IncidentError, UnreadableGraph
from incidents.models import UNKNOWN_SERVICE, Alert, AlertStatus, Service
from incidents.pages.access import editor_page, member_page
from incidents.pages.graph_drawing import Picture, picture
from incidents.pages.incidents import acting, page_context
from incidents.selectors import services as services_of
from incidents.services.graph_import import Imported, counted, graph_import_csv, graph_import_exposition
from incidents.services.service_graph import service_create, service_delete, service_update

# More are found by searching.
MOST_LISTED = 200
LONGEST_NAME, LONGEST_DESCRIPTION = 200, 5000
REFUSALS_TOLD = 5
COLUMNS = 6


@require_safe
@member_page
def services(request: HttpRequest, identity: Identity) -> HttpResponse:
    """The services, and the graph where anything calls anything."""
    text = request.GET.get("text", "").replace("\x00", "")[:LONGEST_NAME].strip()
    every = list(services_of(identity.organization_id))
    found = [service for service in every if text.lower() in service.name.lower()]
    names = {service.pk: service.name for service in every}
    rows = [
        (service, sorted(names[link.callee_id] for link in service.callee_links.all()))
        for service in found[:MOST_LISTED]
    ]
    context = page_context(identity, "services") | {
        "rows": rows,
        "text": text,
        "total": len(every),
        "more": max(len(found) - MOST_LISTED, 0),
        "drawing": _drawn(identity, every, names),
        "names": sorted(names.values()),
    }
    return render(request, "incidents/services.html", context)


def _drawn(identity: Identity, every: Sequence[Service], names: dict[UUID, str]) -> Picture | None:
    edges = [(service.name, names[link.callee_id]) for service in every for link in service.callee_links.all()]
    if not edges:
        return None
    firing = Alert.objects.for_organization(identity.organization_id).filter(
        ~Q(service=None), ~Q(incident=None), status=AlertStatus.FIRING
    )
    alerting = set(firing.order_by().values_list("service__name", flat=True).distinct())
    linked = {name for edge in edges for name in edge}
    return picture(linked, edges, title="Services and what they call", alerting=alerting, columns=COLUMNS)


@require_POST
@editor_page
def act(request: HttpRequest, identity: Identity, action: str) -> HttpResponse:
    """Do one of ``ACTIONS``, then show the page again; refusals are told on it, and change nothing."""
    perform = ACTIONS.get(action)
    if perform is None:
        raise Http404("There is no such action.")
    try:
        messages.success(request, perform(request, acting(identity)))
    except IncidentError as error:
        messages.error(request, str(error))
    return redirect("service-graph-page")


def _add(request: HttpRequest, actor: dict[str, Any]) -> str:
    fields = _fields(request.POST, actor["organization_id"])
    return f"{service_create(**actor, **fields).name} is added."


def _change(request: HttpRequest, actor: dict[str, Any]) -> str:
    fields = _fields(request.POST, actor["organization_id"])
    return f"{service_update(**actor, service_id=_id(request.POST), **fields).name} is saved."


def _remove(request: HttpRequest, actor: dict[str, Any]) -> str:
    service_delete(**actor, service_id=_id(request.POST))
    return "The service is taken out; its incidents stay."


def _import(request: HttpRequest, actor: dict[str, Any]) -> str:
    text = _uploaded(request) or request.POST.get("calls", "").replace("\x00", "")
    if len(text) > MAXIMUM_JSON_BYTES:
        raise UnreadableGraph(f"The text is larger than {MAXIMUM_JSON_BYTES // 1024**2} MB.")
    load = graph_import_exposition if request.POST.get("form") == "metrics" else graph_import_csv
    result = load(**actor, text=text)
    if result.refused:
        messages.warning(request, _refusals(result))
    return result.words


ACTIONS: dict[str, Callable[[HttpRequest, dict[str, Any]], str]] = {
    "create": _add,
    "change": _change,
    "delete": _remove,
    "import": _import,
}


def _uploaded(request: HttpRequest) -> str:
    """The text of the file, empty where none was chosen. Raises UnreadableGraph."""
    file = request.FILES.get("file")
    if file is None:
        return ""
    raw = file.read(MAXIMUM_JSON_BYTES + 1)
    try:
        return raw.decode("utf-8").replace("\x00", "")
    except UnicodeDecodeError as error:
        raise UnreadableGraph(f"The file isn't UTF-8 (byte {error.start}).") from error


def _refusals(result: Imported) -> str:
    told = " ".join(f"Line {line}: {reason}" for line, reason in result.refused[:REFUSALS_TOLD])
    return f"{counted(result.refused_count, 'line')} not understood. {told}"


def _fields(form: QueryDict, organization_id: UUID) -> dict[str, Any]:
    """The form as the services take it. Raises BadValue."""
    name = form.get("name", "").replace("\x00", "").strip()
    if not 0 < len(name) <= LONGEST_NAME or name == UNKNOWN_SERVICE:
        raise BadValue(f'Give a name of at most {LONGEST_NAME} characters, other than "unknown".', field="name")
    description = form.get("description", "").replace("\x00", "").strip()[:LONGEST_DESCRIPTION]
    return {"name": name, "description": description, "dependency_ids": _called(form, organization_id)}


def _called(form: QueryDict, organization_id: UUID) -> list[UUID]:
    """The services named in a field, one a line or between commas. Raises BadValue for a name that no service has."""
    wanted = {name.strip() for name in form.get("calls", "").replace("\n", ",").split(",") if name.strip()}
    rows = Service.objects.for_organization(organization_id).filter(name__in=wanted)
    known = dict(rows.values_list("name", "pk"))
    if missing := wanted - known.keys():
        raise BadValue(f"There is no service named {', '.join(sorted(missing))}.", field="calls")
    return sorted(known.values())


def _id(form: QueryDict) -> UUID:
    try:
        return UUID(form.get("service", ""))
    except ValueError as error:
        raise BadValue("There is no such service.", field="service") from error
