"""Opening, renewing and ending sign-ins."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate, login
from django.db import transaction
from django.utils import timezone

from audit.services import record
from aurora_site.accounts import tokens
from aurora_site.accounts.models import SignIn, User
from aurora_site.core.http.errors import Unauthenticated

MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"


@dataclass(frozen=True)
class TokenPair:
    """What an API client keeps: a short-lived access token, and the refresh token that buys the next pair once."""

    access: str
    refresh: str

    def as_json(self) -> dict[str, Any]:
        lifetime = settings.SIMPLE_JWT["ACCESS_TOKEN_LIFETIME"]
        return {"access": self.access, "refresh": self.refresh, "expires_in": int(lifetime.total_seconds())}


def password_check(request: Any, *, email: str, password: str) -> User:
    """The active user with this address and password. Takes as long for an unknown address as for a wrong password.

    Raises Unauthenticated; the failure is logged and on the ledger (``accounts.signals``).
    """
    user = authenticate(request, username=email, password=password)
    if not isinstance(user, User):
        raise Unauthenticated("Invalid credentials", code="INVALID_CREDENTIALS")
    return user


def session_open(request: Any, *, user: User, kind: SignIn.Kind) -> SignIn:
    """Sign a user in on this browser: a fresh session that carries a new sign-in. What the browser held before ends."""
    before = request.session.get("sign_in")
    sign_in = sign_in_open(user=user, kind=kind, ip=request.credentials.ip, user_agent=request.credentials.user_agent)
    request.opening_sign_in = sign_in
    login(request, user, backend=MODEL_BACKEND)
    if before:
        sign_in_end(sign_in_id=before, reason="replaced")
    return sign_in


@transaction.atomic
def sign_in_open(*, user: User, kind: SignIn.Kind, ip: str = "", user_agent: str = "") -> SignIn:
    sign_in = SignIn.objects.create(user=user, kind=kind, ip=ip or None, user_agent=user_agent)
    record(
        event="accounts.signed_in",
        organization_id=user.default_organization_id,
        actor_id=user.pk,
        subject=("sign_in", sign_in.pk),
        data={"kind": kind},
        personal={"ip": ip},
    )
    return sign_in


@transaction.atomic
def sign_in_end(*, sign_in_id: object, reason: str, actor_id: str = "") -> bool:
    """End one sign-in, and with it its session and tokens. False if it had ended before."""
    won = SignIn.objects.filter(pk=sign_in_id, ended_at=None).update(ended_at=timezone.now(), ended_reason=reason)
    if not won:
        return False
    sign_in = SignIn.objects.select_related("user").get(pk=sign_in_id)
    record(
        event="accounts.signed_out",
        organization_id=sign_in.user.default_organization_id,
        actor_id=actor_id or sign_in.user_id,
        subject=("sign_in", sign_in.pk),
        data={"reason": reason},
    )
    return True


@transaction.atomic
def sign_ins_end(*, user: User, reason: str, actor_id: str, keep: SignIn | None = None) -> int:
    """End all of a user's sign-ins, except one to keep. Returns how many ended."""
    open_ones = SignIn.objects.filter(user=user, ended_at=None).exclude(pk=keep.pk if keep else None)
    ended = open_ones.update(ended_at=timezone.now(), ended_reason=reason)
    if ended:
        record(
            event="accounts.sign_ins_ended",
            organization_id=user.default_organization_id,
            actor_id=actor_id,
            subject=("user", user.pk),
            data={"reason": reason, "count": ended},
        )
    return ended


def tokens_open(*, sign_in: SignIn) -> TokenPair:
    """The first pair of a sign-in."""
    sign_in.refresh_id = uuid.uuid4().hex
    SignIn.objects.filter(pk=sign_in.pk).update(refresh_id=sign_in.refresh_id)
    return _pair(sign_in)


def tokens_refresh(*, refresh: str) -> TokenPair:
    """Trade a refresh token for the next pair; each counts once.

    Raises Unauthenticated: malformed, expired, ended, or used before. A second use means that someone has a copy, so
    it ends the sign-in for whoever holds it (RFC 9700, section 4.14.2).
    """
    claims = tokens.token_claims("refresh", refresh)
    sign_in = SignIn.objects.select_related("user").filter(pk=claims.sign_in_id, user_id=claims.user_id).first()
    if sign_in is None or sign_in.ended_at is not None or not sign_in.user.is_active:
        raise Unauthenticated("This sign-in has ended; sign in again.", code="SIGN_IN_ENDED")
    if not _rotate(sign_in, claims.token_id):
        sign_in_end(sign_in_id=sign_in.pk, reason="refresh_reused")
        raise Unauthenticated("This refresh token was used before; the sign-in is ended.", code="TOKEN_REUSED")
    return _pair(sign_in)


@transaction.atomic
def _rotate(sign_in: SignIn, used: str) -> bool:
    """Compare and swap the token id that counts."""
    sign_in.refresh_id = uuid.uuid4().hex
    current = SignIn.objects.filter(pk=sign_in.pk, refresh_id=used, ended_at=None)
    if not current.update(refresh_id=sign_in.refresh_id, seen_at=timezone.now()):
        return False
    record(
        event="accounts.tokens_refreshed",
        organization_id=sign_in.user.default_organization_id,
        actor_id=sign_in.user_id,
        subject=("sign_in", sign_in.pk),
    )
    return True


def _pair(sign_in: SignIn) -> TokenPair:
    return TokenPair(
        access=tokens.token_issue("access", sign_in=sign_in),
        refresh=tokens.token_issue("refresh", sign_in=sign_in, token_id=sign_in.refresh_id),
    )
