"""Which addresses are on the public internet, and which others an operator admits."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# IANA's special-purpose registries (https://www.iana.org/assignments/iana-ipv4-special-registry, -ipv6-…), multicast,
# and what clouds put at public addresses. Kept here, since what the standard library calls global changes with its version.
_NOT_PUBLIC_V4 = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "168.63.129.16/32",  # Azure's host, metadata included
    )
)  # fmt: skip
# Outside of 2000::/3 nothing is assigned to the internet.
_PUBLIC_V6 = ipaddress.IPv6Network("2000::/3")
_NOT_PUBLIC_V6 = tuple(
    ipaddress.IPv6Network(text)
    for text in ("2001::/23", "2001:db8::/32", "2620:4f:8000::/48", "3fff::/20")  # 2001::/32, Teredo, is in the first
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_ISATAP = (0x00005EFE, 0x02005EFE)


def unmapped(address: Address) -> Address:
    """The IPv4 address in an IPv4-mapped one (::ffff:a.b.c.d), which is where a connection would go."""
    return getattr(address, "ipv4_mapped", None) or address


def is_public(address: Address) -> bool:
    """Whether an address is one of the public internet, with every IPv4 address that an IPv6 one carries."""
    address = unmapped(address)
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_V4)
    if address in _NAT64:
        return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    if address not in _PUBLIC_V6 or any(address in network for network in _NOT_PUBLIC_V6):
        return False
    return all(is_public(carried) for carried in _carried(address))


def _carried(address: ipaddress.IPv6Address) -> Iterable[ipaddress.IPv4Address]:
    """IPv4 addresses inside of 6to4 (RFC 3056) and ISATAP (RFC 5214) ones."""
    if address.sixtofour is not None:
        yield address.sixtofour
    if (int(address) >> 32) & 0xFFFFFFFF in _ISATAP:
        yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)


@dataclass(frozen=True)
class Allowed:
    """What AURORA_OUTBOUND_ALLOW admits besides the public internet: host names, addresses, networks."""

    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    @classmethod
    def parse(cls, entries: Iterable[str]) -> Allowed:
        """Entries like ``hooks.example.com``, ``10.1.0.0/16``, ``fd00::7``. Raises ValueError, naming the entry."""
        hosts, networks = set(), []
        for entry in entries:
            try:
                networks.append(ipaddress.ip_network(entry, strict=False))
            except ValueError:
                hosts.add(_host(entry))
        return cls(frozenset(hosts), tuple(networks))

    def admits(self, host: str, address: Address) -> bool:
        """Whether the operator admits this address, under this name of it."""
        return host_key(host) in self.hosts or any(unmapped(address) in network for network in self.networks)


def host_key(host: str) -> str:
    """A host's name for comparing: lower case, without the dot of the root."""
    return host.lower().rstrip(".")


def _host(entry: str) -> str:
    name = host_key(entry)
    labels = name.split(".")
    if not all(label and label.replace("-", "").replace("_", "").isalnum() for label in labels) or labels[-1].isdigit():
        raise ValueError(f"AURORA_OUTBOUND_ALLOW takes host names, addresses and networks; {entry!r} is none.")
    return name
