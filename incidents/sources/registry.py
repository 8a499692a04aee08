"""The sources there are, by the name in their addresses."""

from __future__ import annotations

from incidents.sources.base import Source

_sources: dict[str, Source] = {}


class UnknownSource(KeyError):
    """A name that no source has."""


def register(source: Source) -> None:
    """Take alerts at ``/api/webhooks/<name>/…``; for ``AppConfig.ready()``. Raises ValueError for a taken name."""
    if _sources.setdefault(source.name, source) is not source:
        raise ValueError(f"There is a source named {source.name} already.")


def source(name: str) -> Source:
    """The source of a name. Raises UnknownSource."""
    try:
        return _sources[name]
    except KeyError:
        raise UnknownSource(name) from None


def sources() -> list[Source]:
    """All sources, by title."""
    return sorted(_sources.values(), key=lambda each: each.title.lower())
