"""The ASGI application: Django for HTTP, with a short way for webhooks; Channels for websockets."""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aurora_site.settings.current")

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

# Before anything that needs models.
django_application = get_asgi_application()

from django.conf import settings  # noqa: E402

from agents.providers import registry  # noqa: E402
from agents.runs.host import RunHost  # noqa: E402
from aurora_site.checks import refuse_unusable_settings  # noqa: E402
from aurora_site.routing import websocket_urlpatterns  # noqa: E402
from incidents.api.door import WebhookDoor  # noqa: E402

refuse_unusable_settings()
registry.prepare(registry.ProviderConfig.from_settings(settings))

protocols = ProtocolTypeRouter({
    "http": WebhookDoor(django_application), "websocket": URLRouter(websocket_urlpatterns)
})  # fmt: skip


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Serve a connection. From the first one on, the process also looks after the runs of others that died."""
    RunHost.current()
    await protocols(scope, receive, send)
