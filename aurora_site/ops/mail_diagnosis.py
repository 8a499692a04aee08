"""What ``manage.py doctor`` says of mail: whether there is a server for it, whether it answers, who would miss it."""

from __future__ import annotations

import socket

from django.conf import settings

from aurora_site.ops.finding import Finding
from incidents.models import ChannelKind, NotificationChannel
from incidents.notifications.delivering import mail_is_configured

REACH_SECONDS = 3.0


def mail(part: str) -> Finding:
    """Fine, not configured while channels of notifications need it, or not reachable."""
    if not mail_is_configured():
        return _without_server(part)
    address = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    try:
        socket.create_connection((settings.EMAIL_HOST, settings.EMAIL_PORT), timeout=REACH_SECONDS).close()
    except OSError as error:
        return Finding(part, "broken", f"{address} can't be reached: {error}", "Look at EMAIL_URL.")
    return Finding(part, "ok", f"{address} answers")


def _without_server(part: str) -> Finding:
    channels = NotificationChannel.objects.filter(kind=ChannelKind.EMAIL, is_enabled=True).count()
    if not channels:
        return Finding(part, "ok", "None configured: mails are printed into the log")
    text = f"No mail server is configured, so {channels} e-mail channel{'s' * (channels > 1)} can't tell anybody"
    return Finding(part, "warning", text, "Set EMAIL_URL, such as smtp://user:password@host:587.")
