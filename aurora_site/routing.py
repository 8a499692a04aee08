"""Websocket routes."""

from __future__ import annotations

from django.urls import re_path

from agents.consumers import RunConsumer

websocket_urlpatterns = [
    re_path(r"^ws/runs/(?P<run_id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/?$", RunConsumer.as_asgi()),
]
