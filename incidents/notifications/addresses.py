"""Addresses of channels: what they may be, and how they are shown to people."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from aurora_site.core.netguard import OutboundRefused, checked_url
from aurora_site.core.secret_text import SecretUnreadable, unseal
from incidents.errors import BadValue
from incidents.models import ChannelKind, NotificationChannel

LONGEST_EMAIL = 254
# Instead of an e-mail address: whoever has the incident, at the address of their account.
ASSIGNEE = "assignee"
# So much of the end of a webhook's address is shown, to tell channels apart; of one that short nothing is.
SHOWN_END, SHORTEST_HIDDEN = 4, 16


def checked_address(kind: str, address: str) -> str:
    """The address if a channel of the kind can use it. Raises BadValue."""
    address = address.strip()
    if kind == ChannelKind.EMAIL and address.lower() == ASSIGNEE:
        return ASSIGNEE
    try:
        if kind == ChannelKind.EMAIL:
            validate_email(address)
            if len(address) > LONGEST_EMAIL:
                raise BadValue("The e-mail address is too long.", field="address")
        else:
            checked_url(address)
    except ValidationError:
        raise BadValue(f"Give one e-mail address, or the word {ASSIGNEE}.", field="address") from None
    except OutboundRefused as error:
        raise BadValue(str(error), field="address") from None
    return address


def shown_address(channel: NotificationChannel) -> str:
    """Where a channel leads, without what is secret in it: ``https://hooks.example.com/…a1b2``, ``o…@example.com``."""
    try:
        address = unseal(channel.address_sealed)
    except SecretUnreadable:
        return "unreadable: enter it anew"
    if address == ASSIGNEE:
        return ASSIGNEE
    if channel.kind == ChannelKind.EMAIL:
        name, _, domain = address.rpartition("@")
        return f"{name[:1]}…@{domain}"
    try:
        url = checked_url(address)
    except OutboundRefused:
        return "…"
    hidden = url.raw_path.decode("ascii", "replace")
    end = hidden[-SHOWN_END:] if len(hidden) >= SHORTEST_HIDDEN else ""
    return f"{url.scheme}://{url.netloc.decode('ascii', 'replace')}/…{end}"


def leads_to_assignee(channel: NotificationChannel) -> bool:
    """Whether a channel mails whoever has the incident."""
    try:
        return channel.kind == ChannelKind.EMAIL and unseal(channel.address_sealed) == ASSIGNEE
    except SecretUnreadable:
        return False
