"""The page of notifications: channels, rules, what was sent lately, and what was given up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from aurora_site.accounts.identity import Identity
from aurora_site.core.secret_text import unseal
from incidents.errors import BadValue, IncidentError
from incidents.models import ChannelKind, Notification, NotificationChannel, NotificationState, Service, Severity
from incidents.notifications import kinds, selectors, services
from incidents.notifications.addresses import shown_address
from incidents.pages.access import admin_page, member_page
from incidents.pages.incidents import MOST_SERVICES, acting, page_context

NOTIFICATIONS_ON_A_PAGE = 25
LONGEST_NAME, LONGEST_ADDRESS = 200, 2000
CHANNEL_WORDS: dict[str, str] = {
    ChannelKind.WEBHOOK: "Signed webhook",
    ChannelKind.EMAIL: "E-mail",
    ChannelKind.SLACK: "Slack-compatible webhook",
}
# State in the address: (what the tab says, how a row is marked, in words).
STATES: dict[str, tuple[str, str]] = {
    NotificationState.PENDING: ("Waiting", "is-waiting"),
    NotificationState.SENT: ("Sent", "is-good"),
    NotificationState.DEAD: ("Given up", "is-bad"),
}
# Where the session keeps a new secret until the page shows it, once.
SECRET_KEY = "new_channel_secret"  # noqa: S105

About = Mapping[str, Any]


@require_safe
@member_page
def notifications(request: HttpRequest, identity: Identity) -> HttpResponse:
    """Channels, rules and notifications; ``state`` narrows the last."""
    state = request.GET.get("state", "")
    state = state if state in STATES else ""
    organization_id = identity.organization_id
    rows = selectors.notifications(organization_id, state=state)
    page = Paginator(rows, NOTIFICATIONS_ON_A_PAGE).get_page(request.GET.get("page"))
    counts = {one: rows_in(organization_id, one) for one in STATES}
    context = page_context(identity, "notifications") | {
        "channels": [(row, CHANNEL_WORDS[row.kind], shown_address(row)) for row in selectors.channels(organization_id)],
        "rules": [(rule, _words(rule.kinds)) for rule in selectors.rules(organization_id)],
        "tabs": [("", "All", sum(counts.values())), *((one, STATES[one][0], counts[one]) for one in STATES)],
        "state": state,
        "query": f"state={state}&" if state else "",
        "page": page,
        "rows": [(row, *STATES[row.state], kinds.words(row.entry.kind)) for row in page.object_list],
        "channel_kinds": CHANNEL_WORDS.items(),
        "severities": [(str(each), each.label) for each in Severity],
        "kinds": [(kind, kinds.words(kind), kind in kinds.DEFAULT_KINDS) for kind in kinds.KINDS],
        "services": Service.objects.for_organization(organization_id).order_by("name")[:MOST_SERVICES],
        "secret": request.session.pop(SECRET_KEY, None),
    }
    return render(request, "incidents/notifications.html", context)


def _words(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(kinds.words(name) for name in names))


def rows_in(organization_id: object, state: str) -> int:
    """How many notifications of an organisation are in a state."""
    return Notification.objects.for_organization(organization_id).filter(state=state).count()


@require_POST
@admin_page
def act(request: HttpRequest, identity: Identity, action: str) -> HttpResponse:
    """Do one of ``ACTIONS``, then show the page; what is refused is told on it, and changes nothing."""
    perform = ACTIONS.get(action)
    if perform is None:
        raise Http404("There is no such action.")
    try:
        text, is_done = perform(request, acting(identity))
    except IncidentError as error:
        text, is_done = str(error), False
    messages.add_message(request, messages.SUCCESS if is_done else messages.ERROR, text)
    return redirect("notification-list-page")


Done = tuple[str, bool]


def _channel_create(request: HttpRequest, about: About) -> Done:
    form = request.POST
    channel = services.channel_create(
        **about,
        name=_text(form, "name", LONGEST_NAME),
        kind=form.get("kind", ""),
        address=_text(form, "address", LONGEST_ADDRESS),
    )
    _keep_secret(request, channel)
    return f"{channel.name} is there. Send it a test.", True


def _channel_test(request: HttpRequest, about: About) -> Done:
    outcome = services.channel_test(**about, channel_id=_id(request.POST, "channel"))
    return ("The test arrived. " if outcome.is_delivered else "The test failed. ") + outcome.text, outcome.is_delivered


def _channel_secret(request: HttpRequest, about: About) -> Done:
    channel = services.channel_update(**about, channel_id=_id(request.POST, "channel"), secret="")
    _keep_secret(request, channel)
    return f"{channel.name} signs with a new secret from now on.", True


def _channel_switch(request: HttpRequest, about: About) -> Done:
    is_enabled = request.POST.get("on") == "1"
    channel = services.channel_update(**about, channel_id=_id(request.POST, "channel"), is_enabled=is_enabled)
    return f"{channel.name} is switched {'on' if is_enabled else 'off'}.", True


def _channel_delete(request: HttpRequest, about: About) -> Done:
    services.channel_delete(**about, channel_id=_id(request.POST, "channel"))
    return "The channel is gone, with its rules and notifications.", True


def _rule_create(request: HttpRequest, about: About) -> Done:
    form = request.POST
    rule = services.rule_create(
        **about,
        name=_text(form, "name", LONGEST_NAME),
        channel_id=_id(form, "channel"),
        minimum_severity=form.get("minimum_severity", Severity.UNKNOWN),
        service_ids=[_uuid(value, "service") for value in form.getlist("services") if value],
        kinds=form.getlist("kinds"),
    )
    return f"{rule.name} holds from now on.", True


def _rule_switch(request: HttpRequest, about: About) -> Done:
    is_enabled = request.POST.get("on") == "1"
    rule = services.rule_update(**about, rule_id=_id(request.POST, "rule"), is_enabled=is_enabled)
    return f"{rule.name} is switched {'on' if is_enabled else 'off'}.", True


def _rule_delete(request: HttpRequest, about: About) -> Done:
    services.rule_delete(**about, rule_id=_id(request.POST, "rule"))
    return "The rule is gone.", True


def _resend(request: HttpRequest, about: About) -> Done:
    services.notification_resend(**about, notification_id=_id(request.POST, "notification"))
    return "It is on its way again.", True


ACTIONS: dict[str, Callable[[HttpRequest, About], Done]] = {
    "channel-create": _channel_create,
    "channel-test": _channel_test,
    "channel-secret": _channel_secret,
    "channel-switch": _channel_switch,
    "channel-delete": _channel_delete,
    "rule-create": _rule_create,
    "rule-switch": _rule_switch,
    "rule-delete": _rule_delete,
    "resend": _resend,
}


def _keep_secret(request: HttpRequest, channel: NotificationChannel) -> None:
    if channel.secret_sealed:
        request.session[SECRET_KEY] = {"name": channel.name, "secret": unseal(channel.secret_sealed)}


def _text(form: QueryDict, name: str, longest: int) -> str:
    text = form.get(name, "").replace("\x00", "").strip()
    if not 0 < len(text) <= longest:
        raise BadValue(f"Give the {name}, in up to {longest} characters.", field=name)
    return text


def _id(form: QueryDict, name: str) -> UUID:
    return _uuid(form.get(name, ""), name)


def _uuid(text: str, name: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise BadValue(f"There is no such {name}.", field=name) from None
