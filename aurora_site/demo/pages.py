"""The button that replays the alert storm."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from agents.pages.access import admin_page
from aurora_site.accounts.identity import Identity
from aurora_site.demo.tasks import LONGEST_SECONDS, replay_storm, storm_key


@require_POST
@admin_page
def storm(request: HttpRequest, identity: Identity) -> HttpResponse:
    """Have a worker replay the storm, one at a time, and show the list that it fills. 404 where the demo is off."""
    if not settings.AURORA_DEMO:
        raise Http404("The demo is off.")
    if not cache.add(storm_key(identity.organization_id), 1, LONGEST_SECONDS):
        messages.info(request, "A storm is under way already.")
        return redirect("incident-list-page")
    replay_storm.delay(str(identity.organization_id), identity.user_id)
    messages.success(request, "The storm begins: for about a minute alerts arrive, and incidents appear here.")
    return redirect("incident-list-page")
