"""What REST views over an organisation's rows share."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from aurora_site.accounts.permissions import IsEditor, IsViewer


class OrganizationView(APIView):
    """Reading is for viewers, writing for editors."""

    def get_permissions(self) -> list[BasePermission]:
        method = self.request.method or ""
        # A method that isn't offered is 405 to everyone, not 403 to some.
        writes = method not in SAFE_METHODS and hasattr(self, method.lower())
        return [IsEditor()] if writes else [IsViewer()]

    @property
    def actor(self) -> dict[str, Any]:
        """The organisation and person that a write is recorded for."""
        return {"organization_id": self.request.auth.organization_id, "actor_id": self.request.auth.user_id}

    def validated(self, serializer_class: type[BaseSerializer], data: Any = None) -> dict[str, Any]:
        """The request's body (or ``data``), checked; raises DRF's ValidationError naming the fields."""
        serializer = serializer_class(data=self.request.data if data is None else data)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data
