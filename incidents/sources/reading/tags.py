"""Tags such as ``service:checkout``, in a list or in one text with commas."""

from __future__ import annotations

import re
from typing import Any

from incidents.sources.reading.bounds import MAX_LABEL, MAX_LABEL_NAME, MAX_LABELS, line

# Where a tag comes from, as Dynatrace writes it: [Kubernetes]app:checkout.
_CONTEXT = re.compile(r"^\[[^\]]{0,50}\]")
_MAX_TAGS = 500


def tag_list(value: Any) -> list[str]:
    """The tags, without space around them; other values are none."""
    listed = value.split(",", _MAX_TAGS)[:_MAX_TAGS] if isinstance(value, str) else value
    if not isinstance(listed, list):
        return []
    told = (line(item, MAX_LABEL) for item in listed[:_MAX_TAGS] if isinstance(item, str))
    return [tag for tag in told if tag]


def tagged(tags: list[str]) -> dict[str, str]:
    """Names and values; a tag without value is ``true``, one with several has them all, in order of the alphabet."""
    found: dict[str, set[str]] = {}
    for tag in tags:
        name, _, value = _CONTEXT.sub("", tag).partition(":")
        name = line(name, MAX_LABEL_NAME)
        if name and (name in found or len(found) < MAX_LABELS):
            found.setdefault(name, set()).add(value.strip() or "true")
    return {name: line(", ".join(sorted(values)), MAX_LABEL) for name, values in found.items()}
