from __future__ import annotations

import ipaddress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurora_site.accounts.client_address import client_ip, client_network, is_loopback, was_forwarded


@pytest.mark.parametrize(
    ("hops", "forwarded_for", "expected"),
    [
        (0, "1.1.1.1", "10.0.0.9"),
        (0, "", "10.0.0.9"),
        (1, "", "10.0.0.9"),
        (1, "1.1.1.1", "1.1.1.1"),
        (1, "6.6.6.6, 1.1.1.1", "1.1.1.1"),
        (2, "6.6.6.6, 1.1.1.1, 2.2.2.2", "1.1.1.1"),
        (2, "1.1.1.1", "1.1.1.1"),
        (1, "6.6.6.6, nonsense", "10.0.0.9"),
        (1, "2001:db8::1", "2001:db8::1"),
        (1, "::ffff:1.1.1.1", "1.1.1.1"),
        (1, " , ,", "10.0.0.9"),
        (1, "6.6.6.6," * 1000 + "1.1.1.1", "1.1.1.1"),
    ],
)
def test_only_trusted_hops_are_believed(settings: Any, hops: int, forwarded_for: str, expected: str) -> None:
    settings.AURORA_TRUSTED_PROXIES = hops
    assert client_ip("10.0.0.9", forwarded_for) == expected


@given(peer=st.text(max_size=60), forwarded_for=st.text(max_size=200))
def test_any_text_gives_an_address_or_none(peer: str, forwarded_for: str) -> None:
    for address in (client_ip(peer, forwarded_for), client_ip(forwarded_for, peer)):
        assert address == "" or str(ipaddress.ip_address(address)) == address
        assert client_network(address) == "" or ipaddress.ip_address(client_network(address))
    assert is_loopback(peer) in {True, False}


@pytest.mark.parametrize(
    ("name", "expected"),
    [("X-Forwarded-Anything", True), ("forwarded", True), ("FORWARDED", True), ("via", True), ("host", False)],
)
def test_any_forwarding_header_tells(name: str, expected: bool) -> None:
    assert was_forwarded({name: "x"}) is expected
