"""What the templates of learning write often."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template

register = template.Library()


@register.filter
def duration(minutes: int | float | None) -> str:
    """Minutes as people say them: "45 min", "2 h", "2 h 30 min"."""
    whole = round(minutes or 0)
    hours, rest = divmod(whole, 60)
    if not hours:
        return f"{rest} min"
    return f"{hours} h {rest} min" if rest else f"{hours} h"


@register.filter
def brief(text: object, length: int = 300) -> str:
    """A text from outside, bounded."""
    words = str(text)
    return words if len(words) <= length else f"{words[:length]} …"


@register.filter
def web_address(url: str) -> str:
    """An address that came from outside, if it is one of the web; empty for others, which could be scripts."""
    return url if url.lower().startswith(("http://", "https://")) else ""


@register.filter
def percent(share: float | None) -> str:
    """A share from 0 to 1 in percent; a dash for none."""
    return "–" if share is None else f"{round(100 * share)}\u00a0%"


@register.filter
def of_key(mapping: Mapping[Any, Any], key: Any) -> Any:
    """What a mapping holds for a key; None where it has none."""
    return mapping.get(key) if mapping else None
