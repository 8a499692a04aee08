"""People, organisations, and clients that are signed in as them."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import Any

from django.test import Client

from aurora_site.accounts.models import Membership, Organization, Role, SignIn, User
from aurora_site.accounts.services.api_keys import api_key_create
from aurora_site.accounts.services.sign_ins import TokenPair, sign_in_open, tokens_open

PASSWORD = "correct horse battery"


def organization_factory(name: str = "Example") -> Organization:
    return Organization.objects.create(name=name, slug=f"example-{secrets.token_hex(6)}")


def user_factory(email: str = "", *, password: str = PASSWORD, **fields: Any) -> User:
    return User.objects.create_user(email or f"person-{secrets.token_hex(6)}@example.com", password, **fields)


def member_factory(
    organization: Organization | None = None, role: str = Role.VIEWER, user: User | None = None, **fields: Any
) -> Membership:
    """A user (a new one by default) in an organisation (a new one by default), which is their default."""
    organization = organization or organization_factory()
    user = user or user_factory(default_organization=organization, **fields)
    return Membership.objects.create(organization=organization, user=user, role=role)


@dataclass
class Api:
    """A client that speaks JSON, with the same headers on every request."""

    client: Client
    headers: dict[str, str]

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        data = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        return getattr(self.client, method)(path, headers={**self.headers, **named}, **data)

    def get(self, path: str, **headers: str) -> Any:
        return self.request("get", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.request("post", path, {} if body is None else body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.request("patch", path, {} if body is None else body, **headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self.request("delete", path, **headers)


def stranger() -> Api:
    return Api(Client(), {})


def tokens_for(user: User) -> tuple[SignIn, TokenPair]:
    sign_in = sign_in_open(user=user, kind=SignIn.Kind.API)
    return sign_in, tokens_open(sign_in=sign_in)


def signed_in_as(who: User | Membership) -> Api:
    """A client with a bearer token of a fresh sign-in."""
    user = who.user if isinstance(who, Membership) else who
    return Api(Client(), {"Authorization": f"Bearer {tokens_for(user)[1].access}"})


def session_of(who: User | Membership, *, enforce_csrf: bool = False) -> Client:
    """A browser signed in as somebody."""
    client = Client(enforce_csrf_checks=enforce_csrf)
    client.force_login(who.user if isinstance(who, Membership) else who)
    return client


def api_key_for(membership: Membership, *scopes: str) -> str:
    """The text of a fresh API key."""
    return api_key_create(
        organization=membership.organization, user=membership.user, name="test", scopes=scopes or ["read"]
    )[1]
