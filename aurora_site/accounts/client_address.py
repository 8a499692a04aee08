"""Where a request came from: the client's address through trusted proxies, and whether it is this machine."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

from django.conf import settings

_FORWARDING_HEADERS = frozenset({"forwarded", "via", "x-real-ip"})
_FORWARDING_PREFIX = "x-forwarded-"
MAXIMUM_HEADER_LENGTH = 2000
IPV6_NETWORK_BITS = 64


def client_ip(peer: str, forwarded_for: str) -> str:
    """The address of the client: the peer's, or the ``X-Forwarded-For`` entry written by the outermost of
    ``AURORA_TRUSTED_PROXIES`` proxies. Entries further left are the client's own claim and are never believed.
    Empty when no address is known."""
    hops = settings.AURORA_TRUSTED_PROXIES
    if hops:
        chain = [part.strip() for part in forwarded_for[-MAXIMUM_HEADER_LENGTH:].split(",") if part.strip()]
        if chain and (address := _address(chain[-min(hops, len(chain))])):
            return address
    return _address(peer)


def client_network(address: str) -> str:
    """What a rate limit counts as one client: an IPv4 address, or an IPv6 /64, since one customer gets a whole one."""
    if ":" in address:
        return str(ipaddress.ip_network(f"{address}/{IPV6_NETWORK_BITS}", strict=False).network_address)
    return address


def is_loopback(peer: str) -> bool:
    """Whether the connection's other end is this machine."""
    address = _address(peer)
    return bool(address) and ipaddress.ip_address(address).is_loopback


def was_forwarded(headers: Mapping[str, str]) -> bool:
    """Whether any header says that a proxy stands between the client and this server."""
    return any(name.lower() in _FORWARDING_HEADERS or name.lower().startswith(_FORWARDING_PREFIX) for name in headers)


def _address(text: str) -> str:
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    return str(getattr(address, "ipv4_mapped", None) or address)
