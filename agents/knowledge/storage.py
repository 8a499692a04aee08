"""Where the bytes of documents lie: ``AURORA_HOME/uploads/<organisation>/<SHA-256>``, written once, never changed."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from django.conf import settings


def content_hash(content: bytes) -> str:
    """SHA-256, hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def _file(organization_id: object, digest: str) -> Path:
    return Path(settings.AURORA_HOME) / "uploads" / str(organization_id) / digest


def content_store(organization_id: object, content: bytes) -> str:
    """Keep bytes and return their hash. A file appears whole or not at all; the same bytes are kept once."""
    digest = content_hash(content)
    path = _file(organization_id, digest)
    if path.exists():
        return digest
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    Path(temporary).replace(path)
    return digest


def content_read(organization_id: object, digest: str) -> bytes:
    """The bytes of that hash. Raises FileNotFoundError."""
    return _file(organization_id, digest).read_bytes()


def content_delete(organization_id: object, digest: str) -> None:
    """Forget bytes that no document names any more."""
    _file(organization_id, digest).unlink(missing_ok=True)
