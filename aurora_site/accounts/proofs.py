"""Each way in which a request can prove who asks. All raise Unauthenticated for a proof that doesn't hold."""

from __future__ import annotations

import re
from datetime import timedelta

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from aurora_site.accounts import tokens
from aurora_site.accounts.caller import ALL_SCOPES, Identity, Kind
from aurora_site.accounts.credentials import Credentials, is_local_developer
from aurora_site.accounts.memberships import in_organization
from aurora_site.accounts.models import ApiKey, Membership, Role, SignIn, User
from aurora_site.core.http.errors import Unauthenticated

SESSION_SIGN_IN = "sign_in"
INTERNAL_SECRET_LENGTH = 32
SEEN_EVERY = timedelta(minutes=1)
_SCOPE_IMPLIES = {"read": {"read"}, "write": {"read", "write"}, "admin": ALL_SCOPES}
_USER_ID = re.compile(r"user_[a-z0-9]{1,59}")


def ticket_for(identity: Identity) -> str:
    """A single-use ticket that stands for an identity, in its organisation."""
    return tokens.ticket_issue(
        {
            "user": identity.user_id,
            "sign_in": str(identity.sign_in.pk) if identity.sign_in else None,
            "key": str(identity.api_key.pk) if identity.api_key else None,
            "organization": str(identity.organization_id) if identity.organization else None,
            "kind": identity.kind,
        }
    )


def proven_identity(credentials: Credentials) -> Identity | None:
    if authorization := credentials.header("authorization"):
        scheme, _, token = authorization.partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("Authorization must be 'Bearer' and a token.", code="TOKEN_INVALID")
        return _by_api_key(token) if token.startswith(tokens.API_KEY_PREFIX) else _by_access_token(token)
    if key := credentials.header("x-api-key"):
        return _by_api_key(key)
    if credentials.session is not None and (identity := _by_session(credentials)):
        return identity
    return _by_ticket(credentials) if credentials.ticket else None


def _by_access_token(raw: str) -> Identity:
    claims = tokens.token_claims("access", raw)
    return _by_sign_in(claims.sign_in_id, claims.user_id, "bearer")


def _by_session(credentials: Credentials) -> Identity | None:
    session = credentials.session
    user_id = session.get(SESSION_KEY) if session is not None else None
    if session is None or not user_id:
        return None
    identity = _by_sign_in(session.get(SESSION_SIGN_IN), user_id, "session")
    if not constant_time_compare(session.get(HASH_SESSION_KEY, ""), identity.user.get_session_auth_hash()):
        raise Unauthenticated("This sign-in has ended: the password was changed.", code="SIGN_IN_ENDED")
    return identity


def _by_sign_in(sign_in_id: object, user_id: object, kind: Kind) -> Identity:
    """Raises Unauthenticated when the sign-in is unknown, another's, ended, or of an account that was switched off."""
    sign_in = SignIn.objects.select_related("user").filter(pk=sign_in_id, user_id=user_id).first()
    if sign_in is None or sign_in.ended_at is not None:
        raise Unauthenticated("This sign-in has ended; sign in again.", code="SIGN_IN_ENDED")
    _require_active(sign_in.user)
    _touch(SignIn.objects.filter(pk=sign_in.pk), "seen_at", sign_in.seen_at)
    return Identity(sign_in.user, None, None, kind, sign_in=sign_in)


def _by_api_key(raw: str) -> Identity:
    if not tokens.api_key_is_sound(raw):
        raise Unauthenticated("The API key is malformed.", code="API_KEY_INVALID")
    return _of_key(ApiKey.objects.filter(key_hash=tokens.secret_hash(raw)))


def _of_key(keys: QuerySet[ApiKey]) -> Identity:
    """Raises Unauthenticated unless the key is known, live, and its user an active member of its organisation."""
    key = keys.select_related("user", "organization").first()
    if key is None:
        raise Unauthenticated("The API key is not known.", code="API_KEY_INVALID")
    if key.revoked_at is not None:
        raise Unauthenticated("The API key was revoked.", code="API_KEY_REVOKED")
    if key.expires_at is not None and key.expires_at <= timezone.now():
        raise Unauthenticated("The API key has expired.", code="API_KEY_EXPIRED")
    _require_active(key.user)
    membership = Membership.objects.for_organization(key.organization_id).filter(user_id=key.user_id).first()
    if membership is None:
        raise Unauthenticated("The API key's owner has left the organisation.", code="API_KEY_REVOKED")
    _touch(ApiKey.objects.filter(pk=key.pk), "last_used_at", key.last_used_at)
    scopes = frozenset().union(*(_SCOPE_IMPLIES.get(scope, set()) for scope in key.scopes))
    return Identity(key.user, key.organization, _capped(membership.role, scopes), "api_key", scopes, api_key=key)


def _capped(role: str, scopes: frozenset[str]) -> Role | None:
    if "read" not in scopes:
        return None
    cap = Role.ADMIN if "admin" in scopes else Role.EDITOR if "write" in scopes else Role.VIEWER
    return min(Role(role), cap, key=lambda each: each.rank)


def _by_ticket(credentials: Credentials) -> Identity:
    """The identity that asked for the ticket, if it still holds."""
    claims = tokens.ticket_redeem(
        credentials.ticket, stream=credentials.stream, resumes=bool(credentials.header("last-event-id"))
    )
    if claims["key"]:
        return _of_key(ApiKey.objects.filter(pk=claims["key"]))
    if claims["sign_in"]:
        identity = _by_sign_in(claims["sign_in"], claims["user"], claims["kind"])
    else:
        identity = Identity(_active_user(claims["user"]), None, None, claims["kind"])
    return in_organization(identity, claims["organization"] or "")


def named_identity(credentials: Credentials, user_id: str) -> Identity:
    """The user that X-User-ID names, when an internal service or a local developer says so."""
    if secret := credentials.header("x-internal-secret"):
        expected = settings.INTERNAL_API_SECRET or ""
        if len(expected) < INTERNAL_SECRET_LENGTH or not constant_time_compare(secret, expected):
            raise Unauthenticated("X-Internal-Secret doesn't match.", code="INTERNAL_SECRET_INVALID")
        return Identity(_active_user(user_id), None, None, "internal")
    if not is_local_developer(credentials):
        raise Unauthenticated("X-User-ID alone proves nothing; sign in, or add X-Internal-Secret.")
    return Identity(_active_user(user_id), None, None, "development")


def _active_user(user_id: str) -> User:
    user = User.objects.filter(pk=user_id).first() if _USER_ID.fullmatch(user_id) else None
    if user is None:
        raise Unauthenticated("X-User-ID names no user.", code="UNKNOWN_USER")
    _require_active(user)
    return user


def _require_active(user: User) -> None:
    if not user.is_active:
        raise Unauthenticated("This account is switched off.", code="ACCOUNT_DISABLED")


def _touch(rows: QuerySet[SignIn] | QuerySet[ApiKey], column: str, before: object) -> None:
    """Note the use, at most once a minute."""
    now = timezone.now()
    if before is None or before < now - SEEN_EVERY:  # type: ignore[operator]
        rows.update(**{column: now})
