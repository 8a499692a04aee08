"""Secrets that are handed out: access and refresh tokens, API keys, link tokens and websocket tickets."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from django.core import signing
from django.core.cache import cache
from django.utils.crypto import salted_hmac
from rest_framework_simplejwt.exceptions import ExpiredTokenError, TokenError
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, Token

from aurora_site.accounts.models import SignIn
from aurora_site.core.http.errors import Unauthenticated

API_KEY_PREFIX = "aur_"
API_KEY_SHOWN = 12
MAXIMUM_TOKEN_LENGTH = 2048
TICKET_SECONDS = 60
STREAM_TICKET_SECONDS = 600
_TICKET_SALT = "aurora.ticket"
_JWT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_API_KEY = re.compile(r"aur_[A-Za-z0-9_-]{20,100}")

TokenKind = Literal["access", "refresh"]
_KINDS: dict[TokenKind, type[Token]] = {"access": AccessToken, "refresh": RefreshToken}


@dataclass(frozen=True)
class Claims:
    """What a valid token says: whose it is, of which sign-in, and its own id."""

    user_id: str
    sign_in_id: UUID
    token_id: str


def token_issue(kind: TokenKind, *, sign_in: SignIn, token_id: str = "") -> str:
    """A signed token of a sign-in. ``token_id`` becomes its ``jti``, else a random one."""
    token = _KINDS[kind]()
    token["sub"] = sign_in.user_id
    token["sid"] = str(sign_in.pk)
    if token_id:
        token["jti"] = token_id
    return str(token)


def token_claims(kind: TokenKind, raw: str) -> Claims:
    """The claims of a token. Raises Unauthenticated that says what is wrong with it."""
    if len(raw) > MAXIMUM_TOKEN_LENGTH or not _JWT.fullmatch(raw):
        raise Unauthenticated(f"The {kind} token is malformed.", code="TOKEN_INVALID")
    try:
        token = _KINDS[kind](raw)  # type: ignore[arg-type]
        return Claims(str(token["sub"]), UUID(str(token["sid"])), str(token["jti"]))
    except ExpiredTokenError as error:
        raise Unauthenticated(f"The {kind} token has expired.", code="TOKEN_EXPIRED") from error
    except (TokenError, KeyError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise Unauthenticated(f"The {kind} token is not valid: {_reason(error)}", code="TOKEN_INVALID") from error


def _reason(error: Exception) -> str:
    if isinstance(error, TokenError) and "type" in str(error):
        return "it is of another kind."
    return "its signature or form is wrong."


def secret_hash(secret: str) -> str:
    """SHA-256 in hexadecimal. Enough for random secrets of 128 bits or more, which can't be guessed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def api_key_new() -> str:
    """A fresh key: ``aur_`` and 256 random bits."""
    return API_KEY_PREFIX + secrets.token_urlsafe(32)


def api_key_is_sound(raw: str) -> bool:
    return bool(_API_KEY.fullmatch(raw))


def link_token(purpose: str, row_id: UUID) -> str:
    """The token in a mailed link, computed from the row's id and the installation's secret, so that the task that
    sends the mail needs no secret in the queue."""
    code = salted_hmac(f"aurora.link.{purpose}", str(row_id), algorithm="sha256").digest()
    return base64.urlsafe_b64encode(code).rstrip(b"=").decode()


def ticket_issue(claims: dict[str, Any]) -> str:
    """A ticket that opens one stream or websocket within a minute."""
    return signing.dumps({**claims, "n": secrets.token_urlsafe(12)}, salt=_TICKET_SALT, compress=False)


def ticket_redeem(raw: str, *, stream: str = "", resumes: bool = False) -> dict[str, Any]:
    """The claims of a ticket, once. Raises Unauthenticated when it is malformed, expired or used.

    ``stream`` is the address of the event stream that it opens. A browser whose EventSource lost its connection comes
    back to the same address by itself (``resumes``): there the ticket stays good for STREAM_TICKET_SECONDS.
    """
    again = resumes and bool(stream)
    claims = _ticket_claims(raw, STREAM_TICKET_SECONDS if again else TICKET_SECONDS)
    key = f"accounts:ticket:{claims['n']}"
    if again and cache.get(key) == stream:
        return claims
    claims = _ticket_claims(raw, TICKET_SECONDS)
    if not cache.add(key, stream or "used", timeout=STREAM_TICKET_SECONDS):
        raise Unauthenticated("The ticket was used before; get a new one.", code="TICKET_USED")
    return claims


def _ticket_claims(raw: str, seconds: float) -> dict[str, Any]:
    try:
        if len(raw) > MAXIMUM_TOKEN_LENGTH:
            raise signing.BadSignature("too long")
        claims: dict[str, Any] = signing.loads(raw, salt=_TICKET_SALT, max_age=seconds)
    except signing.SignatureExpired as error:
        raise Unauthenticated("The ticket has expired; get a new one.", code="TICKET_EXPIRED") from error
    except (signing.BadSignature, ValueError) as error:
        raise Unauthenticated("The ticket is malformed.", code="TICKET_INVALID") from error
    return claims
