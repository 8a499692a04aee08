"""Production: cookies over TLS alone; ``aurora_site.checks`` refuses to start on anything that isn't safe."""

from aurora_site.settings.base import *  # noqa: F403
from aurora_site.settings.base import AURORA_DEMO as _demo
from aurora_site.settings.base import AURORA_PUBLIC_URL, AURORA_TRUSTED_PROXIES

AURORA_DEMO = bool(_demo)
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SECURE_HSTS_SECONDS = 31536000 if AURORA_PUBLIC_URL.startswith("https://") else 0
if AURORA_TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
