"""Addresses of channels: what they may be, and how they are shown to people."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from aurora_site.core.netguard import OutboundRefused, checked_url
from aurora_site.core.secret_text import SecretUnreadable, unseal
from incidents.errors import BadValue
from incidents.models import ChannelKind, NotificationChannel

LONGEST_EMAIL = 254


def checked_address(kind: str, address: str) -> str:
    """The address if a channel of the kind can use it. Raises BadValue."""
    address = address.strip()
    try:
        if kind == ChannelKind.EMAIL:
            validate_email(address)
            if len(address) > LONGEST_EMAIL:
                raise BadValue("The e-mail address is too long.", field="address")
        else:
            checked_url(address)
    except ValidationError:
        raise BadValue("Give one e-mail address.", field="address") from None
    except OutboundRefused as error:
        raise BadValue(str(error), field="address") from None
    return address


def shown_address(channel: NotificationChannel) -> str:
    """Where a channel leads, without what is secret in it: ``https://hooks.example.com/…``, ``o…@example.com``."""
    try:
        address = unseal(channel.address_sealed)
    except SecretUnreadable:
        return "unreadable: enter it anew"
    if channel.kind == ChannelKind.EMAIL:
        name, _, domain = address.rpartition("@")
        return f"{name[:1]}…@{domain}"
    try:
        url = checked_url(address)
    except OutboundRefused:
        return "…"
    return f"{url.scheme}://{url.netloc.decode('ascii', 'replace')}/…"
