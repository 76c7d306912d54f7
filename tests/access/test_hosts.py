"""Which addresses only this machine reaches, and which all the world does."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.access.hosts import is_loopback, is_public


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "", "192.0.2.7", "guard.example", "localhost.example", "127.0.0.1.example"]
)
def test_other_machines_may_reach_it(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.0.1", "::1", "localhost"])
def test_only_this_machine_reaches_loopback(host: str) -> None:
    assert is_loopback(host)


CARRIERS = {
    "mapped": lambda inner: 0xFFFF << 32 | inner,
    "NAT64": lambda inner: 0x64FF9B << 96 | inner,
    "6to4": lambda inner: 0x2002 << 112 | inner << 80 | 1,
    "Teredo": lambda inner: 0x2001 << 112 | 0x01010101 << 64 | (inner ^ 0xFFFFFFFF),
}
"""Ways in which IPv6 addresses hold IPv4 ones (RFC 4291, 6052, 3056, 4380)."""
NEVER = {
    "NAT64 of a network's own": lambda inner: 0x64FF9B0001 << 80 | inner,
    "translated": lambda inner: 0xFFFF << 48 | inner,
    "compatible": lambda inner: inner,
    "site-local": lambda inner: 0xFEC0 << 112 | inner,
    "unique local": lambda inner: 0xFD00 << 112 | inner,
    "link-local": lambda inner: 0xFE80 << 112 | inner,
    "multicast": lambda inner: 0xFF0E << 112 | inner,
}
"""Others that hold them, and that no machine of the internet has (RFC 8215, 2765, 4291, 3879, 4193)."""


@given(st.ip_addresses(v=4), st.sampled_from(sorted(CARRIERS)))
def test_an_address_within_another_decides(inner: IPv4Address, way: str) -> None:
    carried = str(IPv6Address(CARRIERS[way](int(inner))))
    if not is_public(str(inner)):
        assert not is_public(carried)


@pytest.mark.parametrize("way", ["mapped", "NAT64", "6to4"])
def test_a_public_address_within_another_is_reached(way: str) -> None:
    assert is_public(str(IPv6Address(CARRIERS[way](int(IPv4Address("8.8.8.8"))))))


@given(st.ip_addresses(v=4), st.sampled_from(sorted(NEVER)))
def test_addresses_that_nobody_has_are_not_of_the_internet(inner: IPv4Address, way: str) -> None:
    assert not is_public(str(IPv6Address(NEVER[way](int(inner)))))


@pytest.mark.parametrize("private", ["10.0.0.1", "127.0.0.1", "169.254.169.254", "192.168.1.1", "100.64.0.1", "::1"])
def test_private_addresses_are_not_of_the_internet(private: str) -> None:
    assert not is_public(private)


@pytest.mark.parametrize("public", ["8.8.8.8", "2606:4700::1111", "2a00:1450:4001::200e%eth0"])
def test_public_addresses_are_of_the_internet(public: str) -> None:
    assert is_public(public)
