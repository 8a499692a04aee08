"""One attempt to bring a message to a channel, and what came of it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from aurora_site.core.mailing import mail
from aurora_site.core.netguard import Answer, Guard, Limits, OutboundError, OutboundRefused
from aurora_site.core.secret_text import SecretUnreadable, unseal
from incidents.models import ChannelKind, NotificationChannel
from incidents.notifications.addresses import ASSIGNEE
from incidents.notifications.content import Content
from incidents.notifications.standard_webhooks import signature_headers

# 4xx that may pass: the request came too late, too early, too often.
RETRIED_STATUSES = frozenset({408, 425, 429})
LONGEST_RETRY_AFTER = 4 * 3600
LONGEST_TEXT = 500
CONSOLE_BACKEND = "django.core.mail.backends.console.EmailBackend"
NO_MAIL_SERVER = "No mail server is configured, so nothing was sent: set EMAIL_URL."


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How an attempt ended, in words for people. ``is_final``: another one would end the same way.

    ``is_away``: nobody answered, so that others to the channel may wait. ``retry_after`` are seconds that it asked for.
    ``is_skipped``: there was nobody to tell, so that it is done without having been sent.
    """

    is_delivered: bool
    text: str
    is_final: bool = False
    is_away: bool = False
    retry_after: float = 0.0
    is_skipped: bool = False


def deliver(channel: NotificationChannel, content: Content) -> Outcome:
    """Send a message. Call outside of any transaction; it takes up to AURORA_NOTIFICATION_TIMEOUT seconds."""
    try:
        return _BY_KIND[channel.kind](channel, content)
    except SecretUnreadable as error:
        return Outcome(is_delivered=False, text=str(error), is_final=True)


def mail_is_configured() -> bool:
    """Whether there is a mail server; without one Django prints mails into the log."""
    return bool(settings.EMAIL_BACKEND != CONSOLE_BACKEND)


def _webhook(channel: NotificationChannel, content: Content) -> Outcome:
    signed = signature_headers(unseal(channel.secret_sealed), content.id, int(time.time()), content.body)
    return _posted(channel, content.body, signed)


def _slack(channel: NotificationChannel, content: Content) -> Outcome:
    return _posted(channel, json.dumps(content.slack, ensure_ascii=False).encode("utf-8", "replace"), {})


def _posted(channel: NotificationChannel, body: bytes, headers: dict[str, str]) -> Outcome:
    seconds = float(settings.AURORA_NOTIFICATION_TIMEOUT)
    limits = Limits(
        connect_seconds=seconds,
        silence_seconds=seconds,
        total_seconds=seconds,
        max_bytes=2000,
        max_redirects=0,
        cut=True,
    )
    guard = Guard(for_configured=True, limits=limits)
    try:
        answer = guard.request(
            "POST",
            unseal(channel.address_sealed),
            headers={"content-type": "application/json", "user-agent": "Aurora-Notifications", **headers},
            body=body,
        )
    except OutboundRefused as error:
        return Outcome(is_delivered=False, text=str(error)[:LONGEST_TEXT], is_final=True)
    except OutboundError as error:
        return Outcome(is_delivered=False, text=str(error)[:LONGEST_TEXT], is_away=True)
    return _answered(answer)


def _answered(answer: Answer) -> Outcome:
    if 200 <= answer.status < 300:
        return Outcome(is_delivered=True, text=f"The receiver answered {answer.status}.")
    text = f"The receiver answered {answer.status}."
    if 300 <= answer.status < 400:
        text += " Redirects aren't followed: give the address that it leads to."
    is_final = 400 <= answer.status < 500 and answer.status not in RETRIED_STATUSES
    return Outcome(is_delivered=False, text=text, is_final=is_final, retry_after=_retry_after(answer))


def _retry_after(answer: Answer) -> float:
    """Seconds (RFC 9110, section 10.2.3); dates are not read."""
    told = answer.headers.get("retry-after", "").strip()
    return float(min(int(told), LONGEST_RETRY_AFTER)) if told.isascii() and told.isdigit() and len(told) < 10 else 0.0


def _email(channel: NotificationChannel, content: Content) -> Outcome:
    if not mail_is_configured():
        return Outcome(is_delivered=False, text=NO_MAIL_SERVER, is_final=True)
    address = unseal(channel.address_sealed)
    if address == ASSIGNEE and not content.assignee_email:
        return Outcome(is_delivered=True, text="Nobody has the incident, so nobody was told.", is_skipped=True)
    return _mailed(content.assignee_email if address == ASSIGNEE else address, content)


def _mailed(address: str, content: Content) -> Outcome:
    message = EmailMessage(
        subject=content.subject,
        body=content.text,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[address],
        headers={"Auto-Submitted": "auto-generated", "X-Aurora-Notification": content.id},
        connection=get_connection(timeout=settings.AURORA_NOTIFICATION_TIMEOUT),
    )
    mailed = mail(message)
    return Outcome(is_delivered=mailed.is_sent, text=mailed.text, is_final=mailed.is_final, is_away=mailed.is_away)


_BY_KIND: dict[str, Callable[[NotificationChannel, Content], Outcome]] = {
    ChannelKind.WEBHOOK: _webhook,
    ChannelKind.SLACK: _slack,
    ChannelKind.EMAIL: _email,
}
