"""Who may open a page, and whether a script asks for a part of one."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from aurora_site.accounts.identity import Identity, session_for_demo
from aurora_site.accounts.models import Role

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


def editor_page(view: PageView) -> PageView:
    """As ``member_page``, for editors of the organisation; others of it are told that they may not (403)."""

    @member_page
    @wraps(view)
    def guarded(request: HttpRequest, identity: Identity, **parameters: object) -> HttpResponse:
        if not identity.has_role(Role.EDITOR):
            raise PermissionDenied("This needs the role of an editor.")
        return view(request, identity, **parameters)

    return guarded


def admin_page(view: PageView) -> PageView:
    """As ``member_page``, for administrators of the organisation; others of it are told that they may not (403)."""

    @member_page
    @wraps(view)
    def guarded(request: HttpRequest, identity: Identity, **parameters: object) -> HttpResponse:
        if not identity.has_role(Role.ADMIN):
            raise PermissionDenied("This needs the role of an administrator.")
        return view(request, identity, **parameters)

    return guarded


def operator_page(view: PageView) -> PageView:
    """For the operators of the installation; others get 403. It needs no organisation."""

    @wraps(view)
    def guarded(request: HttpRequest, **parameters: object) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect("/sign-in?" + urlencode({"next": request.get_full_path()}))
        if not is_operator(request):
            raise PermissionDenied("This is for the operators of the installation.")
        return view(request, **parameters)

    return guarded


def is_operator(request: HttpRequest) -> bool:
    """Whether the person signed in runs this installation."""
    user = request.user
    return bool(user.is_authenticated and user.is_staff)


def is_part(request: HttpRequest) -> bool:
    """Whether a script asks for a part of a page instead of a whole one."""
    return request.headers.get("HX-Request") == "true"
