"""What the templates of incidents write often: times, and signs with their words."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils.html import format_html

from incidents.pages import times, wording

register = template.Library()


@register.simple_tag
def ago(at: datetime | None, prefix: str = "") -> str:
    """How long ago, with the exact time in it; a script keeps it current."""
    if at is None:
        return ""
    return format_html(
        '<time datetime="{}" title="{}" data-ago>{}{}</time>',
        at.isoformat(),
        times.exact(at),
        prefix,
        times.since(at),
    )


@register.simple_tag
def lasted(start: datetime, end: datetime) -> str:
    """How long from ``start`` to ``end``."""
    return times.span(end - start)


@register.filter
def severity_words(severity: str) -> str:
    return wording.SEVERITY_WORDS.get(severity, severity)


@register.filter
def source_title(name: str) -> str:
    """What a source is called: "Alertmanager" for ``alertmanager``."""
    return wording.source_title(name)


@register.filter
def brief(text: object, length: int = 300) -> str:
    """A text from outside, bounded."""
    words = str(text)
    return words if len(words) <= length else f"{words[:length]} …"


@register.filter
def web_address(url: str) -> str:
    """An address that came from outside, if it is one of the web; empty for others, which could be scripts."""
    return url if url.lower().startswith(("http://", "https://")) else ""
