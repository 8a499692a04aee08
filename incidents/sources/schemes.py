"""The ways to prove a secret that presets can name."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from incidents.sources.base import BadSignature, WebhookRequest
from incidents.sources.signing import (
    SHARED_SECRET_USE,
    any_equal,
    usable,
    verify_age,
    verify_shared_secret,
    with_bearer,
    with_headers,
)

_SECRET_PREFIX = "whsec_"  # noqa: S105 what its secrets begin with


@dataclass(frozen=True, kw_only=True)
class Scheme:
    """``use`` is for people; ``verify`` raises BadSignature; ``sign`` is what the vendor does."""

    use: str
    verify: Callable[[WebhookRequest, Sequence[str]], None]
    sign: Callable[[WebhookRequest, str], WebhookRequest]


def standard_verify(request: WebhookRequest, secrets: Sequence[str]) -> None:
    """Standard Webhooks (https://github.com/standard-webhooks/standard-webhooks): HMAC-SHA256 in base64 over
    ``id.timestamp.body``, several signatures ``v1,…`` with spaces between them; five minutes. Svix's own header names too.
    """
    keys = usable(secrets)
    if not keys:
        return
    identifier, sent_at, listed = (_header(request, name) for name in ("id", "timestamp", "signature"))
    given = [each.removeprefix("v1,") for each in listed.split()[:20] if each.startswith("v1,")]
    if not (identifier and sent_at and given):
        raise BadSignature("The headers webhook-id, webhook-timestamp and webhook-signature are needed.")
    signed = f"{identifier}.{sent_at}.".encode("utf-8", "surrogatepass") + request.body
    if not any_equal(given, [_digest(key, signed) for secret in keys for key in _keys(secret)]):
        raise BadSignature("webhook-signature was not made with this integration's secret.")
    verify_age(sent_at, request, secrets)


def standard_sign(request: WebhookRequest, secret: str) -> WebhookRequest:
    """The request with an id, a time and a signature."""
    identifier = "msg_" + hashlib.sha256(request.body).hexdigest()[:27]
    sent_at = str(int(request.received_at.timestamp()))
    signature = _digest(_keys(secret)[0], f"{identifier}.{sent_at}.".encode() + request.body)
    return with_headers(request, webhook_id=identifier, webhook_timestamp=sent_at, webhook_signature=f"v1,{signature}")


def _header(request: WebhookRequest, name: str) -> str:
    return request.headers.get(f"webhook-{name}", "") or request.headers.get(f"svix-{name}", "")


def _digest(key: bytes, message: bytes) -> str:
    return base64.b64encode(hmac.new(key, message, hashlib.sha256).digest()).decode()


def _keys(secret: str) -> list[bytes]:
    """What a secret may stand for: its prefix says base64, otherwise it may be meant as it is."""
    plain = secret.encode("utf-8", "surrogatepass")
    try:
        decoded = base64.b64decode(secret.removeprefix(_SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return [plain]
    if not decoded:
        return [plain]
    return [decoded] if secret.startswith(_SECRET_PREFIX) else [decoded, plain]


SCHEMES = {
    "shared": Scheme(use=SHARED_SECRET_USE, verify=verify_shared_secret, sign=with_bearer),
    "standard": Scheme(
        use="Standard Webhooks (Svix): HMAC-SHA256 in webhook-signature, with webhook-id and a time of at most 5 minutes ago",
        verify=standard_verify,
        sign=standard_sign,
    ),
}
