"""Which alerts are the same one: a hash over delimited names and values, with the version of the recipe in it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

VERSION = 1

Parts = Sequence[tuple[str, str]]


def fingerprint(source: str, scope: str, identity: Parts) -> str:
    """64 hexadecimal digits: SHA-256 over the version, the source, the scope and the sorted parts.

    ``scope`` is the integration's id where ids of the source are only unique within one, else empty. Every name and value
    is preceded by its length in bytes, so that no two different lists look alike.
    """
    digest = hashlib.sha256()
    for text in (str(VERSION), source, scope, *(word for part in sorted(identity) for word in part)):
        data = text.encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(data))
        digest.update(data)
    return digest.hexdigest()


def explained(source: str, scope: str, identity: Parts) -> list[dict[str, str]]:
    """The parts as they went in, in order: ``[{"name", "value"}, …]``."""
    ahead = [("version", str(VERSION)), ("source", source), *([("integration", scope)] if scope else [])]
    return [{"name": name, "value": value} for name, value in (*ahead, *sorted(identity))]
