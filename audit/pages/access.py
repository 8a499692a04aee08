"""Who may open the ledger's pages."""

from __future__ import annotations

from functools import wraps

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from agents.pages.access import PageView, member_page
from aurora_site.accounts.identity import Identity
from aurora_site.accounts.models import Role


def admin_page(view: PageView) -> PageView:
    """As ``member_page``, for administrators of the organisation; others of it are told that they may not (403)."""

    @member_page
    @wraps(view)
    def guarded(request: HttpRequest, identity: Identity, **parameters: object) -> HttpResponse:
        if not identity.has_role(Role.ADMIN):
            raise PermissionDenied("This needs the role of an administrator.")
        return view(request, identity, **parameters)

    return guarded
