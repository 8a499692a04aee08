"""Who a request acts for, and in which organisation and role."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from aurora_site.accounts.caller import Identity, IdentityRefused
from aurora_site.accounts.credentials import Credentials, demo_is_open
from aurora_site.accounts.memberships import in_organization
from aurora_site.accounts.models import ApiKey, SignIn, User
from aurora_site.accounts.proofs import named_identity, proven_identity, ticket_for
from aurora_site.accounts.services.sign_ins import session_open
from aurora_site.core.http.errors import Unauthenticated

__all__ = ["DEMO_USER_ID", "Identity", "demo_identity", "identify", "is_current", "session_for_demo", "ticket_for"]

DEMO_USER_ID = "user_demo"


def identify(credentials: Credentials) -> Identity | None:
    """Who the request acts for; None when it brings no credentials.

    In order: bearer token or API key, session, ticket, then ``X-User-ID`` where it may count.
    Raises Unauthenticated for credentials that don't hold, Forbidden where they disagree or name an organisation
    that the caller isn't a member of.
    """
    proven = proven_identity(credentials)
    named = credentials.header("x-user-id")
    if proven is None:
        proven = named_identity(credentials, named) if named else None
    elif named and named != proven.user_id:
        text = "X-User-ID names someone other than the signed-in user."
        raise IdentityRefused(text, identity=proven, code="IDENTITY_MISMATCH")
    if proven is None:
        return None
    if proven.is_demo and not demo_is_open(credentials):
        raise Unauthenticated("The demo is closed here; sign in.", code="DEMO_CLOSED")
    return proven if proven.api_key else in_organization(proven, credentials.header("x-org-id"))


def demo_identity(credentials: Credentials) -> Identity | None:
    """The demo learner, for a stranger at this machine; None where the demo is closed or not loaded."""
    if not demo_is_open(credentials):
        return None
    user = User.objects.filter(pk=DEMO_USER_ID, is_demo=True, is_active=True).first()
    return in_organization(Identity(user, None, None, "demo"), "") if user else None


def is_current(identity: Identity) -> bool:
    """Whether an identity still holds: for connections that outlive the check made when they were opened."""
    if identity.sign_in:
        return SignIn.objects.filter(pk=identity.sign_in.pk, ended_at=None, user__is_active=True).exists()
    if identity.api_key:
        keys = ApiKey.objects.for_organization(identity.organization_id)
        return keys.filter(pk=identity.api_key.pk, revoked_at=None, user__is_active=True).exists()
    return User.objects.filter(pk=identity.user_id, is_active=True).exists()


def session_for_demo(request: Any) -> Identity | None:
    """The visitor's identity; a stranger gets a session as the demo learner where the demo is open. None elsewhere.

    Synchronous: it reads and writes the database.
    """
    if request.identity is not None:
        return request.identity
    identity = demo_identity(request.credentials)
    if identity is None:
        return None
    sign_in = session_open(request, user=identity.user, kind=SignIn.Kind.DEMO)
    request.identity = replace(identity, kind="session", sign_in=sign_in)
    request.identity_error = None
    return request.identity
