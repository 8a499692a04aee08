"""What people do to an incident by the forms of its page. Each works without scripts; to a script the page's sections
are answered as they are now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from aurora_site.accounts.identity import Identity
from incidents.errors import IncidentError, UnknownReference
from incidents.models import Incident, IncidentStatus, ResponderRole, Severity
from incidents.pages.access import editor_page, is_part
from incidents.pages.asked import number_in
from incidents.pages.incident import SNOOZES, incident_response
from incidents.pages.incidents import acting
from incidents.pages.wording import SEVERITY_WORDS
from incidents.services import merging, response
from incidents.services.incidents import incident_update

# Who acts where, as the services take it: ``organization_id``, ``actor_id`` and ``incident_id``.
About = Mapping[str, Any]


@require_POST
@editor_page
def act(request: HttpRequest, identity: Identity, incident_id: UUID, action: str) -> HttpResponse:
    """Do one of ``ACTIONS``, then show the page again; refusals are told on it, and change nothing."""
    perform = ACTIONS.get(action)
    if perform is None:
        raise Http404("There is no such action.")
    if not Incident.objects.for_organization(identity.organization_id).filter(pk=incident_id).exists():
        raise Http404("There is no such incident.")
    try:
        done, problem = perform(acting(identity) | {"incident_id": incident_id}, request.POST), ""
    except IncidentError as error:
        done, problem = "", str(error)
    return _answered(request, identity, incident_id, done, problem)


def _answered(request: HttpRequest, identity: Identity, incident_id: UUID, done: str, problem: str) -> HttpResponse:
    back = request.POST.get("back", "")
    if is_part(request) and back == "list":
        return HttpResponse(problem or done, status=409 if problem else 200, content_type="text/plain; charset=utf-8")
    if is_part(request):
        shown = _uuid(back) or incident_id
        answer = incident_response(request, identity, shown, done=done, problem=problem)
        answer.status_code = 409 if problem else 200
        return answer
    if problem:
        messages.error(request, problem)
    elif done:
        messages.success(request, done)
    if back == "list":
        return redirect("incident-list-page")
    return redirect("incident-page", incident_id=_uuid(back) or incident_id)


def _acknowledge(about: About, form: QueryDict) -> str:
    return f"INC-{response.incident_acknowledge(**about).number} is acknowledged."


def _assign(about: About, form: QueryDict) -> str:
    incident = response.incident_assign(**about, user_id=form.get("user") or None)
    return f"INC-{incident.number} is {'assigned' if incident.assignee_id else 'nobody’s now'}."


def _severity(about: About, form: QueryDict) -> str:
    severity = form.get("severity", "")
    if severity not in Severity.values:
        raise UnknownReference(f"Choose one of {', '.join(Severity.values)}.", field="severity")
    response.severity_set(**about, severity=severity)
    return f"The severity is {SEVERITY_WORDS[severity].lower()} now."


def _snooze(about: About, form: QueryDict) -> str:
    wanted = form.get("length", "")
    if not wanted:
        response.incident_snooze(**about, until=None)
        return "It is no longer snoozed."
    if wanted not in SNOOZES:
        raise UnknownReference("Choose for how long.", field="length")
    words, length = SNOOZES[wanted]
    response.incident_snooze(**about, until=timezone.now() + length)
    return f"It is snoozed for {words}."


def _resolve(about: About, form: QueryDict) -> str:
    return f"INC-{incident_update(**about, status=IncidentStatus.RESOLVED).number} is resolved."


def _reopen(about: About, form: QueryDict) -> str:
    return f"INC-{incident_update(**about, status=IncidentStatus.INVESTIGATING).number} is open again."


def _summary(about: About, form: QueryDict) -> str:
    incident_update(**about, summary=_text(form, "summary", 10_000))
    return "The summary is saved."


def _note(about: About, form: QueryDict) -> str:
    text = _text(form, "text", 10_000)
    if not text:
        raise UnknownReference("Write something first.", field="text")
    response.note_add(**about, text=text)
    return "The note is on the timeline."


def _responder(about: About, form: QueryDict) -> str:
    role = form.get("role", "")
    if role not in ResponderRole.values:
        raise UnknownReference(f"Choose one of {', '.join(ResponderRole.values)}.", field="role")
    response.responder_set(**about, user_id=form.get("user", ""), role=role)
    return "The responder is added."


def _responder_remove(about: About, form: QueryDict) -> str:
    response.responder_remove(**about, user_id=form.get("user", ""))
    return "The responder is taken off."


def _feedback(about: About, form: QueryDict) -> str:
    comment = _text(form, "comment", 2_000)
    response.feedback_give(**about, is_helpful=form.get("helpful") == "yes", comment=comment)
    return "Thank you; that is kept."


def _merge(about: About, form: QueryDict) -> str:
    number = number_in(form.get("target", ""))
    if number is None:
        raise UnknownReference("Write the number of an incident, such as INC-12.", field="target")
    target = Incident.objects.for_organization(about["organization_id"]).filter(number=number).only("pk").first()
    if target is None:
        raise UnknownReference(f"There is no INC-{number}.", field="target")
    who = {name: about[name] for name in ("organization_id", "actor_id")}
    merging.incident_merge(**who, source_id=about["incident_id"], target_id=target.pk)
    return f"It went into INC-{number}."


def _unmerge(about: About, form: QueryDict) -> str:
    merging.incident_unmerge(**about)
    return "The merge is undone."


def _text(form: QueryDict, name: str, longest: int) -> str:
    """A text of the form, without what no database keeps. Raises UnknownReference where it is too long."""
    text = form.get(name, "").replace("\r\n", "\n").replace("\x00", "").strip()
    if len(text) > longest:
        raise UnknownReference(f"Write at most {longest:,} characters.", field=name)
    return text


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


ACTIONS: Mapping[str, Callable[[About, QueryDict], str]] = {
    "acknowledge": _acknowledge,
    "assign": _assign,
    "feedback": _feedback,
    "merge": _merge,
    "note": _note,
    "reopen": _reopen,
    "resolve": _resolve,
    "responder": _responder,
    "responder-remove": _responder_remove,
    "severity": _severity,
    "snooze": _snooze,
    "summary": _summary,
    "unmerge": _unmerge,
}
