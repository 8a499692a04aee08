"""What learners say of themselves: role, hours, zone, days away, reminders; and their calendar's address."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from agents.pages.access import member_page
from aurora_site.accounts.identity import Identity
from aurora_site.core.secret_text import SecretUnreadable, seal, unseal
from learning.errors import LearningError
from learning.models import CalendarSubscription, Learner
from learning.pages.access import acting, page_context
from learning.pages.forms import SettingsForm, refused, settings_of, zones
from learning.selectors.catalogue import roles
from learning.selectors.people import learner_of
from learning.selectors.plans import active_plan
from learning.services.calendar_subscriptions import calendar_subscribe, calendar_unsubscribe
from learning.services.learners import learner_update

ADDRESS_KEY = "new_learning_calendar"  # where the session keeps it until the next page shows it
PLAIN = ("name", "goals", "time_zone", "study_at", "nudge_from", "nudge_until", "nudges", "digest", "blackout_dates")
# What a plan is computed from: when it changes, the plan may be computed anew.
PLANNED_FROM = ("minutes_per_weekday", "blackout_dates", "time_zone")


@require_http_methods(["GET", "HEAD", "POST"])
@member_page
def settings(request: HttpRequest, identity: Identity) -> HttpResponse:
    """The reader's own settings, and their change."""
    learner = learner_of(identity)
    if learner is None:
        return redirect("learning-page")
    given = request.POST if request.method == "POST" else None
    form = SettingsForm(given, initial=settings_of(learner), roles=roles(identity.organization_id))
    if given is not None and form.is_valid():
        try:
            changed = learner_update(**acting(identity), learner_id=learner.pk, changes=_settings(form))
        except LearningError as error:
            refused(form, error)
        else:
            return _saved(request, learner, changed)
    return _page(request, identity, learner, form)


def _settings(form: SettingsForm) -> dict[str, Any]:
    """What the form holds, as the service takes it."""
    role = form.cleaned_data["role"]
    plain = {name: form.cleaned_data[name] for name in PLAIN}
    return plain | {"role": role.pk if role else None, "minutes_per_weekday": form.minutes()}


def _saved(request: HttpRequest, before: Learner, after: Learner) -> HttpResponse:
    messages.success(request, "Your settings are saved.")
    is_other = any(getattr(before, name) != getattr(after, name) for name in PLANNED_FROM)
    if is_other and active_plan(after):
        messages.warning(request, "Your plan is as it was. Make it anew on its page to go by them.")
    return redirect("learning-settings-page")


def _page(request: HttpRequest, identity: Identity, learner: Learner, form: SettingsForm) -> HttpResponse:
    subscription = CalendarSubscription.objects.for_organization(learner.organization_id).filter(learner=learner)
    context = page_context(identity, "settings") | {
        "form": form,
        "learner": learner,
        "zones": zones(),
        "subscription": subscription.first(),
        "calendar_address": _new_address(request, learner),
        "plan": active_plan(learner),
    }
    return render(request, "learning/settings.html", context, status=400 if form.errors else 200)


def _new_address(request: HttpRequest, learner: Learner) -> str:
    """The calendar's address if it was made just now; the next page doesn't know it any longer."""
    kept_for, sealed = request.session.pop(ADDRESS_KEY, ("", ""))
    try:
        return unseal(sealed) if kept_for == str(learner.pk) else ""
    except SecretUnreadable:
        return ""


@require_POST
@member_page
def calendar(request: HttpRequest, identity: Identity, action: str) -> HttpResponse:
    """Make the address under which a calendar reads the plan, which is shown once; ``remove`` ends it."""
    learner = learner_of(identity)
    if learner is None or action not in {"create", "remove"}:
        raise Http404("There is no such action.")
    about = acting(identity) | {"learner_id": learner.pk}
    if action == "remove":
        calendar_unsubscribe(**about)
        messages.success(request, "The calendar's address is removed: it answers nobody any longer.")
    else:
        address = request.build_absolute_uri(calendar_subscribe(**about))
        request.session[ADDRESS_KEY] = [str(learner.pk), seal(address)]
    return redirect(reverse("learning-settings-page") + "#calendar")
