"""Who may open a page, and whether a script asks for a part of one."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from aurora_site.accounts.identity import session_for_demo

PageView = Callable[..., HttpResponse]


def member_page(view: PageView) -> PageView:
    """Gives the view a member's identity. Strangers are led to sign in; a part that a script asks for answers 401."""

    @wraps(view)
    def guarded(request: HttpRequest, **parameters: object) -> HttpResponse:
        identity = session_for_demo(request)
        if identity is not None and identity.organization is None:
            return render(request, "agents/no_organization.html", status=403)
        if identity is not None:
            return view(request, identity, **parameters)
        if is_part(request):
            return HttpResponse("Sign in to read this.", status=401, content_type="text/plain")
        return redirect("/sign-in?" + urlencode({"next": request.get_full_path()}))

    return guarded


def is_part(request: HttpRequest) -> bool:
    """Whether a script asks for a part of a page instead of a whole one."""
    return request.headers.get("HX-Request") == "true"
