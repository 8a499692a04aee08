"""What a caller must be for a view: ``permission_classes = [IsEditor]``."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from aurora_site.accounts.identity import Identity
from aurora_site.accounts.models import Role


class IsSignedIn(BasePermission):
    """Anyone with an identity, whether or not in an organisation."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return isinstance(request.auth, Identity)


class IsPerson(IsSignedIn):
    """A person handling their own account: no API key, and not the demo learner, which many share."""

    message = "Only a person signed in to their own account may do this."

    def has_permission(self, request: Request, view: Any) -> bool:
        identity = request.auth
        return isinstance(identity, Identity) and identity.api_key is None and not identity.is_demo


class IsOperator(IsSignedIn):
    """Somebody who operates the installation; through an API key only where that may administer."""

    message = "This is for the installation's operators."

    def has_permission(self, request: Request, view: Any) -> bool:
        identity = request.auth
        return isinstance(identity, Identity) and identity.user.is_staff and "admin" in identity.scopes


class IsViewer(IsSignedIn):
    """At least a viewer in the request's organisation."""

    role = Role.VIEWER
    message = "This needs a membership in the organisation."

    def has_permission(self, request: Request, view: Any) -> bool:
        return isinstance(request.auth, Identity) and request.auth.has_role(self.role)


class IsEditor(IsViewer):
    """At least an editor in the request's organisation."""

    role = Role.EDITOR
    message = "This needs the role editor in the organisation."


class IsAdmin(IsViewer):
    """An admin of the request's organisation."""

    role = Role.ADMIN
    message = "This needs the role admin in the organisation."
