"""How every query is limited to one organisation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from django.db import models

if TYPE_CHECKING:
    from aurora_site.accounts.models import Organization


class OrganizationQuerySet(models.QuerySet[Any]):
    """A queryset of rows that belong to an organisation through a field named ``organization``."""

    def for_organization(self, organization: Organization | UUID | str | None) -> Self:
        """The rows of one organisation, given as itself or by its id. None, the lack of one, owns nothing."""
        if organization is None:
            return self.none()
        return self.filter(organization_id=getattr(organization, "pk", organization))


class OrganizationManager(models.Manager.from_queryset(OrganizationQuerySet)):  # type: ignore[misc]
    """Manager of models that an organisation owns; API views read through ``for_organization`` alone."""

    use_in_migrations = False
