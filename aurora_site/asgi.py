"""The ASGI application: Django for HTTP, Channels for websockets."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aurora_site.settings.current")

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

# Before anything that needs models.
django_application = get_asgi_application()

from aurora_site.checks import refuse_unsafe_production  # noqa: E402
from aurora_site.routing import websocket_urlpatterns  # noqa: E402

refuse_unsafe_production()

application = ProtocolTypeRouter({"http": django_application, "websocket": URLRouter(websocket_urlpatterns)})
