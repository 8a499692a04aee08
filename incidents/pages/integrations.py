"""The pages of integrations: the list, one of them, and what administrators do to it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from aurora_site.accounts.identity import Identity
from aurora_site.core.secret_text import SecretUnreadable, seal, unseal
from incidents.errors import IncidentError, UnknownReference
from incidents.models import Delivery, Integration
from incidents.pages.access import admin_page, editor_page, is_part
from incidents.pages.incidents import acting, last_seq, page_context
from incidents.pages.integration_rows import integration_rows, shown_deliveries
from incidents.services import deliveries, integrations
from incidents.sources import registry

DELIVERIES_SHOWN = 20
LONGEST_NAME, LONGEST_SECRET = 200, 500
SECRET_KEY = "new_integration_secret"  # noqa: S105 where the session keeps it until the next page shows it
SECRET_BYTES = 32


@require_safe
@editor_page
def integration_list(request: HttpRequest, identity: Identity) -> HttpResponse:
    """The organisation's integrations, and the form that makes one."""
    found = Integration.objects.for_organization(identity.organization_id)
    context = page_context(identity, "integrations") | {
        "rows": integration_rows(found, identity.organization_id),
        "sources": registry.sources(),
    }
    return render(request, "incidents/integrations.html", context)


@require_POST
@admin_page
def create(request: HttpRequest, identity: Identity) -> HttpResponse:
    """Make an integration; its page shows the address, and once the secret."""
    form = request.POST
    try:
        secret = _secret(form)
        integration = integrations.integration_create(
            **acting(identity),
            source=form.get("source", ""),
            name=_name(form),
            secret=secret,
        )
    except IncidentError as error:
        messages.error(request, str(error))
        return redirect("integration-list-page")
    _keep_secret(request, integration, secret)
    messages.success(request, f"{integration.name} is ready to be given alerts.")
    return redirect("integration-page", integration_id=integration.pk)


@require_safe
@editor_page
def integration_page(request: HttpRequest, identity: Identity, integration_id: UUID) -> HttpResponse:
    """One integration with its last deliveries; those alone when a script asks for it."""
    found = _read(identity, integration_id)
    rows = Delivery.objects.for_organization(identity.organization_id).filter(integration=found)
    context = page_context(identity, "integrations") | {
        "integration": found,
        "row": integration_rows([found], identity.organization_id)[0],
        "deliveries": shown_deliveries(rows.order_by("-received_at", "-id"), DELIVERIES_SHOWN),
        "seq": last_seq(identity.organization_id),
    }
    if is_part(request):
        return render(request, "incidents/_integration.html", context)
    context |= _address(request, identity, found)
    return render(request, "incidents/integration.html", context)


@require_POST
@admin_page
def act(request: HttpRequest, identity: Identity, integration_id: UUID, action: str) -> HttpResponse:
    """Do one of ``ACTIONS`` to an integration, then show it again; a script is told how it went."""
    perform = ACTIONS.get(action)
    if perform is None:
        raise Http404("There is no such action.")
    found = _read(identity, integration_id)
    try:
        text, is_done = perform(request, acting(identity), found), True
    except (IncidentError, SecretUnreadable) as error:
        text, is_done = str(error), False
    if is_part(request):
        return JsonResponse({"ok": is_done, "message": text})
    messages.add_message(request, messages.SUCCESS if is_done else messages.ERROR, text)
    if action == "delete" and is_done:
        return redirect("integration-list-page")
    return redirect("integration-page", integration_id=found.pk)


def _test(request: HttpRequest, about: Mapping[str, Any], found: Integration) -> str:
    deliveries.integration_test(**about, integration_id=found.pk)
    return "A test alert is on its way. It has an incident of its own, and ends after a minute."


def _rotate(request: HttpRequest, about: Mapping[str, Any], found: Integration) -> str:
    what = request.POST.get("what", "")
    if what not in ("address", "secret"):
        raise UnknownReference("Choose what to renew.", field="what")
    secret = _secret(request.POST) if what == "secret" else None
    integrations.integration_rotate(**about, integration_id=found.pk, token=what == "address", secret=secret)
    if secret:
        _keep_secret(request, found, secret)
    return "It is renewed. What was good before stays so for 24 hours."


def _enable(request: HttpRequest, about: Mapping[str, Any], found: Integration) -> str:
    integrations.integration_update(**about, integration_id=found.pk, is_enabled=True)
    return f"{found.name} takes alerts again."


def _disable(request: HttpRequest, about: Mapping[str, Any], found: Integration) -> str:
    integrations.integration_update(**about, integration_id=found.pk, is_enabled=False)
    return f"{found.name} takes no more alerts."


def _delete(request: HttpRequest, about: Mapping[str, Any], found: Integration) -> str:
    integrations.integration_delete(**about, integration_id=found.pk)
    return f"{found.name} is deleted, with its deliveries. Its alerts and incidents stay."


def _retry(request: HttpRequest, about: Mapping[str, Any], found: Integration) -> str:
    try:
        delivery_id = UUID(request.POST.get("delivery", ""))
    except ValueError as error:
        raise UnknownReference("There is no such delivery.", field="delivery") from error
    deliveries.delivery_retry(**about, delivery_id=delivery_id)
    return "It is being processed again."


ACTIONS: Mapping[str, Callable[[HttpRequest, Mapping[str, Any], Integration], str]] = {
    "delete": _delete,
    "disable": _disable,
    "enable": _enable,
    "retry": _retry,
    "rotate": _rotate,
    "test": _test,
}


def _read(identity: Identity, integration_id: UUID) -> Integration:
    found = Integration.objects.for_organization(identity.organization_id).filter(pk=integration_id).first()
    if found is None:
        raise Http404("There is no such integration.")
    return found


def _name(form: QueryDict) -> str:
    name = form.get("name", "").replace("\x00", "").strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise UnknownReference(f"Give it a name of up to {LONGEST_NAME} characters.", field="name")
    return name


def _secret(form: QueryDict) -> str:
    """The secret that the form asks for: none, one that Aurora makes, or the sender's own."""
    wanted, own = form.get("secret_kind", "none"), form.get("secret", "").strip()
    if wanted == "make":
        return secrets.token_urlsafe(SECRET_BYTES)
    if wanted != "own":
        return ""
    if not 0 < len(own) <= LONGEST_SECRET or "\x00" in own:
        raise UnknownReference(f"Write the secret, of up to {LONGEST_SECRET} characters.", field="secret")
    return own


def _keep_secret(request: HttpRequest, integration: Integration, secret: str) -> None:
    """Let the next page show a secret, once."""
    if secret:
        request.session[SECRET_KEY] = [str(integration.pk), seal(secret)]


def _address(request: HttpRequest, identity: Identity, found: Integration) -> dict[str, Any]:
    """Where to send to, which holds a secret token: for administrators; and the secret, the first time."""
    shown: dict[str, Any] = {"address": "", "new_secret": ""}
    try:
        shown["source"] = registry.source(found.source)
    except registry.UnknownSource:
        shown["source"] = None
    if not page_context(identity, "")["is_admin"]:
        return shown
    try:
        shown["address"] = integrations.integration_address(found)
        kept_for, sealed = request.session.pop(SECRET_KEY, ("", ""))
        shown["new_secret"] = unseal(sealed) if kept_for == str(found.pk) else ""
    except SecretUnreadable as error:
        shown["address_problem"] = str(error)
    return shown
