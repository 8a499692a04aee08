"""Which addresses are public, and what an operator's list admits."""

from __future__ import annotations

import ipaddress

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from aurora_site.checks import check_outbound
from aurora_site.core.netguard import Allowed, is_public

NOT_PUBLIC = [
    "0.0.0.0", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254", "169.254.169.254",
    "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1",
    "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "168.63.129.16",
    "::", "::1", "::7f00:1", "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1",
    "::ffff:127.0.0.1", "::ffff:a9fe:a9fe", "2002:7f00:1::1", "2002:a9fe:a9fe::1", "2002:0a00:1::", "64:ff9b::127.0.0.1",
    "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1", "3fff::1",
    "100::1", "5f00::1", "2606:4700::5efe:10.0.0.1", "2606:4700::200:5efe:7f00:1", "4000::1",
]  # fmt: skip
PUBLIC = [
    "1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1", "169.253.1.1", "223.255.255.255",
    "168.63.129.17", "2606:4700:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8", "2002:808:808::1", "64:ff9b::8.8.8.8",
]  # fmt: skip


@pytest.mark.parametrize("text", NOT_PUBLIC)
def test_is_not_public(text: str) -> None:
    assert not is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", PUBLIC)
def test_is_public(text: str) -> None:
    assert is_public(ipaddress.ip_address(text))


@given(st.ip_addresses(v=4))
def test_what_carries_an_address_is_as_public_as_that(inner: ipaddress.IPv4Address) -> None:
    number = int(inner)
    forms = [
        (0xFFFF << 32) | number,
        int(ipaddress.ip_address("64:ff9b::")) | number,
        (0x2002 << 112) | (number << 80) | 1,
        (0x26064700 << 96) | (0x5EFE << 32) | number,
    ]
    assert [is_public(ipaddress.IPv6Address(form)) for form in forms] == [is_public(inner)] * 4


@given(st.ip_addresses(v=4))
def test_the_standard_library_calls_nothing_public_less_so(address: ipaddress.IPv4Address) -> None:
    if is_public(address):
        assert address.is_global
        assert not address.is_multicast


def test_an_operator_admits_hosts_addresses_and_networks() -> None:
    allowed = Allowed.parse(["Hooks.Internal.", "10.1.0.0/16", "fd00::7", "192.168.1.5"])
    address = ipaddress.ip_address

    assert allowed.admits("hooks.internal", address("172.16.0.9"))
    assert allowed.admits("HOOKS.internal.", address("172.16.0.9"))
    assert allowed.admits("other", address("10.1.255.1"))
    assert allowed.admits("other", address("::ffff:10.1.0.3"))
    assert allowed.admits("other", address("fd00::7"))
    assert allowed.admits("other", address("192.168.1.5"))
    assert not allowed.admits("other", address("10.2.0.1"))
    assert not allowed.admits("evil.hooks.internal", address("172.16.0.9"))
    assert not allowed.admits("hooks.internal.evil.example", address("172.16.0.9"))


@pytest.mark.parametrize(
    "entry", ["https://hooks.example", "10.1.0.0/99", "10.1.2", "*.example.com", "a b", "host:80", ""]
)
def test_an_entry_that_is_neither_is_refused_at_the_start(entry: str) -> None:
    with override_settings(AURORA_OUTBOUND_ALLOW=[entry]):
        (problem,) = check_outbound()
    assert problem.id == "aurora.E016"
    assert repr(entry) in problem.msg
