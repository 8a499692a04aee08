"""Secrets that must be read again (webhook secrets, addresses with a token in them), encrypted where they are stored.

Fernet (AES-128-CBC with HMAC-SHA256; https://github.com/fernet/spec) under a key derived from ``SECRET_KEY``.
"""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class SecretUnreadable(Exception):
    """A stored secret was encrypted with another key: AURORA_SECRET_KEY was changed. Enter the secret anew."""


def seal(text: str) -> str:
    """The text encrypted, in ASCII; empty stays empty."""
    return _cipher().encrypt(text.encode()).decode() if text else ""


def unseal(sealed: str) -> str:
    """The text that ``seal`` was given. Raises SecretUnreadable."""
    if not sealed:
        return ""
    try:
        return _cipher().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise SecretUnreadable(str(SecretUnreadable.__doc__)) from error


def _cipher() -> Fernet:
    derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"aurora secret text")
    return Fernet(base64.urlsafe_b64encode(derivation.derive(settings.SECRET_KEY.encode())))
