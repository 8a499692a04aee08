"""How deliveries prove who sent them. Every comparison takes the same time whether it fits or not."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from incidents.sources.base import BadSignature, WebhookRequest

# How far a signed time may be from ours, either way (the Standard Webhooks specification's window).
REPLAY_WINDOW = timedelta(minutes=5)
TOKEN_HEADER = "x-aurora-token"  # noqa: S105 a header's name
SHARED_SECRET_USE = "Authorization: Bearer, the password of Basic authentication, or the header X-Aurora-Token"  # noqa: S105


def hmac_hex(secret: str, message: bytes) -> str:
    """HMAC-SHA256 (RFC 2104) in lower-case hexadecimal digits."""
    return hmac.new(_key(secret), message, hashlib.sha256).hexdigest()


def usable(secrets: Sequence[str]) -> list[str]:
    """Those that are secrets: what is signed with an empty one, anybody could have signed."""
    return [secret for secret in secrets if secret]


def verify_hmac(given: Iterable[str], secrets: Sequence[str], message: bytes, header: str) -> None:
    """Raises BadSignature unless one of the given signatures was made with one of the secrets; no secret proves anything."""
    keys = usable(secrets)
    if not keys:
        return
    signatures = [signature.strip().lower() for signature in given if signature.strip()]
    if not signatures:
        raise BadSignature(f"The header {header} is missing.")
    if not any_equal(signatures, [hmac_hex(key, message) for key in keys]):
        raise BadSignature(f"{header} was not made with this integration's secret.")


def verify_shared_secret(request: WebhookRequest, secrets: Sequence[str]) -> None:
    """For vendors that sign nothing: raises BadSignature unless a header carries one of the secrets."""
    keys = usable(secrets)
    if not keys:
        return
    given = [secret for secret in _secrets_in(request) if secret]
    if not given:
        raise BadSignature(
            "The secret is missing: send it as Authorization: Bearer, Basic password, or X-Aurora-Token."
        )
    if not any_equal(given, keys):
        raise BadSignature("The secret is not this integration's.")


def verify_age(sent_at: str, request: WebhookRequest, secrets: Sequence[str]) -> None:
    """Raises BadSignature unless a signed time (Unix seconds) is within five minutes of the request's receipt."""
    if not usable(secrets):
        return
    if not (sent_at.isascii() and sent_at.isdigit() and len(sent_at) <= 12):
        raise BadSignature("The signed time is not a number of Unix seconds.")
    if abs(request.received_at.timestamp() - int(sent_at)) > REPLAY_WINDOW.total_seconds():
        raise BadSignature("The signed time is more than 5 minutes from now: it was replayed, or a clock is wrong.")


def any_equal(given: Iterable[str], expected: Iterable[str]) -> bool:
    """Whether one of the texts is one of the others."""
    allowed = [_key(text) for text in expected]
    matches = [hmac.compare_digest(_key(text), one) for text in given for one in allowed]
    return any(matches)


def with_bearer(request: WebhookRequest, secret: str) -> WebhookRequest:
    """The request with the secret as bearer token."""
    return with_headers(request, authorization=f"Bearer {secret}")


def with_headers(request: WebhookRequest, **headers: str) -> WebhookRequest:
    """The request with more headers; underscores in names stand for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return replace(request, headers={**request.headers, **named})


def _secrets_in(request: WebhookRequest) -> list[str]:
    scheme, _, rest = request.headers.get("authorization", "").strip().partition(" ")
    found = [request.headers.get(TOKEN_HEADER, "").strip()]
    if scheme.lower() == "bearer":
        found.append(rest.strip())
    if scheme.lower() == "basic":
        found.append(_password(rest.strip()))
    return found


def _password(credentials: str) -> str:
    try:
        decoded = base64.b64decode(credentials, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
    return decoded.partition(":")[2]


def _key(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
