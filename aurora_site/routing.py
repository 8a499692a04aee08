"""Websocket routes."""

from __future__ import annotations

from django.urls import re_path

from agents.consumers.chat import ChatConsumer
from agents.consumers.runs import RunConsumer
from aurora_site.api.errors import explained

_ID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"

websocket_urlpatterns = [
    re_path(rf"^ws/runs/(?P<run_id>{_ID})/?$", RunConsumer.as_asgi(explain=explained)),
    re_path(rf"^ws/chat/(?P<session_id>{_ID})/?$", ChatConsumer.as_asgi(explain=explained)),
]
