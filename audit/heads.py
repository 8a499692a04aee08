"""Signed heads: what is signed, whether a signature counts, and the heads kept outside the database.

A head is signed (Ed25519, RFC 8032) over ``"aurora-ledger\\n{size}\\n{root}\\n{at}\\n"``: the number of leaves, the root hash
in hexadecimal, and the time in UTC as ISO 8601 with microseconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings

from audit import head_files
from audit.keys import public_keys, signing_key
from audit.models import TreeHead

FILE = "heads.jsonl"


def latest() -> TreeHead | None:
    """The newest head, of the whole tree; None while nothing is sealed."""
    return TreeHead.objects.order_by("-size").first()


def sign(*, size: int, root: bytes, at: datetime) -> TreeHead:
    """A head by the present key, not stored yet. Raises ValueError when that key is unusable."""
    key = signing_key()
    signature = key.private.sign(_signed_text(size, root.hex(), _time_text(at)))
    return TreeHead(size=size, root=root, at=at, key_id=key.id, signature=signature)


def as_json(head: TreeHead) -> dict[str, Any]:
    """A head as it stands in files, answers and exports; ``public_key`` is empty when this installation lacks the key."""
    public = public_keys().get(head.key_id, b"")
    return {
        "size": head.size,
        "root": bytes(head.root).hex(),
        "at": _time_text(head.at),
        "key_id": head.key_id,
        "public_key": public.hex(),
        "signature": bytes(head.signature).hex(),
    }


def head_is_authentic(head: TreeHead | Mapping[str, Any]) -> bool:
    """Whether a key of this installation signed the head. False also for what isn't a head at all."""
    values = as_json(head) if isinstance(head, TreeHead) else head
    public = public_keys().get(str(values.get("key_id")))
    if public is None or values.get("public_key", public.hex()) != public.hex():
        return False
    try:
        text = _signed_text(values["size"], values["root"], values["at"])
        Ed25519PublicKey.from_public_bytes(public).verify(bytes.fromhex(values["signature"]), text)
    except (KeyError, TypeError, ValueError, InvalidSignature):
        return False
    return True


def saved_path() -> Path:
    """Where heads are kept outside the database."""
    return Path(settings.LEDGER_FOLDER) / FILE


def saved() -> Iterator[dict[str, Any]]:
    """The heads kept outside the database, in the order in which they were saved. Raises OSError."""
    return head_files.read(saved_path())


def last_saved() -> dict[str, Any] | None:
    """The head that was saved last; None when none was. Raises OSError."""
    if not saved_path().exists():
        return None
    with head_files.locked(saved_path()) as file:
        return file.last()


def _signed_text(size: int, root: str, at: str) -> bytes:
    return f"aurora-ledger\n{size}\n{root}\n{at}\n".encode()


def _time_text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
