"""The page behind a mail's link that stops reminders."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from learning.nudges.stopping import STREAMS, Stop, reminders_set, stop_of


# The token is what permits it: a mail program that posts has neither cookie nor form (RFC 8058, section 3.2).
@method_decorator([csrf_exempt, never_cache], name="dispatch")
class RemindersPage(View):
    """GET asks, since programs that look at links follow them; POST stops, or with ``action=resume`` begins again."""

    def get(self, request: Any, token: str) -> HttpResponse:
        return _shown(request, stop_of(token))

    def post(self, request: Any, token: str) -> HttpResponse:
        stop = stop_of(token)
        if stop is not None:
            action = request.POST.get("action", "")
            streams = STREAMS if action == "stop-all" else (stop.stream,)
            reminders_set(stop, streams=streams, on=action == "resume")
        return _shown(request, stop_of(token), is_done=True)


def _shown(request: Any, stop: Stop | None, *, is_done: bool = False) -> HttpResponse:
    about = {"is_done": is_done, "stream": stop.stream if stop else ""}
    if stop is not None:
        about |= {"is_on": getattr(stop.learner, stop.stream), "others": any(getattr(stop.learner, s) for s in STREAMS)}
    return render(request, "learning/mail/reminders.html", about, status=200 if stop else 404)
