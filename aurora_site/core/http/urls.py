"""Paths that match with and without a trailing slash, without redirects (which would lose a POST's body)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.urls import URLPattern
from django.urls.resolvers import RoutePattern


class OptionalSlashPattern(RoutePattern):
    """A route whose last slash may be left out or added."""

    def match(self, path: str) -> Any:
        return super().match(path.removesuffix("/"))


def route(path: str, view: Callable[..., Any], *, name: str | None = None, **kwargs: Any) -> URLPattern:
    """Like ``django.urls.path`` for an endpoint, matching ``path`` and ``path/`` alike. Write ``path`` without the slash."""
    return URLPattern(OptionalSlashPattern(path, name=name, is_endpoint=True), view, kwargs, name)
