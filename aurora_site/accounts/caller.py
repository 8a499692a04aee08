"""The caller of a request, once checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from aurora_site.accounts.models import ApiKey, Organization, Role, SignIn, User
from aurora_site.core.http.errors import Forbidden

Kind = Literal["bearer", "api_key", "session", "internal", "development", "demo"]

ALL_SCOPES = frozenset({"read", "write", "admin"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


@dataclass(frozen=True)
class Identity:
    """A checked caller. ``role`` is the one that counts: for an API key, its user's, capped by its scopes.

    ``organization`` and ``role`` are None for a person who belongs to no organisation.
    """

    user: User
    organization: Organization | None
    role: Role | None
    kind: Kind
    scopes: frozenset[str] = ALL_SCOPES
    sign_in: SignIn | None = None
    api_key: ApiKey | None = None

    @property
    def user_id(self) -> str:
        return self.user.pk

    @property
    def organization_id(self) -> UUID | None:
        return self.organization.pk if self.organization else None

    @property
    def is_demo(self) -> bool:
        return self.user.is_demo

    def has_role(self, role: Role) -> bool:
        """Whether the caller has at least this role in the request's organisation."""
        return self.role is not None and self.role.rank >= role.rank

    def may_use(self, method: str) -> bool:
        """Whether the key's scopes allow an HTTP method; sign-ins may use all."""
        return method in SAFE_METHODS or "write" in self.scopes


class IdentityRefused(Forbidden):
    """Somebody whose credentials hold asks for what isn't theirs; ``identity`` is who they are."""

    def __init__(self, detail: str, *, identity: Identity, code: str) -> None:
        super().__init__(detail, code=code)
        self.identity = identity
