"""Checks of document paths: where a document stands in its organisation's tree, never where it lies on disk."""

from __future__ import annotations

import unicodedata

MAXIMUM_LENGTH = 255


class InvalidPath(ValueError):
    """A document's path can't be used; the message says why."""


def clean_path(raw: str) -> str:
    """A relative path with folders kept as given. Raises InvalidPath for absolute paths, ``..``, and control characters."""
    path = unicodedata.normalize("NFC", raw).replace("\\", "/").strip()
    if not path:
        raise InvalidPath("Give the document a name.")
    if any(unicodedata.category(character) in ("Cc", "Cf", "Cs") for character in path):
        raise InvalidPath("The name holds characters that can't be shown.")
    if path.startswith("/") or path[1:2] == ":":
        raise InvalidPath("The name must not be an absolute path.")
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise InvalidPath("The name must not lead out of its folder with '..'.")
    path = "/".join(parts)
    if not path or len(path) > MAXIMUM_LENGTH:
        raise InvalidPath(f"The name must have 1 to {MAXIMUM_LENGTH} characters.")
    return path
