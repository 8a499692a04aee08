"""The first page of learning: how to begin, and, for who has begun, what today is for."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from agents.pages.access import member_page
from aurora_site.accounts.identity import Identity
from learning.errors import LearningError
from learning.pages.access import acting, page_context
from learning.pages.forms import BeginForm, hours_of, refused, zones
from learning.pages.today import today_context
from learning.selectors.catalogue import roles
from learning.selectors.people import learner_of
from learning.services.learners import learner_create
from learning.validators import default_minutes_per_weekday


@require_safe
@member_page
def learning(request: HttpRequest, identity: Identity) -> HttpResponse:
    """What the reader's day is for; somebody who doesn't learn yet is asked how they begin."""
    learner = learner_of(identity)
    if learner is None:
        return _beginning(request, identity, _form(identity))
    return render(request, "learning/today.html", page_context(identity, "today") | today_context(learner))


@require_POST
@member_page
def begin(request: HttpRequest, identity: Identity) -> HttpResponse:
    """Make the reader a learner; then they say what they know."""
    form = _form(identity, request.POST)
    if form.is_valid():
        try:
            learner_create(**acting(identity), user_id=identity.user_id, **_fields(identity, form))
        except LearningError as error:
            refused(form, error)
        else:
            messages.success(request, "Welcome. Say next what you know already.")
            return redirect("learning-assessment-page")
    return _beginning(request, identity, form, status=400)


def _form(identity: Identity, data: Any = None) -> BeginForm:
    held = {"name": "" if identity.is_demo else identity.user.get_full_name(), "time_zone": "UTC"}
    initial = held | hours_of(default_minutes_per_weekday())
    return BeginForm(data, initial=initial, roles=roles(identity.organization_id))


def _fields(identity: Identity, form: BeginForm) -> dict[str, Any]:
    given = form.cleaned_data
    return {
        "name": given["name"],
        "email": "" if identity.is_demo else identity.user.email,
        "role_id": given["role"].pk,
        "goals": given["goals"],
        "minutes_per_weekday": form.minutes(),
        "time_zone": given["time_zone"],
        "start_date": timezone.now().astimezone(ZoneInfo(given["time_zone"])).date(),
    }


def _beginning(request: HttpRequest, identity: Identity, form: BeginForm, status: int = 200) -> HttpResponse:
    context = page_context(identity, "today") | {
        "form": form,
        "zones": zones(),
        "has_roles": roles(identity.organization_id).exists(),
    }
    return render(request, "learning/begin.html", context, status=status)
