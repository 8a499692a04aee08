"""A short way to the webhooks' view."""

from __future__ import annotations

from typing import Any

from asgiref.sync import sync_to_async
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve

from aurora_site.core.http.middleware import AsyncMiddleware

PREFIX = "/api/webhooks/"


class WebhookMiddleware(AsyncMiddleware):
    """Hands a delivery to its view at once.

    Sessions, sign-in, pages and their limits don't concern it, and most of that middleware changes threads twice for every
    request, which costs more than storing the delivery.
    """

    async def __call__(self, request: Any) -> HttpResponseBase:
        if request.method != "POST" or not request.path_info.startswith(PREFIX):
            return await self.get_response(request)
        try:
            request.resolver_match = resolve(request.path_info)
        except Resolver404:
            return await self.get_response(request)
        return await sync_to_async(_answer)(request)


def _answer(request: Any) -> HttpResponseBase:
    view, args, kwargs = request.resolver_match
    response: Any = view(request, *args, **kwargs)
    return response.render() if hasattr(response, "render") else response  # type: ignore[no-any-return]
