"""Websocket routes."""

from __future__ import annotations

from typing import Any

from django.urls import re_path

from agents.consumers.base import NOT_FOUND
from agents.consumers.chat import ChatConsumer
from agents.consumers.runs import RunConsumer
from aurora_site.api.errors import explained
from incidents.consumers import IncidentsConsumer


async def nothing_here(scope: Any, receive: Any, send: Any) -> None:
    """Closes a websocket to an address that isn't any, with the code of what can't be found."""
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": NOT_FOUND})


_ID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"

websocket_urlpatterns = [
    re_path(rf"^ws/runs/(?P<run_id>{_ID})/?$", RunConsumer.as_asgi(explain=explained)),
    re_path(rf"^ws/chat/(?P<session_id>{_ID})/?$", ChatConsumer.as_asgi(explain=explained)),
    re_path(r"^ws/incidents/?$", IncidentsConsumer.as_asgi(explain=explained)),
    re_path("", nothing_here),  # type: ignore[arg-type] channels takes any ASGI application
]
