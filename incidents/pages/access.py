"""Who may open the pages of incidents: members. Visitors of the demo are strangers here, and are led to sign in."""

from __future__ import annotations

from functools import wraps
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from agents.pages import access
from agents.pages.access import PageView, is_part

__all__ = ["admin_page", "editor_page", "is_part", "member_page"]


def member_page(view: PageView) -> PageView:
    """As ``agents.pages.access.member_page``, without visitors of the demo."""
    return _signed_in(access.member_page(view))


def editor_page(view: PageView) -> PageView:
    """As ``agents.pages.access.editor_page``, without visitors of the demo."""
    return _signed_in(access.editor_page(view))


def admin_page(view: PageView) -> PageView:
    """As ``agents.pages.access.admin_page``, without visitors of the demo."""
    return _signed_in(access.admin_page(view))


def _signed_in(view: PageView) -> PageView:
    """A stranger gets no session here: that of the demo opens none of these pages."""

    @wraps(view)
    def guarded(request: HttpRequest, **parameters: object) -> HttpResponse:
        identity = getattr(request, "identity", None)
        if identity is not None and not identity.is_demo:
            return view(request, **parameters)
        if is_part(request):
            return HttpResponse("Sign in to read this.", status=401, content_type="text/plain")
        return redirect("/sign-in?" + urlencode({"next": request.get_full_path()}))

    return guarded
